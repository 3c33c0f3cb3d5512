// The text of a key: an id that may be shown, a secret of 256 bits, and a checksum that tells a typo from a foreign key.
import { crc32 } from 'node:zlib';
import type { RandomSource } from '../../core/ports.ts';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = BigInt(DIGITS.length);
const ID_BYTES = 9;
const ID_LENGTH = 13;
const SECRET_BYTES = 32;
/** 62^43 > 2^256. */
const SECRET_LENGTH = 43;
/** 62^6 > 2^32. */
const CHECK_LENGTH = 6;

const KEY_TEXT = new RegExp(`^sp_([0-9A-Za-z]{${ID_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH + CHECK_LENGTH}}$`);

export interface KeyText {
  readonly id: string;
  /** The whole key: shown once, never stored. */
  readonly text: string;
}

export function makeKeyText(random: RandomSource): KeyText {
  const id = toBase62(random.bytes(ID_BYTES), ID_LENGTH);
  const body = `sp_${id}_${toBase62(random.bytes(SECRET_BYTES), SECRET_LENGTH)}`;
  return { id, text: body + checksum(body) };
}

/** `foreign`: not a key of ours at all. `mistyped`: ours, with a wrong or missing character. */
export function parseKeyText(text: string): { readonly state: 'whole'; readonly id: string } | { readonly state: 'mistyped' | 'foreign' } {
  if (!text.startsWith('sp_')) return { state: 'foreign' };
  const id = KEY_TEXT.exec(text)?.[1];
  if (id === undefined || checksum(text.slice(0, -CHECK_LENGTH)) !== text.slice(-CHECK_LENGTH)) return { state: 'mistyped' };
  return { state: 'whole', id };
}

/** A checksum, not a seal: everyone can compute it, and it gives nothing away that the text does not. */
const checksum = (body: string): string => digitsOf(BigInt(crc32(body)), CHECK_LENGTH);

const toBase62 = (bytes: Uint8Array, length: number): string => digitsOf(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), length);

function digitsOf(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  for (let place = 0; place < length; place += 1) {
    text = DIGITS.charAt(Number(rest % BASE)) + text;
    rest /= BASE;
  }
  return text;
}
