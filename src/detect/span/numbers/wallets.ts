// Addresses of crypto currencies and the checks that they carry.
import { hash } from 'node:crypto';

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

/** Base58Check: 25 bytes, or 26 with a prefix of two (Zcash), the last four of which begin the double SHA-256 of the others. */
export function isBase58Check(address: string): boolean {
  const size = address.startsWith('t') ? 26 : 25;
  const bytes = new Uint8Array(size);
  for (const unit of address) {
    let carry = BASE58.indexOf(unit);
    if (carry < 0) return false;
    for (let at = size - 1; at >= 0; at -= 1) {
      carry += (bytes[at] ?? 0) * 58;
      bytes[at] = carry & 255;
      carry >>= 8;
    }
    if (carry !== 0) return false;
  }
  const sum = sha256(sha256(bytes.subarray(0, size - 4)));
  return [0, 1, 2, 3].every((at) => sum[at] === bytes[size - 4 + at]);
}

const BECH32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATORS = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** BIP 173 and BIP 350. */
const ENDS = new Set([1, 0x2bc830a3]);

/** Bech32 and Bech32m: the polynomial of the prefix and the data is a constant. */
export function isBech32(address: string): boolean {
  const lower = address.toLowerCase();
  if (address !== lower && address !== address.toUpperCase()) return false;
  const split = lower.lastIndexOf('1');
  const prefix = lower.slice(0, split);
  const values = [...[...prefix].map((unit) => unit.charCodeAt(0) >> 5), 0, ...[...prefix].map((unit) => unit.charCodeAt(0) & 31)];
  for (const unit of lower.slice(split + 1)) {
    const value = BECH32.indexOf(unit);
    if (value < 0) return false;
    values.push(value);
  }
  let check = 1;
  for (const value of values) {
    const top = check >>> 25;
    check = ((check & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < 5; bit += 1) if (((top >>> bit) & 1) === 1) check ^= GENERATORS[bit] ?? 0;
  }
  return ENDS.has(check);
}

/** Monero: 95 units of base 58; its checksum is Keccak, which Node does not have. */
export const isMonero = (address: string): boolean => /^[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}$/.test(address) && new Set(address).size > 20;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Stellar (SEP-23): base 32 of a version, a key and a CRC-16 (XModem), the lower byte first. */
export function isStellar(address: string): boolean {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const unit of address) {
    held = ((held << 5) | BASE32.indexOf(unit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  let crc = 0;
  for (const byte of bytes.slice(0, 33)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return /^[A-Z2-7]{56}$/.test(address) && crc === (bytes[33] ?? 0) + ((bytes[34] ?? 0) << 8);
}
