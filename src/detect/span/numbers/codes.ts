// Identifiers that mix letters and digits, each with its own check.
import { CHECKS, isHetu, isNif, isRut } from './id-checks.ts';
import { isMonthDay } from './month-day.ts';
import { mod97, weighted } from '../checksums.ts';
import { anyWord } from './context.ts';
import type { Words } from './context.ts';
import { FURTHER_CODES } from './further-codes.ts';
import { isPps } from './pps.ts';
import { isVat, VAT_BEGINS, VAT_PATTERN } from './vat.ts';
import lengths from '../tables/iban-lengths.json' with { type: 'json' };

export interface Code {
  readonly type: string;
  /** Capital letters directly before the first digit. */
  readonly letters: readonly number[];
  /** Digits that stand in a row from the first on. */
  readonly digits: readonly number[];
  /** Two capitals with which the code begins; absent: any. */
  readonly begins?: ReadonlySet<string>;
  /** So many capitals and digits stand in a row at the beginning. */
  readonly solidUnits?: number;
  /** The whole code from its first unit on; anchored, and bounded in length. */
  readonly pattern: RegExp;
  /** Most units that the pattern can take. */
  readonly unitsMax: number;
  /** Takes the code without separators. */
  readonly check: (code: string) => boolean;
  /** Absent: high. */
  readonly severity?: 'medium';
  /** When given, one of the words must stand nearby. */
  readonly words?: Words;
}

const IBAN_UNITS: Readonly<Record<string, number>> = lengths;

/** Units of an IBAN of that country (ISO 13616 registry); 0 for an unknown country. */
export const ibanUnits = (country: string): number => IBAN_UNITS[country] ?? 0;

/** ISO 13616: the first four units moved to the end, letters as numbers, rest 1 by 97. */
export const isIban = (code: string): boolean =>
  code.length === ibanUnits(code.slice(0, 2)) && mod97(code.slice(4) + code.slice(0, 4)) === 1;

const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
const ORDER = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Italy (decree of 23 December 1976): odd places by a table, even places by value, rest by 26 as a letter. */
export function isCodiceFiscale(code: string): boolean {
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const value = ORDER.indexOf(code[at] ?? '');
    const rank = value > 9 ? value - 10 : value;
    sum += at % 2 === 0 ? (ODD[rank] ?? 0) : rank;
  }
  return String.fromCharCode(65 + (sum % 26)) === code[15];
}

const NOT_FIRST = /^(?:[DFIQUV]|.[DFIOQUV]|BG|GB|KN|NK|NT|TN|ZZ)/;

/** Singapore: weights 2 7 6 5 4 3 2; T and G count four more, M three; the letter is looked up. */
export function isNric(code: string): boolean {
  const series = code[0] ?? '';
  const sum = weighted(code.slice(1, 8), [2, 7, 6, 5, 4, 3, 2]) + ('TG'.includes(series) ? 4 : series === 'M' ? 3 : 0);
  const rest = sum % 11;
  const letter = 'ST'.includes(series) ? 'JZIHGFEDCBA'[rest] : series === 'M' ? 'KLJNPQRTUWX'[10 - rest] : 'XWUTRQPNMLK'[rest];
  return letter === code[8];
}

/** Taiwan: the letter counts as two digits, weights 1 9 8 7 6 5 4 3 2 1 1, multiple of ten. */
export function isTaiwanese(code: string): boolean {
  const value = 10 + 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(code[0] ?? '');
  return (Math.floor(value / 10) + (value % 10) * 9 + weighted(code.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0;
}

/** Mexico: 17 units by their order (Ñ after N), weights 18 down to 2, complement by ten. */
export function isCurp(code: string): boolean {
  let sum = 0;
  for (let at = 0; at < 17; at += 1) sum += '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ'.indexOf(code[at] ?? '') * (18 - at);
  return isMonthDay(Number(code.slice(6, 8)), Number(code.slice(8, 10))) && String((10 - (sum % 10)) % 10) === code[17];
}

/** Germany, health insurance: the letter as its place in the alphabet, digits doubled in turn, sum by ten. */
function isKvnr(code: string): boolean {
  const value = `${String(code.charCodeAt(0) - 64).padStart(2, '0')}${code.slice(1, 9)}`;
  let sum = 0;
  for (let at = 0; at < 10; at += 1) {
    const part = Number(value[at]) * (at % 2 === 0 ? 1 : 2);
    sum += part > 9 ? part - 9 : part;
  }
  return sum % 10 === Number(code[9]);
}

/** One to so many. */
export const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

export const CODES: readonly Code[] = [
  { type: 'UK_NINO', letters: [2], digits: [2, 4, 6], pattern: /^[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9_])/, unitsMax: 14, check: (code) => !NOT_FIRST.test(code) },
  { type: 'VAT_NUMBER', severity: 'medium', letters: [2, 3], digits: upTo(12), begins: VAT_BEGINS, pattern: VAT_PATTERN, unitsMax: 19, check: isVat },
  { type: 'DE_HEALTH_INSURANCE', letters: [1], digits: [9], pattern: /^[A-Z]\d{9}(?![A-Za-z0-9_])/, unitsMax: 11, check: isKvnr, words: anyWord(['krankenversichertennummer', 'versichertennummer', 'versichertennr', 'kvnr', 'egk', 'krankenversicherung', 'krankenkasse']) },
  { type: 'US_MBI', letters: [0], digits: [1], solidUnits: 4, pattern: /^[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}(?![A-Za-z0-9_])/, unitsMax: 14, check: () => true },
  { type: 'ES_NIE', letters: [1], digits: [7], pattern: /^[XYZ]-?\d{7}-?[A-Z](?![A-Za-z0-9_])/, unitsMax: 12, check: (code) => isNif('XYZ'.indexOf(code[0] ?? '') + code.slice(1, 8), code[8] ?? '') },
  { type: 'SG_NRIC', letters: [1], digits: [7], pattern: /^[STFGM]\d{7}[A-Z](?![A-Za-z0-9_])/, unitsMax: 10, check: isNric },
  { type: 'TW_NATIONAL_ID', letters: [1], digits: [9], pattern: /^[A-Z][1289]\d{8}(?![A-Za-z0-9_])/, unitsMax: 11, check: isTaiwanese, words: anyWord(['taiwan', '統一編號', 'national id', 'id card', 'identity card', '身分證', '身份證']) },
  { type: 'IT_FISCAL_CODE', letters: [6], digits: [2], pattern: /^[A-Z]{6}\d{2}[ABCDEHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![A-Za-z0-9_])/, unitsMax: 17, check: isCodiceFiscale },
  { type: 'MX_CURP', letters: [4], digits: [6], pattern: /^[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?![A-Za-z0-9_])/, unitsMax: 19, check: isCurp },
  { type: 'IN_PAN', letters: [5], digits: [4], pattern: /^[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![A-Za-z0-9_])/, unitsMax: 11, check: () => true, words: anyWord(['pan', 'permanent account', 'income tax', 'tax']) },
  { type: 'ES_NIF', letters: [0], digits: [8], pattern: /^\d{8}[- ]?[A-Z](?![A-Za-z0-9_])/, unitsMax: 11, check: (code) => isNif(code.slice(0, 8), code[8] ?? '') },
  { type: 'IE_PPS', letters: [0], digits: [7], pattern: /^\d{7}[A-W][A-IW]?(?![A-Za-z0-9_])/, unitsMax: 10, check: isPps, words: anyWord(['pps', 'ppsn', 'pps number', 'personal public service']) },
  { type: 'FI_HETU', letters: [0], digits: [6], pattern: /^\d{6}[-+A-FU-Y]\d{3}[0-9A-Z](?![A-Za-z0-9_])/, unitsMax: 12, check: (code) => isHetu(code.replace(/\D/g, '').slice(0, 9), code.at(-1) ?? '') },
  { type: 'CL_RUT', letters: [0], digits: [1, 2], pattern: /^\d{1,2}\.\d{3}\.\d{3}-[\dKk](?![A-Za-z0-9_])/, unitsMax: 13, check: (code) => isRut(code.slice(0, -1), code.at(-1) ?? '') },
  { type: 'CN_RESIDENT_ID', letters: [0], digits: [17], pattern: /^\d{17}[Xx](?![A-Za-z0-9_])/, unitsMax: 19, check: (code) => CHECKS['chinese']?.(code) === true },
  { type: 'PASSPORT', letters: [1, 2], digits: [6, 7, 8], pattern: /^[A-Z]{1,2}\d{6,8}(?![A-Za-z0-9_])/, unitsMax: 11, check: () => true, words: anyWord(['passport', 'passport no', 'reisepass', 'passeport', 'pasaporte']) },
  { type: 'US_DRIVER_LICENSE', letters: [1, 2], digits: [5, 6, 7, 8, 9, 10, 11, 12, 13, 14], pattern: /^[A-Z]{1,2}\d{5,14}[A-Z]?(?![A-Za-z0-9_])/, unitsMax: 18, check: () => true, words: anyWord(['driver license', 'drivers license', "driver's license", 'driver’s license', 'driving licence', 'driver licence', 'license number', 'licence number', 'dl']) },
  ...FURTHER_CODES,
]; // prettier-ignore

export const CODE_UNITS_MAX = Math.max(...CODES.map((code) => code.unitsMax));
