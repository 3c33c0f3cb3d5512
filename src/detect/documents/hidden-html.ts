// What a web page says that nobody sees: comments, elements hidden by style, size, colour or place, and what attributes carry.
// One pass over the tags, with a stack of the open elements; no text makes it look twice.
import { withoutEntities } from './entities.ts';
import { groundOf, type Ground, hides, PAGE } from './hiding-styles.ts';
import type { HiddenPart } from './hidden-parts.ts';
import { type Element, StyleSheets } from './style-sheets.ts';

const TAG_UNITS_MAX = 8_192;
const DEPTH_MAX = 400;
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);
/** Elements whose text is not drawn. */
const UNDRAWN = new Set(['template', 'title', 'noscript', 'desc', 'metadata', 'noframes', 'object', 'datalist', 'defs', 'symbol']);
/** Elements whose text is drawn once somebody opens them. */
const FOLDED = new Set(['details', 'dialog']);
const RAW = new Set(['script', 'style']);
/** Attributes that hold prose, and are read by a model rather than by a person. */
const SPEAKING = /^(?:alt|title|aria-label|aria-description|aria-roledescription|content|placeholder|summary|value|data-[\w-]{1,40})$/;
const SPOKEN_UNITS = { min: 12, max: 4_000 };
const ATTRIBUTE = /([^\s"'<>/=]{1,80})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?/g;
const ATTRIBUTES_MAX = 200;

/** How the text of an element is kept from people. */
type Veil = 'hidden by its style' | 'in an element that is not shown' | 'folded away' | undefined;

interface Open extends Element {
  readonly veil: Veil;
  readonly ground: Ground;
}

class Reader {
  readonly parts: HiddenPart[] = [];
  readonly #html: string;
  readonly #sheets: StyleSheets;
  readonly #stack: Open[] = [];
  /** Where hidden text began; -1 outside of it. */
  #from = -1;
  /** The next `>`; -1 where none follows. */
  #nextEnd = 0;

  constructor(html: string) {
    this.#html = html;
    this.#sheets = new StyleSheets(html);
  }

  read(): void {
    const html = this.#html;
    for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at)) at = this.#mark(at);
    this.#close(html.length);
  }

  /** Reads the mark at `at`; where to go on. */
  #mark(at: number): number {
    const html = this.#html;
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      const to = end < 0 ? html.length : end;
      this.#add('a comment', at + 4, to);
      return to + 3;
    }
    const name = /^<(\/?)([a-zA-Z][\w:-]{0,40})/.exec(html.slice(at, at + 44));
    if (name === null) return at + 1;
    if (this.#nextEnd >= 0 && this.#nextEnd < at) this.#nextEnd = html.indexOf('>', at);
    if (this.#nextEnd < 0) return html.length;
    const end = tagEnd(html, at + 1);
    if (end < 0) return at + 1;
    return name[1] === '/' ? this.#shut((name[2] ?? '').toLowerCase(), at, end) : this.#open((name[2] ?? '').toLowerCase(), at, end);
  }

  #open(name: string, at: number, end: number): number {
    const written = this.#html.slice(at + 1 + name.length, end - 1);
    const attributes = this.#attributes(written, at + 1 + name.length);
    if (RAW.has(name)) return this.#raw(name, end);
    if (VOID.has(name) || written.endsWith('/') || this.#stack.length >= DEPTH_MAX) return end;
    const element = { name, attributes };
    const outer = this.#stack.at(-1)?.ground ?? PAGE;
    const style = this.#sheets.styleOf(element, this.#stack) + oldColours(element);
    const veil = veilOf(element, hides(style, outer));
    if (veil !== undefined && this.#from < 0) this.#from = end;
    this.#stack.push({ ...element, veil, ground: groundOf(style, outer) });
    return end;
  }

  /** Scripts and style sheets: their comments and texts are read by whoever takes the page for text. */
  #raw(name: string, end: number): number {
    const close = this.#html.toLowerCase().indexOf(`</${name}`, end);
    const to = close < 0 ? this.#html.length : close;
    const body = this.#html.slice(end, Math.min(to, end + RAW_UNITS_MAX));
    for (const { 0: whole, index } of body.matchAll(body.includes('*/') ? RAW_TEXT : RAW_LINES)) {
      const inner = whole.replace(/^(?:\/\*|\/\/|["'`])|(?:\*\/|["'`])$/g, '');
      const start = end + index + whole.indexOf(inner);
      this.#add(`a text in a ${name}`, start, start + inner.length);
    }
    return to;
  }

  #shut(name: string, at: number, end: number): number {
    const open = this.#stack.findLastIndex((each) => each.name === name);
    if (open >= 0) {
      const veil = this.#stack[open]?.veil;
      this.#stack.length = open;
      if (this.#from >= 0 && !this.#stack.some((each) => each.veil !== undefined)) this.#close(at, veil);
    }
    return end;
  }

  #close(at: number, veil: Veil = this.#stack.find((each) => each.veil !== undefined)?.veil): void {
    if (this.#from >= 0) this.#add(veil ?? 'hidden by its style', this.#from, at);
    this.#from = -1;
  }

  #attributes(written: string, at: number): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (const match of written.matchAll(ATTRIBUTE)) {
      if (attributes.size >= ATTRIBUTES_MAX) break;
      const name = (match[1] ?? '').toLowerCase();
      const value = match[2] ?? match[3] ?? match[4] ?? '';
      if (!attributes.has(name)) attributes.set(name, withoutEntities(value));
      if (value.length < SPOKEN_UNITS.min || value.length > SPOKEN_UNITS.max || !SPEAKING.test(name)) continue;
      const start = at + match.index + match[0].lastIndexOf(value);
      this.#add(`the attribute ${name}`, start, start + value.length);
    }
    return attributes;
  }

  #add(how: string, start: number, end: number): void {
    const text = withoutEntities(this.#html.slice(start, end).replace(/<[^<>]{0,400}>/g, ' ')).trim();
    if (text === '') return;
    const last = this.parts.at(-1);
    const between =
      last?.how === how && last.end <= start ? this.#html.slice(last.end, Math.min(start, last.end + BETWEEN_UNITS_MAX + 1)) : undefined;
    // Words hidden one by one are one text.
    if (
      last !== undefined &&
      between !== undefined &&
      between.length <= BETWEEN_UNITS_MAX &&
      between.replace(/<[^<>]*>/g, '').trim() === ''
    )
      this.parts[this.parts.length - 1] = { how, text: `${last.text} ${text}`.slice(0, PART_UNITS_MAX), start: last.start, end };
    else this.parts.push({ how, text, start, end });
  }
}

const RAW_UNITS_MAX = 100_000;
const BETWEEN_UNITS_MAX = 400;
const PART_UNITS_MAX = 20_000;
/** The same without comments over several lines. */
const RAW_LINES = /(?<![:\w])\/\/[^\n]{24,2000}|"(?:[^"\\\n]|\\.){24,4000}"|'(?:[^'\\\n]|\\.){24,4000}'/g;
/** Comments, and strings that could be sentences. */
const RAW_TEXT = /\/\*[^]{24,4000}?\*\/|(?<![:\w])\/\/[^\n]{24,2000}|"(?:[^"\\\n]|\\.){24,4000}"|'(?:[^'\\\n]|\\.){24,4000}'/g;

function veilOf({ name, attributes }: Element, isStyled: boolean): Veil {
  if (isStyled || attributes.has('hidden') || isEmptyBox(attributes)) return 'hidden by its style';
  // Titles of pages and definitions of drawings say innocent things, and in a text that is no page their names may be anybody's.
  if (UNDRAWN.has(name)) return 'in an element that is not shown';
  return FOLDED.has(name) && !attributes.has('open') ? 'folded away' : undefined;
}

const isEmptyBox = (attributes: ReadonlyMap<string, string>): boolean =>
  [attributes.get('width'), attributes.get('height')].some((size) => size !== undefined && /^[01](?:px)?$/.test(size));

/** Colours and sizes as attributes (HTML 15.3), as a style. */
function oldColours({ name, attributes }: Element): string {
  const ink = name === 'font' ? attributes.get('color') : name === 'body' ? attributes.get('text') : undefined;
  const paper = attributes.get('bgcolor');
  return `${ink === undefined ? '' : `;color:${ink.toLowerCase()}`}${paper === undefined ? '' : `;background:${paper.toLowerCase()}`}`;
}

/** Behind the `>` of the tag, quotes respected; -1 if it does not end in time. */
function tagEnd(html: string, from: number): number {
  let quote = '';
  for (let at = from; at < html.length && at < from + TAG_UNITS_MAX; at += 1) {
    const unit = html[at] ?? '';
    if (quote !== '') quote = unit === quote ? '' : quote;
    else if (unit === '>') return at + 1;
    else if ((unit === '"' || unit === "'") && html[at - 1] === '=') quote = unit;
  }
  return -1;
}

export function hiddenInHtml(html: string): readonly HiddenPart[] {
  const reader = new Reader(html);
  reader.read();
  return reader.parts;
}
