// The parts of an Office file as one spelling of XML, whatever namespace prefixes, encodings, comments and sections they are written with:
// whoever opens the file reads them all alike.
import { UnreadableDocument } from './limits.ts';

/** Transitional and strict (ISO/IEC 29500 parts 4 and 1). */
const MAIN = String.raw`http://(?:schemas\.openxmlformats\.org/wordprocessingml/2006/main|purl\.oclc\.org/ooxml/wordprocessingml/main)`;
const BOUND = new RegExp(String.raw`\bxmlns(?::([\w.-]{1,64}))?\s*=\s*["']${MAIN}["']`, 'g');

/** Text of a part, its words under the prefix `w`. Throws `UnreadableDocument` for what Word would not open either. */
export function officeXml(bytes: Buffer): string {
  const written = decoded(bytes);
  // Entities of one's own and outer parts: no Word document has a document type (ISO/IEC 29500-2, 8.2.5).
  if (/<!(?:DOCTYPE|ENTITY)\b/i.test(written)) throw new UnreadableDocument('damaged');
  const text = replaced(written, ['<!--', '-->'], () => '');
  const sections = replaced(text, ['<![CDATA[', ']]>'], (raw) =>
    raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  );
  const plain = replaced(sections, ['<?', '?>'], () => '');
  const prefixes = [...new Set(Array.from(plain.matchAll(BOUND), ([, prefix = '']) => prefix))].filter((prefix) => prefix !== 'w');
  if (prefixes.length > PREFIXES_MAX) throw new UnreadableDocument('damaged');
  return prefixes.reduce(underW, plain);
}

/** More names for one thing than any program writes. */
const PREFIXES_MAX = 8;

/** What stands between two marks, replaced with both of them. Linear; throws for one that is not closed. */
function replaced(xml: string, [open, close]: readonly [string, string], by: (text: string) => string): string {
  let out = '';
  let at = 0;
  for (let from = xml.indexOf(open); from >= 0; from = xml.indexOf(open, at)) {
    const end = xml.indexOf(close, from + open.length);
    if (end < 0) throw new UnreadableDocument('damaged');
    out += xml.slice(at, from) + by(xml.slice(from + open.length, end));
    at = end + close.length;
  }
  return out + xml.slice(at);
}

function underW(xml: string, prefix: string): string {
  if (prefix === '') return xml.replace(/<(\/?)(?=\w+[\s/>])/g, '<$1w:');
  const name = prefix.replaceAll('.', String.raw`\.`);
  return xml.replace(new RegExp(`([</\\s])${name}:`, 'g'), '$1w:');
}

/** UTF-8 or UTF-16, as the standard has it; anything else could be read otherwise by whoever opens the file. */
function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  if (bytes.includes(0)) throw new UnreadableDocument('damaged');
  const text = bytes.toString('utf8');
  const encoding = /^\ufeff?\s*<\?xml\b[^>]{0,200}\bencoding\s*=\s*["']([^"']{1,40})["']/.exec(text)?.[1];
  if (encoding !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(encoding)) throw new UnreadableDocument('damaged');
  return text;
}
