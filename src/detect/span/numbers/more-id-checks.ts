// Check rules of national identifiers and company numbers of further countries. All take the bare digits.
import { isLuhn, isVerhoeff, mod97, weighted } from '../checksums.ts';
import { isMonthDay } from './month-day.ts';

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

const monthDayAt = (text: string, monthAt: number, dayAt: number): boolean =>
  isMonthDay(Number(text.slice(monthAt, monthAt + 2)), Number(text.slice(dayAt, dayAt + 2)));

/** Whether there are more than two different digits. */
function isVaried(text: string): boolean {
  let met = 0;
  for (let at = 0; at < text.length; at += 1) met |= 1 << digit(text, at);
  return (met & (met - 1) & ((met & (met - 1)) - 1)) !== 0;
}

/** Bulgaria (ЕГН): months count from 21 or 41 for other centuries. */
const isBulgarian = (text: string): boolean =>
  isMonthDay(Number(text.slice(2, 4)) % 20, Number(text.slice(4, 6))) &&
  (weighted(text, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === digit(text, 9);

/** Estonia and Lithuania: a second row of weights where the first gives ten. */
function isBaltic(text: string): boolean {
  if (!/^[1-8]/.test(text) || !monthDayAt(text, 3, 5)) return false;
  const first = weighted(text, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const rest = first === 10 ? weighted(text, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 : first;
  return rest % 10 === digit(text, 10);
}

const isLatvian = (text: string): boolean =>
  monthDayAt(text, 2, 0) && (1101 - weighted(text, [1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11 === digit(text, 10);

/** Greece (AMKA): the day of birth first, Luhn at the end. */
const isAmka = (text: string): boolean => monthDayAt(text, 2, 0) && isLuhn(text);

/** The former Yugoslav republics (JMBG). */
function isJmbg(text: string): boolean {
  const rest = 11 - (weighted(text, [7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11);
  return monthDayAt(text, 2, 0) && (rest > 9 ? 0 : rest) === digit(text, 12);
}

/** Austria: the check digit stands fourth. Months 13 to 15 are given when the days of a month are used up. */
const isAustrian = (text: string): boolean =>
  /^[1-9]/.test(text) &&
  isMonthDay(Math.min(12, Number(text.slice(6, 8))), Number(text.slice(4, 6))) &&
  weighted(text, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === digit(text, 3);

const isIcelandic = (text: string): boolean =>
  monthDayAt(text, 2, 0) && /[089]$/.test(text) && (11 - (weighted(text, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digit(text, 8);

/** Luxembourg: a Luhn digit and a Verhoeff digit, both over the first eleven. */
const isLuxembourgish = (text: string): boolean =>
  /^(?:19|20)/.test(text) && monthDayAt(text, 4, 6) && isLuhn(text.slice(0, 12)) && isVerhoeff(text.slice(0, 11) + text.slice(12));

const isTaj = (text: string): boolean => isVaried(text) && weighted(text, [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === digit(text, 8);

const isHungarianTaxId = (text: string): boolean => text[0] === '8' && weighted(text, [1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 === digit(text, 9);

function isUkrainian(text: string): boolean {
  const sum = weighted(text, [-1, 5, 7, 9, 4, 6, 10, 5, 7]);
  return isVaried(text) && (((sum % 11) + 11) % 11) % 10 === digit(text, 9);
}

const isInn = (text: string): boolean =>
  isVaried(text) &&
  (weighted(text, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === digit(text, 10) &&
  (weighted(text, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === digit(text, 11);

const isSnils = (text: string): boolean =>
  isVaried(text) && (weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(text.slice(9));

function isKazakh(text: string): boolean {
  const first = weighted(text, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11;
  const rest = first === 10 ? weighted(text, [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11 : first;
  return monthDayAt(text, 2, 4) && rest === digit(text, 11);
}

const isThai = (text: string): boolean =>
  /^[1-8]/.test(text) && (11 - (weighted(text, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digit(text, 12);

/** Malaysia: a date and a place of birth, no check digit. */
const isMalaysian = (text: string): boolean => monthDayAt(text, 2, 4) && Number(text.slice(6, 8)) > 0;

/** Indonesia (NIK): forty is added to the day of women; no check digit. */
const isIndonesian = (text: string): boolean =>
  /^[1-9]/.test(text) && isMonthDay(Number(text.slice(8, 10)), Number(text.slice(6, 8)) % 40) && Number(text.slice(12)) > 0;

const isEgyptian = (text: string): boolean => /^[23]/.test(text) && monthDayAt(text, 3, 5);

const isSaudi = (text: string): boolean => /^[12]/.test(text) && isVaried(text) && isLuhn(text);

const isEmirati = (text: string): boolean => /^784(?:19|20)/.test(text) && isLuhn(text);

/** New Zealand (IRD): other weights where the first give ten. */
function isIrd(text: string): boolean {
  const padded = text.padStart(9, '0');
  const first = (11 - (weighted(padded, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
  const check = first === 10 ? (11 - (weighted(padded, [7, 4, 3, 2, 5, 2, 7, 6]) % 11)) % 11 : first;
  return Number(text) >= 10_000_000 && isVaried(text) && check === digit(padded, 8);
}

const isAbn = (text: string): boolean => text[0] !== '0' && (weighted(text, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0;

const isEcuadorian = (text: string): boolean => /^(?:0[1-9]|1\d|2[0-4]|30)[0-5]/.test(text) && isLuhn(text);

const isUruguayan = (text: string): boolean =>
  isVaried(text) && (10 - (weighted(text.padStart(8, '0'), [2, 9, 8, 7, 6, 3, 4]) % 10)) % 10 === digit(text.padStart(8, '0'), 7);

const isRuc = (text: string): boolean =>
  /^(?:10|15|17|20)/.test(text) && (11 - (weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digit(text, 10);

const isDominican = (text: string): boolean => isVaried(text) && isLuhn(text);

/** Spain, social security: the last two digits are the rest by 97 of the others. */
const isSpanishSocial = (text: string): boolean =>
  Number(text.slice(0, 2)) > 0 &&
  mod97(text.slice(2, 10).startsWith('0') ? text.slice(0, 2) + text.slice(3, 10) : text.slice(0, 10)) === Number(text.slice(10));

/** United States, providers of health care: Luhn behind the prefix of the card issuer 80840. */
const isNpi = (text: string): boolean => /^[12]/.test(text) && isLuhn(`80840${text}`);

/** United States, banks (ABA). */
const isRouting = (text: string): boolean =>
  /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(text) && Number(text) > 0 && weighted(text, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0;

const isEin = (text: string): boolean => /^(?:0[1-6]|1[0-6]|[2-9]\d)/.test(text) && isVaried(text);

/** International Mobile Equipment Identity (3GPP TS 23.003): fifteen digits, Luhn. */
const isImei = (text: string): boolean => isVaried(text) && isLuhn(text);

const isPakistani = (text: string): boolean => /^[1-7]/.test(text) && isVaried(text);

/** Greece, tax number (AFM). */
const isAfm = (text: string): boolean => isVaried(text) && (weighted(text, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === digit(text, 8);

/** Poland, tax number and number of the register of companies. */
const isNip = (text: string): boolean => isVaried(text) && weighted(text, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digit(text, 9);
const isRegon = (text: string): boolean => isVaried(text) && (weighted(text, [8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 === digit(text, 8);

/** Colombia, tax number. */
function isNit(text: string): boolean {
  const rest = weighted(text, [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
  return isVaried(text) && (rest < 2 ? rest : 11 - rest) === digit(text, 9);
}

/** Russia, tax number of companies. */
const isInnOfCompany = (text: string): boolean =>
  isVaried(text) && (weighted(text, [2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === digit(text, 9);

/** United Kingdom, taxpayer reference: the check digit stands first. */
const isUtr = (text: string): boolean =>
  isVaried(text) && '21987654321'[weighted(text.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] === text[0];

const isVariedLuhn = (text: string): boolean => isVaried(text) && isLuhn(text);

export const MORE_CHECKS: Readonly<Record<string, (digits: string) => boolean>> = {
  bulgarian: isBulgarian,
  baltic: isBaltic,
  latvian: isLatvian,
  amka: isAmka,
  afm: isAfm,
  jmbg: isJmbg,
  austrian: isAustrian,
  icelandic: isIcelandic,
  luxembourgish: isLuxembourgish,
  taj: isTaj,
  hungarianTaxId: isHungarianTaxId,
  ukrainian: isUkrainian,
  inn: isInn,
  snils: isSnils,
  kazakh: isKazakh,
  thai: isThai,
  malaysian: isMalaysian,
  indonesian: isIndonesian,
  egyptian: isEgyptian,
  saudi: isSaudi,
  emirati: isEmirati,
  ird: isIrd,
  abn: isAbn,
  ecuadorian: isEcuadorian,
  uruguayan: isUruguayan,
  ruc: isRuc,
  dominican: isDominican,
  spanishSocial: isSpanishSocial,
  npi: isNpi,
  routing: isRouting,
  ein: isEin,
  imei: isImei,
  pakistani: isPakistani,
  nip: isNip,
  regon: isRegon,
  nit: isNit,
  innCompany: isInnOfCompany,
  utr: isUtr,
  siret: isVariedLuhn,
  siren: isVariedLuhn,
};
