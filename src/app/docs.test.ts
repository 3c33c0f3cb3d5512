// The pages that are made from this room's tables say what the tables say.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SCRIPTS = join(import.meta.dirname, '..', '..', 'scripts');

describe('the page', () => {
  it.each(['configuration', 'admin-api'])('%s.md is current', (name) => {
    expect(execFileSync(process.execPath, [join(SCRIPTS, `docs-${name}.js`), '--check'], { encoding: 'utf8' })).toContain('is current');
  });
});
