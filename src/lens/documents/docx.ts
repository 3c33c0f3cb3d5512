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
/** A file in the file: nobody has read it. */
const INSIDE = /^word\/(?:embeddings|activeX)\/|^word\/[^]*vbaProject\.bin$/;
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
  const colour = colourOf(properties);
  const shade = /<w:shd\b[^>]*w:fill="(\w{6})"/.exec(properties)?.[1]?.toUpperCase();
  if (shade !== undefined && shade === colour) return 'letters in the colour of the paper';
  return !isShaded && /^(?:F[C-F]){3}$/.test(colour) ? 'letters in the colour of the paper' : undefined;
}

/** Of the letters; a theme's background is white in all themes that programs start with. */
function colourOf(properties: string): string {
  const tag = /<w:color\b[^>]*>/.exec(properties)?.[0] ?? '';
  const written = /w:val="(\w{1,8})"/.exec(tag)?.[1]?.toUpperCase() ?? '';
  return (written === '' || written === 'AUTO') && /w:themeColor="(?:background1|light1)"/.test(tag) ? 'FFFFFF' : written;
}

/** Properties of styles by their id: what a run or its paragraph names, counts as if it stood there. */
function stylesOf(entries: readonly ZipEntry[]): ReadonlyMap<string, string> {
  const styles = new Map<string, string>();
  const part = entries.find(({ name }) => name === 'word/styles.xml');
  if (part === undefined) return styles;
  for (const style of officeXml(part.read())
    .split(/<w:style\b/)
    .slice(1)) {
    const id = /w:styleId="([^"]{1,100})"/.exec(style)?.[1];
    if (id !== undefined) styles.set(id, /<w:rPr>([^]{0,4000}?)<\/w:rPr>/.exec(style)?.[1] ?? '');
  }
  return styles;
}

interface Found {
  text: string;
  readonly hidden: HiddenText[];
}

const TOKEN = /<w:(r|p|t|rPr|rStyle|pStyle|delText|instrText|tab|br|del)\b([^<>]*)>|<\/w:(r|p|rPr|del)>/g;

/** The runs of one part, in one pass. */
class Runs {
  readonly #xml: string;
  readonly #found: Found;
  readonly #styles: ReadonlyMap<string, string>;
  #properties = '';
  /** Of the paragraph. */
  #style = '';
  #open = '';

  constructor(xml: string, found: Found, styles: ReadonlyMap<string, string>) {
    this.#xml = xml;
    this.#found = found;
    this.#styles = styles;
  }

  read(): void {
    for (const match of this.#xml.matchAll(TOKEN)) {
      const end = match.index + match[0].length;
      if (match[3] !== undefined) this.#ends(match[3]);
      else if (match[1] === 'rStyle' || match[1] === 'pStyle') this.#styled(match[1], match[2] ?? '');
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

  #styled(name: string, attributes: string): void {
    const style = this.#styles.get(/w:val="([^"]{1,100})"/.exec(attributes)?.[1] ?? '') ?? '';
    if (name === 'pStyle') this.#style = style;
    else this.#properties += style;
  }

  #ends(name: string): void {
    if (name === 'r') this.#close();
    else if (name === 'p') {
      this.#found.text += '\n';
      this.#style = '';
    }
  }

  #close(): void {
    const how = hiding(this.#properties + this.#style);
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

function assertReadable(name: string): void {
  if (CHUNK.test(name)) throw new UnreadableDocument('unknown_kind');
  if (INSIDE.test(name) && !name.endsWith('/')) throw new UnreadableDocument('file_inside');
}

export function readDocx(entries: readonly ZipEntry[]): DocumentText {
  const found: Found = { text: '', hidden: [] };
  const styles = stylesOf(entries);
  for (const entry of entries) {
    const how = UNSEEN.find(([pattern]) => pattern.test(entry.name))?.[1];
    assertReadable(entry.name);
    if (how !== undefined) {
      const text = wordsOf(officeXml(entry.read()));
      if (text !== '') found.hidden.push({ how, text });
    } else if (BESIDE.test(entry.name)) found.text += `\n${wordsOf(entry.read().toString('utf8'))}\n`;
    else if (SEEN.test(entry.name)) new Runs(officeXml(entry.read()), found, styles).read();
  }
  for (const [, text = ''] of simpleFields(entries)) addHidden(found.hidden, 'deleted text or a field', decoded(text));
  for (const [, text = ''] of drawingTexts(entries)) found.hidden.push({ how: 'the text behind an image', text: decoded(text) });
  return found;
}

/** What is left without the tags. */
const wordsOf = (xml: string): string =>
  decoded(xml.replace(/<\/(?:w:)?p>/g, '\n').replace(/<[^<>]*>/g, ' '))
    .replace(/ {2,}/g, ' ')
    .trim();

function* simpleFields(entries: readonly ZipEntry[]): Generator<RegExpMatchArray> {
  for (const entry of entries)
    if (SEEN.test(entry.name)) yield* officeXml(entry.read()).matchAll(/<w:fldSimple\b[^>]{0,400}\bw:instr="([^"]{8,4000})"/g);
}

function* drawingTexts(entries: readonly ZipEntry[]): Generator<RegExpMatchArray> {
  const main = entries.find(({ name }) => name === 'word/document.xml');
  if (main !== undefined) yield* officeXml(main.read()).matchAll(/<wp:docPr\b[^>]{0,400}\bdescr="([^"]{8,4000})"/g);
}
