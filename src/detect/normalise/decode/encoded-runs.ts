// Base64 (RFC 4648 sections 4 and 5), hexadecimal and binary runs: stretches that stand for bytes.
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

const BASE64_RUN = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const HEX_RUN = /(?:0x)?[0-9a-fA-F]{16,}/g;
const HEX_PAIRS = /(?:0x)?[0-9a-fA-F]{2}(?:[ ,:-](?:0x)?[0-9a-fA-F]{2}){4,}/g;
const BINARY_OCTETS = /[01]{8}(?:[ ,]?[01]{8}){2,}/g;
/** Words in prose reach this length without being code; longer runs are tried at all four alignments. */
const ALIGNED_TRY_MIN = 24;
const PLAUSIBLE_SHARE = 0.85;

/** The text that bytes spell, or nothing if they spell none. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.length < 3) return undefined;
  const text = bytes.toString(isWide(bytes) ? 'utf16le' : 'utf8');
  let good = 0;
  for (let at = 0; at < text.length; at += 1) if (isPrintable(text.charCodeAt(at))) good += 1;
  return good >= text.length * PLAUSIBLE_SHARE ? text : undefined;
}

/** PowerShell encodes UTF-16: every other byte of English is zero. */
const isWide = (bytes: Buffer): boolean => bytes.length >= 8 && bytes[1] === 0 && bytes[3] === 0 && bytes[5] === 0;

const isPrintable = (unit: number): boolean => (unit >= 32 && unit !== 0xfffd && unit !== 127) || unit === 9 || unit === 10 || unit === 13;

function fromBase64(run: string): string | undefined {
  const whole = textOf(Buffer.from(run, 'base64'));
  if (whole !== undefined || run.length < ALIGNED_TRY_MIN) return whole;
  // Code glued to a word or a path begins at an odd place.
  for (let skip = 1; skip < 4; skip += 1) {
    const text = textOf(Buffer.from(run.slice(skip), 'base64'));
    if (text !== undefined) return text;
  }
  return undefined;
}

const fromHex = (run: string): string | undefined => textOf(Buffer.from(run.replaceAll(/0x|[^0-9a-fA-F]/g, ''), 'hex'));

function fromBinary(run: string): string | undefined {
  const octets = run.replaceAll(/[^01]/g, '').match(/.{8}/g) ?? [];
  return textOf(Buffer.from(octets.map((octet) => Number.parseInt(octet, 2))));
}

function replaceRuns(text: string, pattern: RegExp, read: (run: string) => string | undefined): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(pattern)) {
    const decoded = read(match[0]);
    if (decoded !== undefined) splice.replace(match.index, match.index + match[0].length, ` ${decoded} `);
  }
  return splice.finish();
}

export const decodeBase64 = (text: string): Decoded | undefined => replaceRuns(text, BASE64_RUN, fromBase64);
export const decodeHex = (text: string): Decoded | undefined => replaceRuns(text, HEX_RUN, fromHex);
export const decodeHexPairs = (text: string): Decoded | undefined => replaceRuns(text, HEX_PAIRS, fromHex);
export const decodeBinary = (text: string): Decoded | undefined => replaceRuns(text, BINARY_OCTETS, fromBinary);
