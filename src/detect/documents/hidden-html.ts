// What a web page says that nobody sees: comments, elements hidden by style, size, colour or place, and what attributes carry.
// One pass over the tags, with a stack of the open elements; no text makes it look twice.
import type { HiddenPart } from './hidden-parts.ts';

const TAG_UNITS_MAX = 8_192;
const DEPTH_MAX = 400;
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'track', 'wbr']);
/** Elements whose text is not drawn. */
const UNDRAWN = new Set(['template', 'title', 'noscript', 'desc', 'metadata', 'noframes', 'object', 'datalist']);
const RAW = new Set(['script', 'style']);
/** Attributes that hold prose, and are read by a model rather than by a person. */
const SPEAKING =
  /\b(alt|title|aria-label|aria-description|content|placeholder|summary|value|data-[\w-]{1,40})\s*=\s*(?:"([^"]{12,4000})"|'([^']{12,4000})')/gi;

const SIZE = '(?:px|pt|em|rem|%|vw|ex)?';
const HIDING = new RegExp(
  [
    'display:none', 'visibility:(?:hidden|collapse)', 'opacity:(?:0?\\.0\\d*|0)(?![\\d.])', `font-size:(?:0|1|2|0?\\.\\d+)${SIZE}(?![\\d.])`, '(?<!-)color:(?:transparent|rgba\\([^)]*,0(?:\\.0\\d*)?\\))',
    'text-fill-color:transparent', '(?:left|top|right|text-indent|margin-left|margin-top):-\\d{3,}', 'clip:rect\\((?:0|1px)', 'clip-path:(?:inset\\((?:50|100)%|circle\\(0)',
    '(?:max-)?height:[01](?:px)?(?![\\d.])', '(?:max-)?width:[01](?:px)?(?![\\d.])', 'scale\\(0(?:\\.0\\d*)?\\)', 'mso-hide:all', 'line-height:0(?![\\d.])', 'z-index:-\\d{2,}', 'content-visibility:hidden',
  ].join('|'),
); // prettier-ignore

const WHITE = /^(?:#fff(?:fff)?(?:ff)?|white|rgb\(25[0-5],25[0-5],25[0-5]\)|#fe?fe?fe?|#fdfdfd|snow|ivory)$/;

/** Whether a person sees nothing of what is written so. */
export function isHiding(style: string): boolean {
  const plain = style.toLowerCase().replace(/\s+|!important/g, '');
  if (HIDING.test(plain)) return true;
  const colour = /(?<!-)\bcolor:([^;}"]{3,40})/.exec(plain)?.[1] ?? '';
  const background = /background(?:-color)?:([^;}"]{3,40})/.exec(plain)?.[1];
  return colour !== '' && (background === undefined ? WHITE.test(colour) : background === colour);
}

const SHEET_UNITS_MAX = 20_000;
const SHEETS_MAX = 20;

/** The style sheets of a page. */
function sheetsOf(html: string): readonly string[] {
  const lower = html.toLowerCase();
  const sheets: string[] = [];
  for (let at = lower.indexOf('<style'); at >= 0 && sheets.length < SHEETS_MAX; at = lower.indexOf('<style', at + 6)) {
    const end = lower.indexOf('</style', at);
    if (end < 0) break;
    sheets.push(html.slice(at + 6, Math.min(end, at + SHEET_UNITS_MAX)));
    at = end;
  }
  return sheets;
}

/** Classes and ids that a style sheet hides. */
function hiddenNames(html: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const sheet of sheetsOf(html)) {
    for (const rule of sheet.split('}')) {
      const brace = rule.indexOf('{');
      if (brace < 0 || !isHiding(rule.slice(brace + 1, brace + 400))) continue;
      for (const [name] of rule.slice(Math.max(0, brace - 200), brace).matchAll(/[.#][\w-]{1,60}/g)) names.add(name);
    }
  }
  return names;
}

interface Open {
  readonly name: string;
  readonly isHidden: boolean;
}

class Reader {
  readonly parts: HiddenPart[] = [];
  readonly #html: string;
  readonly #names: ReadonlySet<string>;
  readonly #stack: Open[] = [];
  /** Where hidden text began; -1 outside of it. */
  #from = -1;

  constructor(html: string) {
    this.#html = html;
    this.#names = hiddenNames(html);
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
    const end = tagEnd(html, at + 1);
    if (end < 0) return at + 1;
    return name[1] === '/' ? this.#shut((name[2] ?? '').toLowerCase(), at, end) : this.#open((name[2] ?? '').toLowerCase(), at, end);
  }

  #open(name: string, at: number, end: number): number {
    const attributes = this.#html.slice(at + 1 + name.length, end - 1);
    this.#attributes(attributes, at + 1 + name.length);
    if (RAW.has(name)) {
      const close = this.#html.toLowerCase().indexOf(`</${name}`, end);
      return close < 0 ? this.#html.length : close;
    }
    if (VOID.has(name) || attributes.endsWith('/') || this.#stack.length >= DEPTH_MAX) return end;
    const isHidden = this.#isHidden(name, attributes);
    if (isHidden && this.#from < 0) this.#from = end;
    this.#stack.push({ name, isHidden });
    return end;
  }

  #isHidden(name: string, attributes: string): boolean {
    if (UNDRAWN.has(name) || /(?:^|\s)hidden(?=[\s=/]|$)/i.test(attributes)) return true;
    const style = /\bstyle\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes);
    if (style !== null && isHiding(style[1] ?? style[2] ?? '')) return true;
    if (name === 'font' && /\bcolor\s*=\s*["']?(?:#fff|white)/i.test(attributes)) return true;
    if (this.#names.size === 0) return false;
    const names = /\b(?:class|id)\s*=\s*["']([^"']*)["']/gi;
    return [...attributes.matchAll(names)].some(([, list = '']) =>
      list.split(/\s+/).some((each) => this.#names.has(`.${each}`) || this.#names.has(`#${each}`)),
    );
  }

  #shut(name: string, at: number, end: number): number {
    const open = this.#stack.findLastIndex((each) => each.name === name);
    if (open >= 0) {
      this.#stack.length = open;
      if (this.#from >= 0 && !this.#stack.some(({ isHidden }) => isHidden)) this.#close(at);
    }
    return end;
  }

  #close(at: number): void {
    if (this.#from >= 0) this.#add('hidden by its style', this.#from, at);
    this.#from = -1;
  }

  #attributes(attributes: string, at: number): void {
    for (const match of attributes.matchAll(SPEAKING)) {
      const value = match[2] ?? match[3] ?? '';
      const start = at + match.index + match[0].length - 1 - value.length;
      this.#add(`the attribute ${(match[1] ?? '').toLowerCase()}`, start, start + value.length);
    }
  }

  #add(how: string, start: number, end: number): void {
    const text = this.#html
      .slice(start, end)
      .replace(/<[^<>]{0,400}>/g, ' ')
      .trim();
    if (text !== '') this.parts.push({ how, text, start, end });
  }
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
