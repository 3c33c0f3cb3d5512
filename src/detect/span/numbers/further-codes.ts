// Identifiers of letters and digits of further countries, and vehicles, each with its own check.
import { weighted } from '../checksums.ts';
import { isRut } from './id-checks.ts';
import { anyWord } from './context.ts';
import type { Code } from './codes.ts';
import { isMonthDay } from './month-day.ts';

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;
const letter = (text: string, at: number): number => text.charCodeAt(at) - 64;

/** Germany, pension insurance (VKVV § 4): the letter as its place in the alphabet, weights, cross sums, by ten. */
export function isRentenversicherung(code: string): boolean {
  const text = `${code.slice(0, 8)}${String(letter(code, 8)).padStart(2, '0')}${code.slice(9, 11)}`;
  let sum = 0;
  [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].forEach((weight, at) => {
    const value = digit(text, at) * weight;
    sum += (value % 10) + Math.floor(value / 10);
  });
  return isMonthDay(Number(code.slice(4, 6)), Number(code.slice(2, 4))) && sum % 10 === digit(code, 11);
}

/** Hong Kong: one or two letters counting from 10, a blank for the one that is missing counts 36; weights 9 down to 1, by eleven. */
export function isHongKong(code: string): boolean {
  const bare = code.replace(/[()]/g, '');
  const letters = bare.length === 9 ? 2 : 1;
  const first = letters === 2 ? (letter(bare, 0) + 9) * 9 : 36 * 9;
  const second = (letter(bare, letters - 1) + 9) * 8;
  const check = bare.endsWith('A') ? 10 : digit(bare, bare.length - 1);
  return (first + second + weighted(bare.slice(letters, -1), [7, 6, 5, 4, 3, 2]) + check) % 11 === 0;
}

const NHI = 'ABCDEFGHJKLMNPQRSTUVWXYZ';

/** New Zealand, health (HISO 10046): without I and O, weights 7 down to 2, by 11, or by 23 where the last is a letter. */
export function isNhi(code: string): boolean {
  let sum = 0;
  for (let at = 0; at < 6; at += 1) sum += (/[A-Z]/.test(code[at] ?? '') ? NHI.indexOf(code[at] ?? '') + 1 : digit(code, at)) * (7 - at);
  if (/[A-Z]$/.test(code)) return NHI[22 - (sum % 23)] === code[6] || NHI[23 - (sum % 23)] === code[6];
  return sum % 11 !== 0 && (11 - (sum % 11)) % 10 === digit(code, 6);
}

/** Venezuela (RIF): the letter counts 1 to 5, weights 4 3 2 7 6 5 4 3 2. */
export function isRif(code: string): boolean {
  const kind = { V: 1, E: 2, J: 3, P: 4, G: 5 }[code[0] ?? ''] ?? 0;
  const rest = 11 - ((kind * 4 + weighted(code.slice(1, 9), [3, 2, 7, 6, 5, 4, 3, 2])) % 11);
  return (rest > 9 ? 0 : rest) === digit(code, 9);
}

/** Mexico (RFC): a date in the middle; its check digit is often made up, and so not asked for. */
const isRfc = (code: string): boolean => {
  const from = code.length === 13 ? 6 : 5;
  return isMonthDay(Number(code.slice(from, from + 2)), Number(code.slice(from + 2, from + 4)));
};

const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries([...'ABCDEFGH', '', ...'JKLMN', '', 'P', '', 'R', '', ...'STUVWXYZ'].flatMap((unit, at): readonly [string, number][] => unit === '' ? [] : [[unit, at < 9 ? at + 1 : at < 18 ? at - 8 : at - 17]])); // prettier-ignore
const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** Vehicles of North America and China (49 CFR 565.15): the ninth is the sum by eleven, X for ten. */
export function isCheckedVin(code: string): boolean {
  let sum = 0;
  VIN_WEIGHTS.forEach((weight, at) => (sum += (VIN_VALUES[code[at] ?? ''] ?? digit(code, at)) * weight));
  return /[A-Z]/.test(code.slice(0, 3)) && (sum % 11 === 10 ? 'X' : String(sum % 11)) === code[8];
}

export const FURTHER_CODES: readonly Code[] = [
  { type: 'DE_SOCIAL_SECURITY', letters: [0], digits: [2, 8], pattern: /^\d{2} ?\d{6} ?[A-Z] ?\d{3}(?![A-Za-z0-9_])/, unitsMax: 16, check: isRentenversicherung },
  { type: 'HK_ID', letters: [1, 2], digits: [6], pattern: /^[A-Z]{1,2}\d{6}\([0-9A]\)/, unitsMax: 12, check: isHongKong },
  { type: 'HK_ID', letters: [1, 2], digits: [6, 7], pattern: /^[A-Z]{1,2}\d{6}[0-9A](?![A-Za-z0-9_])/, unitsMax: 10, check: isHongKong, words: anyWord(['hkid', 'hong kong id', '香港身份證', '身份證']) },
  { type: 'NZ_NHI', letters: [3], digits: [2, 4], pattern: /^[A-HJ-NP-Z]{3}(?:\d{4}|\d{2}[A-HJ-NP-Z]{2})(?![A-Za-z0-9_])/, unitsMax: 8, check: isNhi, words: anyWord(['nhi', 'health index', 'patient']) },
  { type: 'MX_RFC', letters: [3, 4], digits: [6, 7, 8, 9], pattern: /^[A-Z]{3,4}\d{6}[A-Z0-9]{3}(?![A-Za-z0-9_])/, unitsMax: 14, check: isRfc, words: anyWord(['rfc', 'registro federal']) },
  { type: 'VE_RIF', letters: [1], digits: [8, 9], pattern: /^[VEJPG]-?\d{8}-?\d(?![A-Za-z0-9_])/, unitsMax: 13, check: isRif, words: anyWord(['rif', 'registro único']) },
  { type: 'CL_RUT', letters: [0], digits: [7, 8], pattern: /^\d{7,8}-[\dKk](?![A-Za-z0-9_])/, unitsMax: 11, check: (code) => isRut(code.slice(0, -1), code.at(-1) ?? ''), words: anyWord(['rut', 'run', 'rol único']) },
  { type: 'VIN', severity: 'medium', letters: [0, 1, 2, 3, 4, 5, 6], digits: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17], solidUnits: 17, pattern: /^[A-HJ-NPR-Z0-9]{8}[0-9X][A-HJ-NPR-Z0-9]{4}\d{4}(?![A-Za-z0-9_])/, unitsMax: 18, check: isCheckedVin },
]; // prettier-ignore
