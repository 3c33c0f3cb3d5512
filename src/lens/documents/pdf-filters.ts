// The filters of PDF streams (ISO 32000-2, 7.4) that text can stand behind, one after the other, within a budget.
import { inflateSync } from 'node:zlib';
import { PART_BYTES_MAX, UnreadableDocument } from './limits.ts';
import { LzwTable } from './pdf-lzw.ts';

/** Bytes that may still be unpacked. */
export interface Budget {
  left: number;
}

const NAMES: Readonly<Record<string, (body: Buffer, budget: Budget) => Buffer>> = {
  FlateDecode: inflated, Fl: inflated, ASCIIHexDecode: fromHex, AHx: fromHex, ASCII85Decode: fromBase85, A85: fromBase85,
  RunLengthDecode: fromRuns, RL: fromRuns, LZWDecode: fromLzw, LZW: fromLzw,
}; // prettier-ignore
/** What only pictures are packed with. */
const PICTURES = /^(?:DCTDecode|DCT|JPXDecode|CCITTFaxDecode|CCF|JBIG2Decode)$/;

/** Undefined for a picture. Throws `UnreadableDocument` for what is damaged, too large, or of a filter that nobody knows. */
export function unpacked(head: string, body: Buffer, budget: Budget): Buffer | undefined {
  const written = /\/Filter\s*(\[[^\]]{0,200}\]|\/\w+|\d+\s+\d+\s+R)/.exec(head)?.[1] ?? '';
  const names = Array.from(written.matchAll(/\/(\w+)/g), ([, name = '']) => name);
  // A name that stands in another object, or a table of differences before the letters, is nothing that programs write text with.
  if ((written !== '' && names.length === 0) || /\/Predictor\s+(?!1\b)\d/.test(head)) throw new UnreadableDocument('damaged');
  let bytes = body;
  for (const name of names) {
    if (PICTURES.test(name)) return undefined;
    const unpack = NAMES[name];
    if (unpack === undefined || budget.left <= 0) throw new UnreadableDocument(unpack === undefined ? 'unknown_kind' : 'too_large');
    bytes = unpack(bytes, budget);
    budget.left -= bytes.length;
  }
  return bytes;
}

const limitOf = ({ left }: Budget): number => Math.min(PART_BYTES_MAX, left);

function inflated(body: Buffer, budget: Budget): Buffer {
  try {
    // What is cut short is read as far as it goes, as viewers do.
    return inflateSync(body, { maxOutputLength: limitOf(budget), finishFlush: 2 });
  } catch (error) {
    const isTooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw new UnreadableDocument(isTooLarge ? 'too_large' : 'damaged');
  }
}

const upTo = (body: Buffer, mark: string): string => {
  const text = body.toString('latin1');
  const end = text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
};

function fromHex(body: Buffer): Buffer {
  const digits = upTo(body, '>').replace(/\s+/g, '');
  if (/[^\da-fA-F]/.test(digits)) throw new UnreadableDocument('damaged');
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex');
}

function fromBase85(body: Buffer): Buffer {
  const text = upTo(body, '~>').replace(/\s+/g, '').replaceAll('z', '!!!!!');
  if (/[^!-u]/.test(text)) throw new UnreadableDocument('damaged');
  const out = Buffer.alloc(Math.ceil(text.length / 5) * 4);
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (let digit = 0; digit < 5; digit += 1) value = value * 85 + (at + digit < text.length ? text.charCodeAt(at + digit) - 33 : 84);
    out.writeUInt32BE(value % 4_294_967_296, (at / 5) * 4);
  }
  const spare = text.length % 5;
  return spare === 0 ? out : out.subarray(0, out.length - 5 + spare);
}

function fromRuns(body: Buffer, budget: Budget): Buffer {
  const parts: Buffer[] = [];
  let size = 0;
  for (let at = 0; at < body.length && body[at] !== 128;) {
    const length = body[at] ?? 128;
    const part = length < 128 ? body.subarray(at + 1, at + 2 + length) : Buffer.alloc(257 - length, body[at + 1] ?? 0);
    at += length < 128 ? length + 2 : 2;
    size += part.length;
    if (size > limitOf(budget)) throw new UnreadableDocument('too_large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function fromLzw(body: Buffer, budget: Budget): Buffer {
  const table = new LzwTable();
  const parts: Buffer[] = [];
  let size = 0;
  for (const byte of body) {
    const part = table.push(byte);
    if (part === 'end') break;
    if (part === 'damaged') throw new UnreadableDocument('damaged');
    if (part === undefined) continue;
    size += part.length;
    if (size > limitOf(budget)) throw new UnreadableDocument('too_large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}
