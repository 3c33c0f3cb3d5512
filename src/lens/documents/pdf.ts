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

/** Throws `UnreadableDocument`. */
export function readPdf(file: Buffer): DocumentText {
  const objects = pdfObjects(file);
  const has = (mark: RegExp): boolean => [...objects.values()].some(({ head }) => mark.test(head));
  if (!has(/\/Type\s*\/Page\b/)) throw new UnreadableDocument('damaged');
  const reader = new ContentReader(pdfFonts(objects));
  const hidden: HiddenText[] = [];
  let units = 0;
  for (const object of objects.values()) {
    hidden.push(...beside(object));
    const content = isContent(object) ? object.stream()?.toString('latin1') : undefined;
    if (content === undefined || !/\bT[jJ]\b|['"]\s/.test(content)) continue;
    units += content.length;
    if (units > 4 * TEXT_UNITS_MAX) throw new UnreadableDocument('too_large');
    reader.read(content);
  }
  const seen = reader.runs.filter(({ how }) => how === undefined).map(({ text }) => text);
  const unseen = reader.runs.flatMap(({ how, text }) => (how === undefined || text.trim() === '' ? [] : [{ how, text: text.trim() }]));
  const text = seen.join('').trim();
  // Pages that are pictures alone: nobody has read what they show.
  if (text === '' && unseen.length === 0 && has(/\/Subtype\s*\/Image\b/)) throw new UnreadableDocument('unknown_kind');
  return { text, hidden: [...hidden, ...unseen] };
}
