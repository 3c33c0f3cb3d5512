// A stream of bytes under a passphrase: scrypt (RFC 7914) makes the key, AES-256-GCM seals piece by piece. The nonce of a piece holds
// its number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so that pieces
// cannot be dropped, swapped or cut off at the end without being noticed.
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { z } from 'zod';
import { appFault } from '../faults.ts';

export const SEALED_MAGIC = Buffer.from('SALLYBK1');

const PIECE_BYTES = 1_048_576;
const TAG_BYTES = 16;
const PREFIX_BYTES = 7;
const HEAD_BYTES_MAX = 1_024;
/** OWASP Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1, which takes 128 MiB. */
const COST_N = 131_072;
/** What a head may ask for: whoever made the file must not take all of the memory. */
const COST_N_MIN = 1_024;
const COST_N_MAX = 1_048_576;

const headSchema = z.strictObject({
  kdf: z.literal('scrypt'),
  cost: z.strictObject({ N: z.int().min(COST_N_MIN).max(COST_N_MAX), r: z.literal(8), p: z.literal(1) }),
  salt: z.string().regex(/^[0-9a-f]{64}$/),
  prefix: z.string().regex(/^[0-9a-f]{14}$/),
});

export interface Sealing {
  readonly passphrase: string;
  readonly random: (count: number) => Uint8Array;
  /** Work that one guess of the passphrase takes; a power of two. */
  readonly costN?: number | undefined;
}

export async function* seal(
  source: AsyncIterable<Uint8Array>,
  { passphrase, random, costN = COST_N }: Sealing,
): AsyncGenerator<Uint8Array, void, undefined> {
  const [salt, prefix] = [Buffer.from(random(32)), Buffer.from(random(PREFIX_BYTES))];
  const head = Buffer.from(
    `${JSON.stringify({ kdf: 'scrypt', cost: { N: costN, r: 8, p: 1 }, salt: salt.toString('hex'), prefix: prefix.toString('hex') })}\n`,
  );
  const key = await keyOf(passphrase, salt, costN);
  yield Buffer.concat([SEALED_MAGIC, head]);
  let number = 0;
  let held: Buffer | undefined;
  for await (const piece of pieces(source, PIECE_BYTES)) {
    if (held !== undefined) yield sealPiece(held, { key, nonce: nonceOf(prefix, number++, false), head });
    held = piece;
  }
  yield sealPiece(held ?? Buffer.alloc(0), { key, nonce: nonceOf(prefix, number, true), head });
}

/** What was sealed, from behind the magic on. Throws `backup_unreadable` for a wrong passphrase and for anything that was changed. */
export async function* unseal(source: AsyncIterable<Uint8Array>, passphrase: string): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  while (!bytes.includes(0x0a)) {
    const next = await iterator.next();
    if (next.done === true || bytes.length > HEAD_BYTES_MAX) throw broken('its head is not whole');
    bytes = Buffer.concat([bytes, next.value]);
  }
  const end = bytes.indexOf(0x0a) + 1;
  const head = bytes.subarray(0, end);
  const parsed = headSchema.safeParse(parseJson(head.toString('utf8')));
  if (!parsed.success) throw broken('its head is none of ours');
  const key = await keyOf(passphrase, Buffer.from(parsed.data.salt, 'hex'), parsed.data.cost.N);
  const prefix = Buffer.from(parsed.data.prefix, 'hex');
  let number = 0;
  let held: Buffer | undefined;
  for await (const piece of pieces(rest(bytes.subarray(end), iterator), PIECE_BYTES + TAG_BYTES)) {
    if (held !== undefined) yield openPiece(held, { key, nonce: nonceOf(prefix, number++, false), head });
    held = piece;
  }
  if (held === undefined) throw broken('it ends early');
  yield openPiece(held, { key, nonce: nonceOf(prefix, number, true), head });
}

interface Piece {
  readonly key: Buffer;
  readonly nonce: Buffer;
  /** Bound to every piece: its parameters cannot be exchanged. */
  readonly head: Buffer;
}

function sealPiece(bytes: Buffer, { key, nonce, head }: Piece): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(head);
  return Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function openPiece(bytes: Buffer, { key, nonce, head }: Piece): Buffer {
  if (bytes.length < TAG_BYTES) throw broken('it ends early');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(head);
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw appFault('backup_unreadable', { reason: 'the passphrase is wrong, or it was changed' }, { cause });
  }
}

function nonceOf(prefix: Buffer, number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  prefix.copy(nonce);
  nonce.writeUInt32BE(number, PREFIX_BYTES);
  nonce[11] = Number(isLast);
  return nonce;
}

function keyOf(passphrase: string, salt: Buffer, N: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const maxmem = 256 * N * 8;
    scrypt(passphrase.normalize('NFC'), salt, 32, { N, r: 8, p: 1, maxmem }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

async function* rest(first: Buffer, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  if (first.length > 0) yield first;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}

/** The same bytes in pieces of one size; the last may be shorter. */
async function* pieces(source: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < sizeBytes) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; at + sizeBytes <= all.length; at += sizeBytes) yield all.subarray(at, at + sizeBytes);
    held = [all.subarray(at)];
    bytes = all.length - at;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

const broken = (reason: string): Error => appFault('backup_unreadable', { reason });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
