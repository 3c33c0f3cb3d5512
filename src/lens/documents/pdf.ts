// Text of PDF files: what the pages show, what they hide, and what stands in properties, notes and forms.
import type { DocumentText, HiddenText } from './document-text.ts';
import { TEXT_UNITS_MAX, UnreadableDocument } from './limits.ts';
import { ContentReader } from './pdf-content.ts';
import { pdfFonts } from './pdf-fonts.ts';
import { pdfObjects, type PdfObject } from './pdf-objects.ts';

const PROPERTIES =
  /\/(Title|Author|Subject|Keywords|Creator|Contents|TU|Alt|ActualText|V|JS)\s*(\((?:[^()\\]|\\[^]){4,8000}\)|<[\da-fA-F\s]{8,16000}>)/g;

/** Text strings are UTF-16 with a mark in front, UTF-8 with another, or Latin (ISO 32000-2, 7.9.2.2). */
function textOf(written: string): string {
  const bytes = written.startsWith('<')
    ? Buffer.from(written.replace(/[^\da-fA-F]/g, ''), 'hex')
    : Buffer.from(written.slice(1, -1).replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8) & 255)).replace(/\\([^])/g, '$1'), 'latin1'); // prettier-ignore
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return Buffer.from(bytes.subarray(2, 2 + ((bytes.length - 2) & ~1))).swap16().toString('utf16le'); // prettier-ignore
  return bytes[0] === 0xef && bytes[1] === 0xbb ? bytes.subarray(3).toString('utf8') : bytes.toString('latin1');
}

const isContent = ({ head }: PdfObject): boolean =>
  /\/Length\b/.test(head) &&
  !/\/(?:Type\s*\/(?:XRef|ObjStm|Metadata|EmbeddedFile|FontDescriptor)|Subtype\s*\/(?:Image|Type1C|CIDFontType0C|OpenType)|Length1|FunctionType|ShadingType|CMapName)\b/.test(
    head,
  );

/** What an object says beside the pages. */
function beside(object: PdfObject): readonly HiddenText[] {
  const properties = [...object.head.matchAll(PROPERTIES)].map(([, name = '', written = '']) => ({
    how: `the property ${name}`,
    text: textOf(written),
  }));
  if (!/\/Type\s*\/Metadata\b/.test(object.head)) return properties;
  const data = object.stream()?.toString('utf8') ?? '';
  return [...properties, { how: 'properties of the file', text: data.replace(/<[^>]{0,2000}>/g, ' ').replace(/\s+/g, ' ') }];
}

/** Names of graphics states that draw with hardly any colour (ISO 32000-2, 11.6.4.4): set on the page, or in an object of their own. */
function clearStates(objects: ReadonlyMap<number, PdfObject>): ReadonlySet<string> {
  const heads = Array.from(objects.entries());
  const isClear = (dictionary: string): boolean => /\/ca\s+0?(?:\.0\d*)?(?=[\s/>])/.test(dictionary);
  const clear = new Set(heads.filter(([, { head }]) => isClear(head) && !/\/Type\s*\/Page\b/.test(head)).map(([number]) => number));
  const names = new Set<string>();
  for (const [, { head }] of heads) {
    for (const [, name = '', direct = '', number] of head.matchAll(/\/([\w+.-]{1,60})\s*(?:<<([^<>]{0,400})>>|(\d{1,10})\s+\d+\s+R)/g))
      if (number === undefined ? isClear(`${direct}>`) : clear.has(Number(number))) names.add(name);
  }
  return names;
}

/** Names of layers that the file shows to nobody (ISO 32000-2, 8.11.4.3). */
function layersOff(objects: ReadonlyMap<number, PdfObject>): ReadonlySet<string> {
  const off = new Set<string>();
  for (const { head } of objects.values()) for (const [, list = ''] of head.matchAll(/\/OFF\s*\[([^\]]{0,8000})\]/g)) for (const [, number = ''] of list.matchAll(/(\d{1,10})\s+\d+\s+R/g)) off.add(number); // prettier-ignore
  const names = new Set<string>();
  if (off.size === 0) return names;
  for (const { head } of objects.values()) for (const [, name = '', number = ''] of head.matchAll(/\/([\w+.-]{1,60})\s+(\d{1,10})\s+\d+\s+R/g)) if (off.has(number)) names.add(name); // prettier-ignore
  return names;
}

const PLACE_AIR = 60;
const PLACE_UNKNOWN = 2_000;

/** What lies further up or right than the largest page reaches is beside all of them (ISO 32000-2, 14.11.2). */
function placeMax(objects: ReadonlyMap<number, PdfObject>): number {
  const boxes = Array.from(objects.values()).flatMap(({ head }) => [...head.matchAll(/\/MediaBox\s*\[([-+.\d\s]{7,80})\]/g)]);
  const edges = boxes.flatMap(([, box = '']) => box.trim().split(/\s+/).map(Number).slice(2));
  return edges.length === 0 || edges.some((edge) => Number.isNaN(edge)) ? PLACE_UNKNOWN : Math.max(...edges.slice(0, 10_000)) + PLACE_AIR;
}

/** What marked content says instead of what it draws (ISO 32000-2, 14.9.4). */
const INSTEAD = /\/(ActualText|Alt|E)\s*(\((?:[^()\\]|\\[^]){4,8000}\)|<[\da-fA-F\s]{8,16000}>)/g;

const insteadOf = (content: string): readonly HiddenText[] =>
  Array.from(content.matchAll(INSTEAD), ([, name = '', written = '']) => ({ how: `the property ${name}`, text: textOf(written) }));

/** Content streams of pages, forms and patterns. */
const contentsOf = (objects: ReadonlyMap<number, PdfObject>): readonly string[] =>
  Array.from(objects.values()).flatMap((object) => (isContent(object) ? [object.stream()?.toString('latin1') ?? ''] : []));

/** Throws `UnreadableDocument`. */
export function readPdf(file: Buffer): DocumentText {
  const objects = pdfObjects(file);
  const has = (mark: RegExp): boolean => [...objects.values()].some(({ head }) => mark.test(head));
  if (!has(/\/Type\s*\/Page\b/)) throw new UnreadableDocument('damaged');
  // A file in a file, which no reader of this version opens: nobody has read it.
  if (has(/\/Type\s*\/EmbeddedFile\b|\/EF\s*<<|\/Subtype\s*\/(?:FileAttachment|RichMedia|Movie|Sound|3D)\b/))
    throw new UnreadableDocument('file_inside');
  const reader = new ContentReader(pdfFonts(objects), {
    clear: clearStates(objects),
    layersOff: layersOff(objects),
    placeMax: placeMax(objects),
  });
  const hidden = Array.from(objects.values()).flatMap(beside);
  let units = 0;
  for (const content of contentsOf(objects)) {
    hidden.push(...insteadOf(content));
    units += content.length;
    if (units > 4 * TEXT_UNITS_MAX) throw new UnreadableDocument('too_large');
    if (/\bT[jJ]\b|['"]\s/.test(content)) reader.read(content);
  }
  const seen = reader.runs.filter(({ how }) => how === undefined).map(({ text }) => text);
  const unseen = reader.runs.flatMap(({ how, text }) => (how === undefined || text.trim() === '' ? [] : [{ how, text: text.trim() }]));
  const text = seen.join('').trim();
  // Pages that are pictures alone: nobody has read what they show.
  if (text === '' && unseen.length === 0 && has(/\/Subtype\s*\/Image\b/)) throw new UnreadableDocument('unknown_kind');
  return { text, hidden: [...hidden, ...unseen] };
}
