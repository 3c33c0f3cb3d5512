// Checksums: every single wrong digit is noticed, and published examples are accepted.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32, isLuhn, isMod11And10, isSelfChecked, isVerhoeff, mod97, toBase62 } from './checksums.ts';

const digits = (min: number, max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9]{${min},${max}}$`));

/** The body with the one check digit that the rule accepts. */
const completed = (body: string, isValid: (digits: string) => boolean): string =>
  body + [...'0123456789'].find((digit) => isValid(body + digit));

describe.each([
  { name: 'Luhn', isValid: isLuhn, example: '79927398713' },
  { name: 'Verhoeff', isValid: isVerhoeff, example: '2363' },
  { name: 'MOD 11,10', isValid: isMod11And10, example: '69435151530' },
])('$name', ({ isValid, example }) => {
  it('accepts the published example', () => expect(isValid(example)).toBe(true));

  it('has one check digit for any body, and notices any single wrong digit', () => {
    const check = (body: string, place: number, by: number): void => {
      const valid = completed(body, isValid);
      expect(isValid(valid)).toBe(true);
      const at = place % valid.length;
      const wrong = valid.slice(0, at) + String((Number(valid[at]) + by) % 10) + valid.slice(at + 1);
      expect(isValid(wrong)).toBe(false);
    };
    fc.assert(fc.property(digits(3, 20), fc.nat(), fc.integer({ min: 1, max: 9 }), check));
  });
});

describe('MOD 97-10', () => {
  it('is the remainder of the number that the text stands for', () => {
    const units = fc.stringMatching(/^[0-9A-Z]{1,34}$/);
    const asNumber = (text: string): bigint =>
      BigInt([...text].map((unit) => (/\d/.test(unit) ? unit : String(unit.charCodeAt(0) - 55))).join(''));
    const check = (text: string): void => {
      expect(mod97(text)).toBe(Number(asNumber(text) % 97n));
    };
    fc.assert(fc.property(units, check));
  });
});

describe('the checksum of tokens', () => {
  it('is the CRC-32 of the catalogue of parametrised CRCs', () => expect(crc32('123456789')).toBe(0xcbf43926));

  it('accepts what it completes, and nothing with one unit changed', () => {
    const check = (body: string, place: number): void => {
      const token = body + toBase62(crc32(body), 6);
      expect(isSelfChecked(token)).toBe(true);
      const at = place % body.length;
      expect(isSelfChecked(token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1))).toBe(false);
    };
    fc.assert(fc.property(fc.stringMatching(/^[0-9A-Za-z]{30}$/), fc.nat(), check));
  });
});
