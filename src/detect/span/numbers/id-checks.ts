// Check rules of national identifiers, by the name that the table uses. All take the bare digits (some with a final letter).
import { isLuhn, isMod11And10, isVerhoeff, mod97, weighted } from '../checksums.ts';
import { distinctUnits } from '../opaque.ts';
import { isMonthDay } from './month-day.ts';
import { MORE_CHECKS } from './more-id-checks.ts';

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

const monthDayAt = (text: string, monthAt: number, dayAt: number): boolean =>
  isMonthDay(Number(text.slice(monthAt, monthAt + 2)), Number(text.slice(dayAt, dayAt + 2)));

/** `11 - sum mod 11`, with 11 as 0; 10 stays 10 and so matches no digit. */
const eleven = (sum: number): number => (11 - (sum % 11)) % 11;

const numberAt = (text: string, from: number, to: number): number => {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + digit(text, at);
  return value;
};

function isSsn(text: string): boolean {
  const area = numberAt(text, 0, 3);
  return (
    area !== 0 &&
    area !== 666 &&
    area < 900 &&
    numberAt(text, 3, 5) !== 0 &&
    numberAt(text, 5, text.length) !== 0 &&
    distinctUnits(text) > 1
  );
}

/** The IRS issues 9xx with a group of 50-65, 70-88, 90-92 or 94-99. */
const isItin = (text: string): boolean => /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\d{4}$/.test(text);

const isNhs = (text: string): boolean => eleven(weighted(text, [10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 9) && distinctUnits(text) > 1;

/** The two digits at the end are 97 less the rest by 97 of the others. */
const isNir = (text: string): boolean =>
  /^[1-478]\d\d(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)/.test(text) && 97 - mod97(text.slice(0, 13)) === Number(text.slice(13));

/** One digit occurs two or three times among the first ten, the others at most once (three in a row are never given). */
function isGermanTaxId(text: string): boolean {
  const counts = new Map<string, number>();
  for (const unit of text.slice(0, 10)) counts.set(unit, (counts.get(unit) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return text[0] !== '0' && (most === 2 || most === 3) && isMod11And10(text);
}

const isBsn = (text: string): boolean => weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && distinctUnits(text) > 2;

/** Born from 2000 on, a 2 stands before the nine digits in the sum. */
const isBelgian = (text: string): boolean => {
  const check = Number(text.slice(9));
  const isDated = monthDayAt(text, 2, 4) || text.slice(2, 4) === '00';
  return isDated && (97 - mod97(text.slice(0, 9)) === check || 97 - mod97(`2${text.slice(0, 9)}`) === check);
};

function isPesel(text: string): boolean {
  const month = Number(text.slice(2, 4)) % 20;
  return (
    isMonthDay(month, Number(text.slice(4, 6))) && (10 - (weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === digit(text, 10)
  );
}

/** Co-ordination numbers add 60 to the day. */
const isPersonnummer = (text: string): boolean => {
  const short = text.slice(-10);
  const day = Number(short.slice(4, 6));
  return isMonthDay(Number(short.slice(2, 4)), day > 60 ? day - 60 : day) && isLuhn(short);
};

const isCpr = (text: string): boolean => monthDayAt(text, 2, 0);

/** D numbers add 40 to the day. */
function isFodselsnummer(text: string): boolean {
  const day = Number(text.slice(0, 2));
  if (!isMonthDay(Number(text.slice(2, 4)), day > 40 ? day - 40 : day)) return false;
  return (
    eleven(weighted(text, [3, 7, 6, 1, 8, 9, 4, 5, 2])) === digit(text, 9) &&
    eleven(weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) === digit(text, 10)
  );
}

const elevenOrZero = (sum: number): number => (sum % 11 < 2 ? 0 : 11 - (sum % 11));

const isCpf = (text: string): boolean =>
  distinctUnits(text) > 1 &&
  elevenOrZero(weighted(text, [10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 9) &&
  elevenOrZero(weighted(text, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 10);

const isCnpj = (text: string): boolean =>
  distinctUnits(text) > 1 &&
  elevenOrZero(weighted(text, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 12) &&
  elevenOrZero(weighted(text, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 13);

const isAadhaar = (text: string): boolean => digit(text, 0) > 1 && isVerhoeff(text);

/** GB 11643: ISO 7064 MOD 11-2, X for ten. */
function isChinese(text: string): boolean {
  if (!/^[1-9]\d{5}(?:19|20)\d\d/.test(text) || !monthDayAt(text, 10, 12)) return false;
  const rest = weighted(text, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
  return '10X98765432'[rest] === text[17]?.toUpperCase();
}

const isKorean = (text: string): boolean =>
  monthDayAt(text, 2, 4) &&
  /^[1-8]/.test(text.slice(6)) &&
  (11 - (weighted(text, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === digit(text, 12);

const isTfn = (text: string): boolean => weighted(text, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && distinctUnits(text) > 2;

const isMedicare = (text: string): boolean => /^[2-6]/.test(text) && weighted(text, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digit(text, 8);

/** EAN-13, country 756. */
const isAhv = (text: string): boolean =>
  text.startsWith('756') && (10 - (weighted(text, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === digit(text, 12);

function isKimlik(text: string): boolean {
  const odd = weighted(text, [1, 0, 1, 0, 1, 0, 1, 0, 1]);
  const even = weighted(text, [0, 1, 0, 1, 0, 1, 0, 1]);
  const tenth = (((odd * 7 - even) % 10) + 10) % 10;
  return text[0] !== '0' && tenth === digit(text, 9) && (odd + even + tenth) % 10 === digit(text, 10);
}

const isSouthAfrican = (text: string): boolean => monthDayAt(text, 2, 4) && /^[01]/.test(text.slice(10)) && isLuhn(text);

const isCuit = (text: string): boolean =>
  /^(?:2[0347]|3[034])/.test(text) && eleven(weighted(text, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) === digit(text, 10);

const isPortuguese = (text: string): boolean =>
  /^[1235689]/.test(text) && elevenOrZero(weighted(text, [9, 8, 7, 6, 5, 4, 3, 2])) === digit(text, 8);

const isRomanian = (text: string): boolean =>
  /^[1-9]/.test(text) && monthDayAt(text, 3, 5) && (weighted(text, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 === digit(text, 12);

/** Women's months count from 51; the whole is a multiple of eleven (numbers of ten digits). */
const isCzech = (text: string): boolean => isMonthDay(Number(text.slice(2, 4)) % 50, Number(text.slice(4, 6))) && Number(text) % 11 === 0;

const isIsraeli = (text: string): boolean => isLuhn(text) && distinctUnits(text) > 2;

const isMyNumber = (text: string): boolean => elevenOrZero(weighted(text, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) === digit(text, 11);

/** Spain: the letter is the rest by 23. */
export const isNif = (digits: string, letter: string): boolean => 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === letter.toUpperCase();

/** Finland: the last character is the rest of the nine digits by 31. */
export const isHetu = (digits: string, check: string): boolean =>
  monthDayAt(digits, 2, 0) && '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digits) % 31] === check;

/** Chile: mod 11 with weights 2 to 7, K for ten. */
export function isRut(digits: string, check: string): boolean {
  const sum = weighted([...digits].toReversed().join(''), [2, 3, 4, 5, 6, 7, 2, 3]);
  const expected = eleven(sum);
  return (expected === 10 ? 'K' : String(expected)) === check.toUpperCase();
}

export const CHECKS: Readonly<Record<string, (digits: string) => boolean>> = {
  ssn: isSsn,
  itin: isItin,
  nhs: isNhs,
  nir: isNir,
  germanTaxId: isGermanTaxId,
  bsn: isBsn,
  belgian: isBelgian,
  pesel: isPesel,
  personnummer: isPersonnummer,
  cpr: isCpr,
  fodselsnummer: isFodselsnummer,
  cpf: isCpf,
  cnpj: isCnpj,
  aadhaar: isAadhaar,
  chinese: isChinese,
  korean: isKorean,
  tfn: isTfn,
  medicare: isMedicare,
  luhn: isLuhn,
  ahv: isAhv,
  kimlik: isKimlik,
  southAfrican: isSouthAfrican,
  cuit: isCuit,
  portuguese: isPortuguese,
  romanian: isRomanian,
  czech: isCzech,
  oib: isMod11And10,
  israeli: isIsraeli,
  myNumber: isMyNumber,
  ...MORE_CHECKS,
};
