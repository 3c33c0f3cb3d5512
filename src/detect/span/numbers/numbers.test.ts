// Identifiers of many countries: numbers that obey their rule are found, the same with one digit changed are not.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mod97 } from '../checksums.ts';
import { spanDetectors } from '../detectors.fixture.ts';
import { OUTPUT } from '../law.fixture.ts';
import { CAPITALS, DIGITS, seeded, units } from '../planted.fixture.ts';
import { createSpanScanner } from '../scanner.ts';
import ids from '../tables/national-ids.json' with { type: 'json' };
import lengths from '../tables/iban-lengths.json' with { type: 'json' };
import { isCodiceFiscale, isCurp, isIban, isNric, isTaiwanese } from './codes.ts';
import { CHECKS, isHetu, isNif, isRut } from './id-checks.ts';
import { isPps } from './pps.ts';

const scanner = createSpanScanner(spanDetectors);
const next = seeded(77);
const typesIn = (text: string): readonly (string | undefined)[] => scanner.inspect(text, OUTPUT).findings.map((finding) => finding.type);

/** Rules in which the last digit checks nothing. */
const UNCHECKED = new Set(['ssn', 'itin', 'cpr', 'medicare', 'malaysian', 'indonesian', 'egyptian', 'ein', 'pakistani']);

/** Where chance alone would rarely meet a rule: `#` is any digit. */
const TEMPLATES: Readonly<Record<string, string>> = {
  itin: '9##7#####', nir: '1850578######', belgian: '850730#####', pesel: '850730#####', personnummer: '850730####', cpr: '300785####', fodselsnummer: '300785#####',
  chinese: '110105194912310###', korean: '850730#######', ahv: '756##########', southAfrican: '8507305###0##', cuit: '20#########', romanian: '18507304####', czech: '850730####',
  medicare: '2#########', aadhaar: '2###########', germanTaxId: '############',
  bulgarian: '850730####', baltic: '3850730####', latvian: '300785#####', amka: '300785#####', jmbg: '3007985######', austrian: '####300785', icelandic: '300785###9',
  luxembourgish: '19850730#####', kazakh: '850730######', malaysian: '8507301#####', indonesian: '317401300785000#', egyptian: '2850730#######', emirati: '7841985########',
  ecuadorian: '17########', ruc: '20#########', hungarianTaxId: '8#########', saudi: '1#########', npi: '1#########', routing: '02#######', ein: '12#######', pakistani: '3############',
}; // prettier-ignore

/** Digits that the check accepts, or with `isBad` rejects. */
function digitsFor(check: string, count: number, isBad: boolean): string {
  const century = check === 'personnummer' && count === 12 ? '19' : '';
  const template = (century + (TEMPLATES[check] ?? '')).padEnd(count, '#').slice(0, count);
  for (let tries = 0; tries < 200_000; tries += 1) {
    const digits = check === 'nir' ? nir() : template.replace(/#/g, () => units(next, DIGITS, 1));
    const value = isBad ? swapped(digits) : digits;
    if (CHECKS[check]?.(value) === !isBad) return value;
  }
  throw new Error(`no number for ${check}`);
}

function nir(): string {
  const body = `18507${units(next, DIGITS, 8)}`.replace(/^(\d{5})\d\d/, '$178');
  return body + String(97 - mod97(body)).padStart(2, '0');
}

const swapped = (digits: string): string => digits.slice(0, -1) + String((Number(digits.at(-1)) + 1 + (next() % 8)) % 10);

/** Digits written in a format such as `3-2-4`. */
function written(digits: string, format: string): string {
  let at = 0;
  return format.replace(/\d+/g, (count) => {
    const group = digits.slice(at, at + Number(count));
    at += Number(count);
    return group;
  });
}

const sizeOf = (format: string): number => (format.match(/\d+/g) ?? []).reduce((sum, count) => sum + Number(count), 0);

describe('national identifiers of digits', () => {
  const withWords = ids.filter((row) => row.words.length > 0);
  const cases = (row: (typeof ids)[number]): readonly string[] => [...row.alone, ...row.withWords];

  it.each(ids)('are found in each format: $type', (row) => {
    for (const format of cases(row)) {
      for (let run = 0; run < 5; run += 1) {
        const number = written(digitsFor(row.check, sizeOf(format), false), format);
        const text = `${row.words[0] ?? 'number'} ${number} of a person`;
        expect({ text, types: typesIn(text) }).toEqual({ text, types: [row.type] });
      }
    }
  });

  it.each(ids.filter((row) => row.alone.length > 0))('need no word where the format is telling: $type', (row) => {
    for (const format of row.alone) {
      const text = `it is ${written(digitsFor(row.check, sizeOf(format), false), format)}.`;
      expect({ text, found: typesIn(text).length }).toEqual({ text, found: 1 });
    }
  });

  it.each(withWords.filter((row) => !UNCHECKED.has(row.check)))('are not found with a wrong check digit: $type', (row) => {
    for (const format of cases(row)) {
      for (let run = 0; run < 5; run += 1) {
        const text = `${row.words[0]} ${written(digitsFor(row.check, sizeOf(format), true), format)}`;
        expect({ text, has: typesIn(text).includes(row.type) }).toEqual({ text, has: false });
      }
    }
  });

  it.each(withWords.filter((row) => row.withWords.length > 0))('are not found by digits alone: $type', (row) => {
    for (const format of row.withWords) {
      const text = `lot ${written(digitsFor(row.check, sizeOf(format), false), format)}`;
      expect({ text, has: typesIn(text).includes(row.type) }).toEqual({ text, has: false });
    }
  });
});

const letters = CAPITALS.split('');

/** Codes by brute force: what the template leaves open is filled until the check accepts it. */
function codeFor(template: string, check: (code: string) => boolean): string {
  for (let tries = 0; tries < 200_000; tries += 1) {
    const body = template.replace(/#/g, () => units(next, DIGITS, 1)).replace(/@/g, () => units(next, 'ABCDEHLMPRST', 1));
    const code = [...letters, ...DIGITS].map((last) => body.replace('?', last)).find(check);
    if (code !== undefined) return code;
  }
  throw new Error(`no code for ${template}`);
}

const CODES: readonly { readonly type: string; readonly make: () => string; readonly word: string }[] = [
  { type: 'ES_NIF', word: '', make: () => codeFor('########?', (code) => isNif(code.slice(0, 8), code[8] ?? '')) },
  { type: 'ES_NIE', word: '', make: () => codeFor('X#######?', (code) => isNif(`0${code.slice(1, 8)}`, code[8] ?? '')) },
  { type: 'IT_FISCAL_CODE', word: '', make: () => codeFor('RSSMRA85T10@###?', isCodiceFiscale) },
  { type: 'UK_NINO', word: '', make: () => `AB${units(next, DIGITS, 6)}C` },
  { type: 'UK_NINO', word: '', make: () => 'AB 12 34 56 C' },
  { type: 'FI_HETU', word: '', make: () => codeFor('131052-###?', (code) => isHetu(code.replace(/\D/g, '').slice(0, 9), code.at(-1) ?? '')) },
  { type: 'CL_RUT', word: '', make: () => codeFor('12.345.###-?', (code) => /[\dK]$/.test(code) && isRut(code.replace(/[.-]/g, '').slice(0, -1), code.at(-1) ?? '')) },
  { type: 'SG_NRIC', word: '', make: () => codeFor('S#######?', isNric) },
  { type: 'MX_CURP', word: '', make: () => codeFor('GOMC850730HDFRRL0?', (code) => /\d$/.test(code) && isCurp(code)) },
  { type: 'TW_NATIONAL_ID', word: 'national id ', make: () => codeFor('A1#######?', (code) => /\d$/.test(code) && isTaiwanese(code)) },
  { type: 'IE_PPS', word: 'PPS ', make: () => codeFor('#######?A', isPps) },
  { type: 'IN_PAN', word: 'PAN ', make: () => `ABCPE${units(next, DIGITS, 4)}F` },
]; // prettier-ignore

describe('identifiers of letters and digits', () => {
  it.each(CODES)('are found: $type', ({ type, word, make }) => {
    for (let run = 0; run < 5; run += 1) {
      const code = make();
      for (const text of [`${word}${code}`, `${word}${code}, thanks`, `see ${word}"${code}"`])
        expect({ text, types: typesIn(text) }).toEqual({ text, types: [type] });
    }
  });

  it.each(CODES.filter(({ type }) => !['UK_NINO', 'IN_PAN'].includes(type)))(
    'are not found with another last character: $type',
    ({ type, word, make }) => {
      for (let run = 0; run < 5; run += 1) {
        const code = make();
        const last = code.at(-1) ?? '';
        const other = /\d/.test(last) ? String((Number(last) + 1) % 10) : (letters[(letters.indexOf(last) + 1) % 26] ?? '');
        const text = `${word}${code.slice(0, -1)}${type === 'IE_PPS' ? 'B' : other}`;
        expect({ text, has: typesIn(text).includes(type) }).toEqual({ text, has: false });
      }
    },
  );

  it('finds an IBAN of every country, with and without spaces, and none with two digits swapped', () => {
    for (const [country, size] of Object.entries(lengths)) {
      const account = units(next, DIGITS, size - 4);
      const code = `${country}${String(98 - mod97(`${account}${country}00`)).padStart(2, '0')}${account}`;
      expect(isIban(code)).toBe(true);
      expect({ code, types: typesIn(`to ${code}.`) }).toEqual({ code, types: ['IBAN_CODE'] });
      expect({ code, types: typesIn(`to ${code.replace(/.{4}(?=.)/g, '$& ')}`) }).toEqual({ code, types: ['IBAN_CODE'] });
      const at = [...code].findIndex((unit, index) => index > 4 && unit !== code[index + 1]);
      const wrong = `${code.slice(0, at)}${code[at + 1]}${code[at]}${code.slice(at + 2)}`;
      if (at + 1 < size) expect({ wrong, has: typesIn(`to ${wrong}`).includes('IBAN_CODE') }).toEqual({ wrong, has: false });
    }
  });
});

describe('a number', () => {
  it('never costs more than a few look-ups: 16 kB of any digits and separators are read in bounded time', () => {
    const part = fc.stringMatching(/^[0-9 .\-/()+xA-Z]{1,24}$/);
    const check = (text: string): void => {
      const window = text.repeat(Math.ceil(16_384 / text.length)).slice(0, 16_384);
      const times = [1, 2, 3].map(() => {
        const start = process.hrtime.bigint();
        scanner.inspect(window, OUTPUT);
        return Number(process.hrtime.bigint() - start) / 1e6;
      });
      // A bound against quadratic time, far above what it takes, for busy machines: the bench has the figures.
      expect(Math.min(...times)).toBeLessThan(2_000);
    };
    fc.assert(fc.property(part, check), { numRuns: 60, seed: 3 });
  });
});
