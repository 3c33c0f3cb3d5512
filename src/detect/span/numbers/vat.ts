// Value-added tax numbers of Europe, each with the check of its country.
import { isLuhn, isMod11And10, mod97, weighted } from '../checksums.ts';
import { isNif } from './id-checks.ts';
import { isBulgarianVat, isCypriot, isCzechVat, isLatvianVat, isLithuanianVat, isSwissVat } from './further-vat.ts';
import { isPps } from './pps.ts';

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const elevenOrZero = (sum: number): number => (sum % 11 < 2 ? 0 : 11 - (sum % 11));

/** Digits with single blanks or dots between. */
const digits = (count: number): string => `\\d(?:[ .]?\\d){${count - 1}}`;

/** Austria: as Luhn, but four more. */
function isAustrian(text: string): boolean {
  let sum = 4;
  for (let at = 0; at < 7; at += 1) {
    const value = at % 2 === 0 ? digit(text, at) : digit(text, at) * 2;
    sum += value > 9 ? value - 9 : value;
  }
  return (10 - (sum % 10)) % 10 === digit(text, 7);
}

/** Spain: a company's letter, seven digits, and a check digit or letter. */
function isCif(text: string): boolean {
  const body = text.slice(1, 8);
  let sum = 0;
  for (let at = 0; at < 7; at += 1) {
    const value = at % 2 === 0 ? digit(body, at) * 2 : digit(body, at);
    sum += value > 9 ? value - 9 : value;
  }
  const check = (10 - (sum % 10)) % 10;
  return text[8] === String(check) || text[8] === 'JABCDEFGHI'[check];
}

function isSpanish(text: string): boolean {
  if (/^\d/.test(text)) return isNif(text.slice(0, 8), text[8] ?? '');
  if (/^[XYZ]/.test(text)) return isNif('XYZ'.indexOf(text[0] ?? '') + text.slice(1, 8), text[8] ?? '');
  return isCif(text);
}

/** The Netherlands: nine digits by eleven, or since 2020 the whole by 97. */
const isDutch = (text: string): boolean => weighted(text, [9, 8, 7, 6, 5, 4, 3, 2]) % 11 === digit(text, 8) || mod97(`NL${text}`) === 1;

const isBritish = (text: string): boolean => {
  const sum = weighted(text, [8, 7, 6, 5, 4, 3, 2]) + Number(text.slice(7, 9));
  return Number(text) > 0 && (sum % 97 === 0 || (sum + 55) % 97 === 0);
};

const isFinnish = (text: string): boolean => (11 - (weighted(text, [7, 9, 10, 5, 8, 4, 2]) % 11)) % 11 === digit(text, 7);

const isNorwegian = (text: string): boolean => (11 - (weighted(text, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digit(text, 8);

interface Country {
  /** After the two letters of the country. */
  readonly form: string;
  readonly check: (text: string) => boolean;
}

const COUNTRIES: Readonly<Record<string, Country>> = {
  AT: { form: `U${digits(8)}`, check: (text) => isAustrian(text.slice(1)) },
  BE: {
    form: `[01]${digits(9).slice(2).replace('{8}', '{9}')}`,
    check: (text) => 97 - (Number(text.slice(0, 8)) % 97) === Number(text.slice(8)),
  },
  BG: { form: '\\d{9,10}', check: isBulgarianVat },
  CHE: { form: `-?${digits(9)}(?: ?(?:MWST|TVA|IVA))?`, check: isSwissVat },
  CY: { form: '\\d{8}[A-Z]', check: isCypriot },
  CZ: { form: '\\d{8}(?:\\d{2})?', check: isCzechVat },
  DE: { form: digits(9), check: (text) => text[0] !== '0' && isMod11And10(text) },
  DK: { form: digits(8), check: (text) => text[0] !== '0' && weighted(text, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0 },
  EE: { form: digits(9), check: (text) => (10 - (weighted(text, [3, 7, 1, 3, 7, 1, 3, 7]) % 10)) % 10 === digit(text, 8) },
  EL: { form: digits(9), check: (text) => (weighted(text, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digit(text, 8) },
  ES: { form: `(?:[A-Z]\\d{7}[A-Z0-9]|\\d{8}[A-Z])`, check: isSpanish },
  FI: { form: digits(8), check: isFinnish },
  FR: { form: `\\d{2} ?${digits(9)}`, check: (text) => (12 + 3 * (Number(text.slice(2)) % 97)) % 97 === Number(text.slice(0, 2)) },
  GB: { form: digits(9), check: isBritish },
  HR: { form: digits(11), check: isMod11And10 },
  HU: { form: digits(8), check: (text) => (10 - (weighted(text, [9, 7, 3, 1, 9, 7, 3]) % 10)) % 10 === digit(text, 7) },
  IE: { form: '\\d{7}[A-W][A-I]?', check: isPps },
  IT: { form: digits(11), check: (text) => Number(text) > 0 && isLuhn(text) },
  LT: { form: '(?:\\d{9}|\\d{12})', check: isLithuanianVat },
  LU: { form: digits(8), check: (text) => Number(text.slice(0, 6)) % 89 === Number(text.slice(6)) },
  LV: { form: digits(11), check: isLatvianVat },
  MT: { form: digits(8), check: (text) => 37 - (weighted(text, [3, 4, 6, 7, 8, 9]) % 37) === Number(text.slice(6)) },
  NL: { form: `${digits(9)} ?B\\d{2}`, check: isDutch },
  NO: { form: `${digits(9)} ?MVA`, check: isNorwegian },
  PL: { form: digits(10), check: (text) => weighted(text, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digit(text, 9) },
  PT: { form: digits(9), check: (text) => elevenOrZero(weighted(text, [9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 8) },
  RO: {
    form: '\\d{6,10}',
    check: (text) => ((weighted(text.padStart(10, '0'), [7, 5, 3, 2, 1, 7, 5, 3, 2]) * 10) % 11) % 10 === digit(text.padStart(10, '0'), 9),
  },
  SE: { form: `${digits(10)}01`, check: (text) => isLuhn(text.slice(0, 10)) },
  SI: { form: digits(8), check: (text) => (11 - (weighted(text, [8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digit(text, 7) },
  SK: { form: digits(10), check: (text) => Number(text) % 11 === 0 },
};

/** The first two letters of any country. */
export const VAT_BEGINS: ReadonlySet<string> = new Set(Object.keys(COUNTRIES).map((country) => country.slice(0, 2)));

/** The whole number from the letters of its country on; anchored. */
export const VAT_PATTERN = new RegExp(
  `^(?:${Object.entries(COUNTRIES).map(([country, { form }]) => `${country} ?${form}`).join('|')})(?![A-Za-z0-9_])`,
); // prettier-ignore

/** Takes the number without separators. */
export function isVat(code: string): boolean {
  const letters = code.startsWith('CHE') ? 3 : 2;
  return COUNTRIES[code.slice(0, letters)]?.check(code.slice(letters)) === true;
}
