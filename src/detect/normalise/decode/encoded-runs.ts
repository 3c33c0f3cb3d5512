// Base64 (RFC 4648 sections 4 and 5), hexadecimal and binary runs: stretches that stand for bytes.
import { characterSet, runsOf } from '../runs.ts';
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

const BASE64_SET = characterSet('A-Za-z0-9+/_-');
const HEX_SET = characterSet('0-9a-fA-F');
/** Shorter runs are words. */
const RUN_MIN = 16;
const PADDING_MAX = 2;
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

/** Base64 of text is rich in capitals and digits; paths and names are not, and most long tokens are those. */
function isMixed(run: string): boolean {
  let rich = 0;
  for (let at = 0; at < run.length; at += 1) if (run.charCodeAt(at) < 91 && run.charCodeAt(at) > 47) rich += 1;
  return rich * MIXED_SHARE >= run.length;
}

const MIXED_SHARE = 6;

function fromBase64(run: string): string | undefined {
  if (!isMixed(run)) return undefined;
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

export function decodeBase64(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const { start, end } of runsOf(text, BASE64_SET, RUN_MIN)) {
    const decoded = fromBase64(text.slice(start, end));
    if (decoded === undefined) continue;
    let padded = end;
    while (padded < end + PADDING_MAX && text.charAt(padded) === '=') padded += 1;
    splice.replace(start, padded, ` ${decoded} `);
  }
  return splice.finish();
}

export function decodeHex(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const { start, end } of runsOf(text, HEX_SET, RUN_MIN)) {
    const decoded = fromHex(text.slice(start, end));
    if (decoded !== undefined) splice.replace(start, end, ` ${decoded} `);
  }
  return splice.finish();
}

export const decodeHexPairs = (text: string): Decoded | undefined => replaceRuns(text, HEX_PAIRS, fromHex);
export const decodeBinary = (text: string): Decoded | undefined => replaceRuns(text, BINARY_OCTETS, fromBinary);
