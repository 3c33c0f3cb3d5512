// How the codes of a PDF font become letters: by its ToUnicode map where it has one (ISO 32000-2, 9.10.3), else as Latin letters.
import type { PdfObject } from './pdf-objects.ts';

export interface PdfFont {
  /** Bytes of a code. */
  readonly width: 1 | 2;
  decode(code: number): string;
}

const LATIN: PdfFont = { width: 1, decode: (code) => (code < 32 ? ' ' : Buffer.from([code]).toString('latin1')) };
const MAP_UNITS_MAX = 2_000_000;

const hexText = (hex: string): string => {
  const bytes = Buffer.from(hex.length % 4 === 0 ? hex : hex.padStart(Math.ceil(hex.length / 4) * 4, '0'), 'hex');
  return bytes.swap16().toString('utf16le');
};

const HEX = '<([\\da-fA-F]{1,8})>\\s*';
const PAIR = new RegExp(`${HEX}<([\\da-fA-F]{1,64})>`, 'g');
const RANGE = new RegExp(`${HEX}${HEX}(?:<([\\da-fA-F]{1,64})>|\\[([^\\]]*)\\])`, 'g');

/** The map of a CMap stream: `bfchar` and `bfrange`. */
function parseMap(cmap: string): ReadonlyMap<number, string> {
  const map = new Map<number, string>();
  for (const [, body = ''] of cmap.matchAll(/beginbfchar([^]*?)endbfchar/g)) {
    for (const [, code = '', to = ''] of body.matchAll(PAIR)) map.set(Number.parseInt(code, 16), hexText(to));
  }
  for (const [, body = ''] of cmap.matchAll(/beginbfrange([^]*?)endbfrange/g)) {
    for (const range of body.matchAll(RANGE)) addRange(map, range);
  }
  return map;
}

function addRange(map: Map<number, string>, [, low = '', high = '', to = '', list]: RegExpMatchArray): void {
  const from = Number.parseInt(low, 16);
  const until = Math.min(Number.parseInt(high, 16), from + 65_535);
  const listed = list?.match(/[\da-fA-F]+/g) ?? undefined;
  const last = Number.parseInt(to.slice(-4), 16);
  for (let code = from; code <= until; code += 1) {
    const counted = (): string => hexText(to.slice(0, -4)) + String.fromCharCode((last + code - from) & 0xffff);
    map.set(code, listed === undefined ? counted() : hexText(listed[code - from] ?? ''));
  }
}

function fontOf(object: PdfObject, objects: ReadonlyMap<number, PdfObject>): PdfFont {
  const width = /\/Subtype\s*\/Type0\b/.test(object.head) ? 2 : 1;
  const reference = /\/ToUnicode\s+(\d{1,10})\s+\d+\s+R/.exec(object.head)?.[1];
  const cmap = reference === undefined ? undefined : objects.get(Number(reference))?.stream()?.toString('latin1').slice(0, MAP_UNITS_MAX);
  if (cmap === undefined) return width === 1 ? LATIN : { width, decode: () => '' };
  const map = parseMap(cmap);
  return { width, decode: (code) => map.get(code) ?? (width === 1 ? LATIN.decode(code) : '') };
}

/** All fonts by the name under which pages speak of them. A name that two pages use for different fonts means the last. */
export function pdfFonts(objects: ReadonlyMap<number, PdfObject>): ReadonlyMap<string, PdfFont> {
  const fonts = new Map<string, PdfFont>();
  for (const { head } of objects.values()) {
    for (const [, direct, reference] of head.matchAll(/\/Font\s*(?:<<([^<>]{0,8000})>>|(\d{1,10})\s+\d+\s+R)/g)) {
      const list = direct ?? objects.get(Number(reference))?.head ?? '';
      for (const [, name = '', number] of list.matchAll(/\/([\w+.-]{1,60})\s+(\d{1,10})\s+\d+\s+R/g)) {
        const font = objects.get(Number(number));
        if (font !== undefined) fonts.set(name, fontOf(font, objects));
      }
    }
  }
  return fonts;
}

export const LATIN_FONT = LATIN;
