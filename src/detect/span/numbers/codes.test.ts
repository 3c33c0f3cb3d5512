// What a code says of its beginning is true of all that its pattern takes: by that it is chosen, before the pattern is tried.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODES } from './codes.ts';

describe('a code', () => {
  it.each(CODES.map((code) => [code.type, code] as const))(
    '%s begins as it says',
    (_, { pattern, letters, digits, begins, solidUnits }) => {
      const source = pattern.source.replace('(?![A-Za-z0-9_])', '');
      const check = (written: string): void => {
        const [, capitals = '', first = ''] = /^([A-Z]*)[ -]*(\d*)/.exec(written) ?? [];
        expect(letters).toContain(Math.min(capitals.length, 6));
        // What has more capitals than are looked at before its first digit, or a blank among them, is not looked for.
        if (capitals.length <= 6 && first !== '') expect(digits).toContain(first.length);
        if (begins !== undefined) expect(begins).toContain(written.slice(0, 2));
        if (solidUnits !== undefined) expect(written).toMatch(new RegExp(`^[A-Z0-9]{${solidUnits}}`));
      };
      fc.assert(fc.property(fc.stringMatching(new RegExp(`${source}$`)), check), { numRuns: 300, seed: 3 });
    },
  );
});
