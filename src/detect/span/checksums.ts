// Check digits and checksums, each after its own definition.

/** Luhn (ISO/IEC 7812-1 annex B) over ASCII digits. */
export function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    let digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    if (at % 2 === 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

/** Remainder by 97 (ISO/IEC 7064, MOD 97-10) of digits and capital letters, letters counting 10 to 35. */
export function mod97(units: string): number {
  let rest = 0;
  for (let at = 0; at < units.length; at += 1) {
    const code = units.charCodeAt(at);
    rest = code < 65 ? (rest * 10 + code - 48) % 97 : (rest * 100 + code - 55) % 97;
  }
  return rest;
}

// The dihedral group D5 and the permutation of Verhoeff (1969), a row of ten digits after the other.
const DIHEDRAL = digitTable(
  '0123456789 1234067895 2340178956 3401289567 4012395678 5987604321 6598710432 7659821043 8765932104 9876543210',
);
const PERMUTED = digitTable('0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258');

function digitTable(rows: string): Uint8Array {
  return Uint8Array.from(rows.replaceAll(' ', ''), Number);
}

/** Verhoeff's check over digits, check digit last. */
export function isVerhoeff(digits: string): boolean {
  let check = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    check = DIHEDRAL[check * 10 + (PERMUTED[(at % 8) * 10 + digit] ?? 0)] ?? 0;
  }
  return check === 0;
}

/** ISO/IEC 7064 MOD 11,10 over digits, check digit last. */
export function isMod11And10(digits: string): boolean {
  let product = 10;
  for (let at = 0; at < digits.length - 1; at += 1) {
    const sum = (digits.charCodeAt(at) - 48 + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digits.charCodeAt(digits.length - 1) - 48;
}

/** Sum of digits times weights; weights beyond the digits are ignored. */
export function weighted(digits: string, weights: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < weights.length && at < digits.length; at += 1) sum += (digits.charCodeAt(at) - 48) * (weights[at] ?? 0);
  return sum;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** CRC-32 (ISO-HDLC) of ASCII text. */
export function crc32(text: string): number {
  let value = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) value = (value >>> 8) ^ (CRC_TABLE[(value ^ text.charCodeAt(at)) & 0xff] ?? 0);
  return (value ^ 0xffffffff) >>> 0;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A number in base 62, digits before capitals before small letters, padded on the left. */
export function toBase62(value: number, units: number): string {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = (BASE62[rest % 62] ?? '') + text;
  return text.padStart(units, '0');
}

/** GitHub's and npm's token format: the last six units are the CRC-32 of those before, in base 62 (github.blog, April 2021). */
export const isSelfChecked = (body: string): boolean => toBase62(crc32(body.slice(0, -6)), 6) === body.slice(-6);
