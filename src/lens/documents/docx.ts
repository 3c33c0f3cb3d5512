// Text of Word documents (ECMA-376 part 1): runs in their order, those that nobody sees apart, with comments and properties.
import type { DocumentText, HiddenText } from './document-text.ts';
import { officeXml } from './office-xml.ts';
import { TEXT_UNITS_MAX, UnreadableDocument } from './limits.ts';
import type { ZipEntry } from './zip.ts';

/** Headers, notes and boxes have whatever name the file gives them. */
const SEEN = /^word\/[^]*\.xml$/;
/** Text in drawings and charts, and chunks of other kinds that stand for a part of the text. */
const BESIDE = /^word\/(?:diagrams\/data|charts\/chart)[^/]*\.xml$|^word\/[^]*\.(?:html?|xhtml|txt)$/;
/** Such a chunk that no reader of this version takes. */
const CHUNK = /^word\/[^/]*\.(?:rtf|mht|mhtml|docx?|dotx?)$/;
const UNSEEN: readonly (readonly [RegExp, string])[] = [
  [/^word\/comments\w*\.xml$/, 'a comment'],
  [/^docProps\/(?:core|app|custom)\.xml$/, 'a property of the file'],
  [/^customXml\/item\d*\.xml$/, 'data beside the text'],
];

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function entity(name: string): string {
  const number = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
  if (number === null) return ENTITIES[name] ?? `&${name};`;
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

const decoded = (text: string): string => text.replace(/&(#?\w{1,8});/g, (_, name: string) => entity(name));

/** How the properties of a run hide it; undefined where it is seen. */
function hiding(properties: string): string | undefined {
  if (/<w:(?:vanish|specVanish|webHidden)\b(?![^>]*w:val="(?:0|false|off)")/.test(properties)) return 'text that is set to vanish';
  const half = Number(/<w:sz w:val="(\d{1,4})"/.exec(properties)?.[1] ?? 24);
  if (half <= 4) return 'tiny letters';
  const isShaded = /<w:(?:shd\b[^>]*w:fill="(?!auto|FFFFFF)|highlight\b)/i.test(properties);
  const colour = /<w:color\b[^>]*w:val="(\w{1,8})"/.exec(properties)?.[1]?.toUpperCase() ?? '';
  return !isShaded && /^(?:F[C-F]){3}$/.test(colour) ? 'letters in the colour of the paper' : undefined;
}

interface Found {
  text: string;
  readonly hidden: HiddenText[];
}

const TOKEN = /<w:(r|p|t|rPr|delText|instrText|tab|br|del)\b([^<>]*)>|<\/w:(r|p|rPr|del)>/g;

/** The runs of one part, in one pass. */
class Runs {
  readonly #xml: string;
  readonly #found: Found;
  #properties = '';
  #open = '';

  constructor(xml: string, found: Found) {
    this.#xml = xml;
    this.#found = found;
  }

  read(): void {
    for (const match of this.#xml.matchAll(TOKEN)) {
      const end = match.index + match[0].length;
      if (match[3] !== undefined) this.#ends(match[3]);
      else if (match[2]?.endsWith('/') !== true || match[1] === 'tab' || match[1] === 'br') this.#begins(match[1] ?? '', end);
      if (this.#found.text.length > TEXT_UNITS_MAX) throw new UnreadableDocument('too_large');
    }
    this.#close();
  }

  #begins(name: string, end: number): void {
    const content = (stop: string): string => this.#xml.slice(end, Math.max(end, this.#xml.indexOf(stop, end)));
    if (name === 'r') this.#close();
    else if (name === 'rPr') this.#properties = content('</w:rPr>').slice(0, 4_000);
    else if (name === 't') this.#open += decoded(content('<'));
    else if (name === 'tab' || name === 'br') this.#open += ' ';
    else if (name === 'delText' || name === 'instrText') addHidden(this.#found.hidden, 'deleted text or a field', decoded(content('<')));
  }

  #ends(name: string): void {
    if (name === 'r') this.#close();
    else if (name === 'p') this.#found.text += '\n';
  }

  #close(): void {
    const how = hiding(this.#properties);
    if (how === undefined) this.#found.text += this.#open;
    else addHidden(this.#found.hidden, how, this.#open);
    this.#open = '';
    this.#properties = '';
  }
}

/** Runs that follow each other are one text. */
function addHidden(hidden: HiddenText[], how: string, text: string): void {
  const last = hidden.at(-1);
  if (last?.how === how && last.text.length < 20_000) hidden[hidden.length - 1] = { how, text: `${last.text}${text}` };
  else if (text.trim() !== '') hidden.push({ how, text });
}

export function readDocx(entries: readonly ZipEntry[]): DocumentText {
  const found: Found = { text: '', hidden: [] };
  for (const entry of entries) {
    const how = UNSEEN.find(([pattern]) => pattern.test(entry.name))?.[1];
    if (CHUNK.test(entry.name)) throw new UnreadableDocument('unknown_kind');
    if (how !== undefined) {
      const text = wordsOf(officeXml(entry.read()));
      if (text !== '') found.hidden.push({ how, text });
    } else if (BESIDE.test(entry.name)) found.text += `\n${wordsOf(entry.read().toString('utf8'))}\n`;
    else if (SEEN.test(entry.name)) new Runs(officeXml(entry.read()), found).read();
  }
  for (const [, text = ''] of drawingTexts(entries)) found.hidden.push({ how: 'the text behind an image', text: decoded(text) });
  return found;
}

/** What is left without the tags. */
const wordsOf = (xml: string): string =>
  decoded(xml.replace(/<\/(?:w:)?p>/g, '\n').replace(/<[^<>]*>/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim();

function* drawingTexts(entries: readonly ZipEntry[]): Generator<RegExpMatchArray> {
  const main = entries.find(({ name }) => name === 'word/document.xml');
  if (main !== undefined) yield* officeXml(main.read()).matchAll(/<wp:docPr\b[^>]{0,400}\bdescr="([^"]{8,4000})"/g);
}
