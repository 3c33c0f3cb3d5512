// What the sink `shell` lets through, in a real shell: no second command runs, whatever quotes the program puts around it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SINK_DETECTORS } from '../../src/detect/sinks/sinks.ts';
import { createSpanScanner } from '../../src/detect/span/scanner.ts';

const scanner = createSpanScanner(SINK_DETECTORS);

function safeOf(text: string): string {
  const stream = scanner.stream({ direction: 'output', origin: 'model', context: {}, sink: 'shell' });
  return [stream.push(text), stream.end()]
    .flatMap(({ pieces }) => pieces)
    .map((piece) => (piece.kind === 'finding' ? (scanner.neutral(piece.finding.rule, piece.text) ?? '') : piece.text))
    .join('');
}

/** Around what an answer is put into: bare, and in either kind of quotes. */
const QUOTES = ['', '"', "'"];
const PIECES = [
  'canary', ' canary ', ';canary', '|canary', '&&canary ', '&canary', '\ncanary\n', '`canary`', '$(canary)', '"$(canary)"', '${x:-`canary`}', '<(canary)', '; canary #', '\\;canary', "';canary;'", ' ', ';', '|', '||', '&', '&&', '`', '$(', '${', ')', '}', '(', '{', '\n', '\r\n', '\\', '\\\\', '"', "'", '>', '>>', '<', '<(', '$', "$'", '$"', '#', '!', '*', '=', 'x', '-n', '\t', '\0', '~',
]; // prettier-ignore

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-shell-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Each line is read by a shell of its own, where there is nothing to run but the canary: no PATH. Gives the lines that ran it. */
function ran(shell: string, lines: readonly string[]): readonly string[] {
  const place = mkdtempSync(join(folder, 'run-'));
  for (const [at, line] of lines.entries()) writeFileSync(join(place, `.line${at}`), `: ${line}\n`);
  const script = `
    canary() { echo "$AT" >> "$HITS"; }
    AT=0
    while [ $AT -lt ${lines.length} ]; do
      ( . ./.line$AT ) < /dev/null > /dev/null 2>&1
      AT=$((AT + 1))
    done`;
  const hits = join(folder, 'hits');
  writeFileSync(hits, '');
  execFileSync(shell, ['-c', script], { cwd: place, env: { PATH: '/nonexistent', HITS: hits }, stdio: 'ignore', timeout: 60_000 });
  return [...new Set(readFileSync(hits, 'utf8').split('\n'))].filter((at) => at !== '').map((at) => lines[Number(at)] ?? '');
}

const mixtures = (count: number): readonly string[] =>
  fc
    .sample(fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 9 }), { numRuns: count, seed: 11 })
    .map((pieces) => pieces.join(''));

describe.each(['/bin/sh', '/bin/bash'].filter((shell) => existsSync(shell)))('in %s', (shell) => {
  it('many mixtures run a command as they are: the test can fail', () => {
    expect(ran(shell, mixtures(400)).length).toBeGreaterThan(20);
  });

  it('none of them does behind the sink, in no kind of quotes', () => {
    const lines = mixtures(400).flatMap((text) => QUOTES.map((quote) => `${quote}${safeOf(text)}${quote}`));
    expect(ran(shell, lines)).toEqual([]);
  });
});
