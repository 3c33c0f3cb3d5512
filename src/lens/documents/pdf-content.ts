// What the content streams of a PDF write (ISO 32000-2, 9.4): strings with the font, size, colour, rendering and place that they have then.
import { LATIN_FONT, type PdfFont } from './pdf-fonts.ts';

export interface PdfRun {
  readonly text: string;
  /** How it is hidden; undefined where it is seen. */
  readonly how?: string;
}

const TOKEN =
  /\((?:[^()\\]|\\[^]|\((?:[^()\\]|\\[^])*\))*\)|<[\da-fA-F\s]*>|\[|\]|\/[^\s()<>[\]{}/%]{1,80}|[-+]?(?:\d+\.?\d*|\.\d+)|[A-Za-z'"*]{1,3}(?![\w])|%[^\r\n]*/g;

/** Points below which letters are no letters. */
const SIZE_MIN = 2;
const PAPER = 0.985;
/** Marked content, one inside the other. */
const MARKED_MAX = 256;
/** Beside a page of A3. */
const PLACE_MAX = 2_000;

class State {
  font: PdfFont = LATIN_FONT;
  size = 12;
  scale = 1;
  mode = 0;
  isWhite = false;
  /** Nothing is seen of letters that are drawn so thinly. */
  isClear = false;
  /** What is drawn is kept to an area of no size. */
  isClipped = false;
  /** Of the page: how much everything is scaled and moved. */
  zoom = 1;
  left = 0;
  bottom = 0;
  x = 0;
  y = 0;

  how(placeMax: number): string | undefined {
    if (this.mode === 3 || this.mode === 7) return 'invisible letters';
    if (this.isClear) return 'transparent letters';
    if (this.isClipped) return 'letters that are cut away';
    if (Math.abs(this.size * this.scale * this.zoom) < SIZE_MIN) return 'tiny letters';
    if (this.isWhite) return 'letters in the colour of the paper';
    const x = this.left + this.x * this.zoom;
    const y = this.bottom + this.y * this.zoom;
    return x < -50 || y < -50 || x > placeMax || y > placeMax ? 'off the page' : undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** The bytes of a string as it is written. */
function bytesOf(token: string): Buffer {
  if (token.startsWith('<')) return Buffer.from(token.replace(/[^\da-fA-F]/g, ''), 'hex');
  const plain = token
    .slice(1, -1)
    .replace(/\\(?:([0-7]{1,3})|\r?\n|([^]))/g, (_, octal?: string, unit?: string) =>
      octal === undefined ? (unit === undefined ? '' : (ESCAPES[unit] ?? unit)) : String.fromCharCode(Number.parseInt(octal, 8) & 255),
    );
  return Buffer.from(plain, 'latin1');
}

function decode(token: string, font: PdfFont): string {
  const bytes = bytesOf(token);
  let text = '';
  for (let at = 0; at + font.width <= bytes.length; at += font.width)
    text += font.decode(font.width === 1 ? (bytes[at] ?? 0) : bytes.readUInt16BE(at));
  return text;
}

/** A colour of any space, as its operands: 1 is light in gray and RGB, 0 in CMYK. */
const isPaper = (operands: readonly number[]): boolean =>
  operands.length === 4 ? operands.every((value) => value <= 1 - PAPER) : operands.length > 0 && operands.every((value) => value >= PAPER);

/** What a file says elsewhere of how its pages are drawn. */
export interface PdfSetting {
  /** Names of graphics states in which nothing is seen. */
  readonly clear: ReadonlySet<string>;
  /** Names of layers that are switched off. */
  readonly layersOff: ReadonlySet<string>;
  /** Width or height of the largest page, with some air. */
  readonly placeMax: number;
}

export class ContentReader {
  readonly runs: PdfRun[] = [];
  readonly #fonts: ReadonlyMap<string, PdfFont>;
  #state = new State();
  readonly #saved: State[] = [];
  #operands: string[] = [];
  readonly #clear: ReadonlySet<string>;
  readonly #layersOff: ReadonlySet<string>;
  readonly #placeMax: number;
  /** Marked content that is open: whether it belongs to a layer that is switched off. */
  #marked: boolean[] = [];
  /** Width and height of the last rectangle. */
  #area: readonly number[] = [];
  /** Letters since the place was last set. */
  #shown = 0;

  constructor(fonts: ReadonlyMap<string, PdfFont>, { clear, layersOff, placeMax }: PdfSetting) {
    this.#fonts = fonts;
    this.#clear = clear;
    this.#layersOff = layersOff;
    this.#placeMax = Math.min(PLACE_MAX, placeMax);
  }

  read(content: string): void {
    this.#state = new State();
    this.#marked = [];
    for (const [token] of content.matchAll(TOKEN)) {
      if (token.startsWith('%')) continue;
      if (/^[A-Za-z'"*]/.test(token)) {
        this.#operator(token);
        this.#operands = [];
      } else if (this.#operands.length < 4_000) this.#operands.push(token);
    }
  }

  #numbers(count: number): readonly number[] {
    return this.#operands
      .filter((token) => /^[-+.\d]/.test(token))
      .slice(-count)
      .map(Number);
  }

  #operator(name: string): void {
    const state = this.#state;
    switch (name) {
      case 'q': return void (this.#saved.length < 64 && this.#saved.push(Object.assign(new State(), state)));
      case 'Q': return void (this.#state = this.#saved.pop() ?? state);
      case 'BT': return void Object.assign(state, { x: 0, y: 0, scale: 1 });
      case 'Tf': return this.#font();
      case 'Tr': return void (state.mode = this.#numbers(1)[0] ?? 0);
      case 'g': case 'rg': case 'k': case 'sc': case 'scn': return void (state.isWhite = isPaper(this.#numbers(name === 'g' ? 1 : name === 'rg' ? 3 : 4)));
      case 'Td': case 'TD': return this.#move();
      case 'Tm': return this.#place();
      case 'T*': return this.#write('\n');
      case 'Tj': case 'TJ': case "'": case '"': return this.#show(name === "'" || name === '"');
      default: this.#scene(name);
    }
  } // prettier-ignore

  /** What is around the letters: place and size of the page, states, areas and layers. */
  #scene(name: string): void {
    const state = this.#state;
    switch (name) {
      case 'cm': return this.#zoom();
      case 'gs': return void (state.isClear = this.#clear.has(this.#operands.at(-1)?.slice(1) ?? ''));
      case 're': return void (this.#area = this.#numbers(2));
      case 'W': case 'W*': return void (state.isClipped ||= this.#isAreaEmpty());
      case 'EMC': return void this.#marked.pop();
      case 'BMC': case 'BDC': return void (this.#marked.length < MARKED_MAX && this.#marked.push(this.#isLayerOff()));
      default:
    }
  } // prettier-ignore

  #isAreaEmpty(): boolean {
    return this.#area.length === 2 && this.#area.some((size) => Math.abs(size) <= 1);
  }

  #isLayerOff(): boolean {
    return this.#operands[0] === '/OC' && this.#layersOff.has(this.#operands[1]?.slice(1) ?? '');
  }

  #zoom(): void {
    const [a = 1, b = 0, , , x = 0, y = 0] = this.#numbers(6);
    const state = this.#state;
    Object.assign(state, { left: state.left + x * state.zoom, bottom: state.bottom + y * state.zoom, zoom: state.zoom * Math.hypot(a, b) });
  }

  #font(): void {
    const name = this.#operands.find((token) => token.startsWith('/'))?.slice(1) ?? '';
    this.#state.font = this.#fonts.get(name) ?? LATIN_FONT;
    this.#state.size = this.#numbers(1)[0] ?? 12;
  }

  #move(): void {
    const [x = 0, y = 0] = this.#numbers(2);
    this.#state.x += x * this.#state.scale;
    this.#state.y += y * this.#state.scale;
    this.#step(x * this.#state.scale, y);
  }

  #place(): void {
    const [a = 1, b = 0, , , x = 0, y = 0] = this.#numbers(6);
    this.#step(x - this.#state.x, y - this.#state.y);
    Object.assign(this.#state, { x, y, scale: Math.hypot(a, b) });
  }

  /** A line ends where the height changes; a step to the right that letters do not fill stands for a space. */
  #step(x: number, y: number): void {
    const size = Math.abs(this.#state.size * this.#state.scale);
    const filled = this.#shown * size * 0.5;
    if (Math.abs(y) > size * 0.3) this.#write('\n');
    else if (x < 0 || x > filled * 1.3 + size * 0.3) this.#write(' ');
    this.#shown = 0;
  }

  #show(isNextLine: boolean): void {
    if (isNextLine) this.#write('\n');
    for (const token of this.#operands) {
      if (token.startsWith('(') || token.startsWith('<')) this.#letters(decode(token, this.#state.font));
      // A wide step to the right stands for a space.
      else if (/^-\d/.test(token) && Number(token) < -180) this.#write(' ');
    }
  }

  #letters(text: string): void {
    this.#shown += text.length;
    this.#write(text);
  }

  #write(text: string): void {
    const how = this.#marked.includes(true) ? 'invisible letters' : this.#state.how(this.#placeMax);
    const last = this.runs.at(-1);
    if (last !== undefined && last.how === how) this.runs[this.runs.length - 1] = { ...last, text: last.text + text };
    else this.runs.push(how === undefined ? { text } : { text, how });
  }
}
