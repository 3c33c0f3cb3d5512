// Folds a text to one spelling: NFKC, look-alikes, invisible characters, combining marks, kinds of
// white space. Case and runs of blanks are kept: decoders need both.
// Unicode TR36 and TR39 describe the tricks; the table of look-alikes is ours and small on purpose.
import confusables from './confusables.json' with { type: 'json' };
import type { Layer } from './layer.ts';
import { textOfUnits, unitsOf } from './units.ts';

const UNKNOWN = 0xffff;
const MANY = 0xfffe;
const GONE = 0xfffd;
const CACHE_ASTRAL_MAX = 4096;

const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries(confusables).flatMap(([plain, odd]) => [...odd].map((character) => [character, plain] as const)),
);

// Combining marks of Latin, Greek, Cyrillic and shared use go; Arabic and Hebrew points go; vowel signs of Indic scripts carry the word and stay.
const MARK_GONE = /^(?=\p{M})[\p{Script=Inherited}\u0483-\u0489\u0591-\u05C7\u0610-\u061A\u064B-\u065F\u06D6-\u06ED]$/u;
const INVISIBLE = /^(?:\p{Default_Ignorable_Code_Point}|\p{Cf}|\p{Cs}|\p{Cc})$/u;
const LINE_END = /^[\n\r\u0085\u2028\u2029\v\f]$/u;
const SPACE = /^[\p{Z}\t]$/u;
const CASED_SCRIPT = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u;

/** A few ligatures stand for whole phrases (U+FDFA is 18 letters): unfolded they cannot blow a text up. */
const EXPANSION_MAX = 6;

/** What one code point becomes; empty when nothing of it is to be seen. */
function foldCodePoint(character: string): string {
  if (LINE_END.test(character)) return '\n';
  if (SPACE.test(character)) return ' ';
  if (INVISIBLE.test(character) || MARK_GONE.test(character)) return '';
  const enclosed = foldEnclosedLetter(character.codePointAt(0) ?? 0);
  if (enclosed !== '') return enclosed;
  const known = LOOK_ALIKES.get(character);
  if (known !== undefined) return known;
  const folded = [...character.normalize('NFKC')].map(foldPlain).join('');
  return folded.length > EXPANSION_MAX ? character : folded;
}

function foldPlain(character: string): string {
  const known = LOOK_ALIKES.get(character);
  if (known !== undefined) return known;
  if (SPACE.test(character)) return ' ';
  if (!CASED_SCRIPT.test(character)) return MARK_GONE.test(character) ? '' : character;
  const bare = [...character.normalize('NFD')].filter((part) => !MARK_GONE.test(part)).join('');
  const lowered = LOOK_ALIKES.get(bare) ?? LOOK_ALIKES.get(bare.toLowerCase());
  return lowered ?? bare;
}

/** Squared, circled and regional letters that NFKC leaves alone (Unicode block 1F100–1F1FF). */
function foldEnclosedLetter(code: number): string {
  if (code < 0x1f150 || code > 0x1f1ff) return '';
  if (code <= 0x1f169) return String.fromCharCode(0x41 + code - 0x1f150);
  if (code >= 0x1f170 && code <= 0x1f189) return String.fromCharCode(0x41 + code - 0x1f170);
  return code >= 0x1f1e6 ? String.fromCharCode(0x41 + code - 0x1f1e6) : '';
}

// Filled on first sight of each unit: folding all 65,536 at start would cost what most processes never use.
const single = new Uint16Array(0x10000).fill(UNKNOWN);
const several = new Map<number, string>();
const astral = new Map<number, string>();

function learn(unit: number): number {
  const folded = unit >= 0xd800 && unit <= 0xdfff ? '' : foldCodePoint(String.fromCharCode(unit));
  const value = folded.length === 0 ? GONE : folded.length === 1 ? folded.charCodeAt(0) : MANY;
  if (value === MANY) several.set(unit, folded);
  single[unit] = value;
  return value;
}

function foldAstral(code: number): string {
  const seen = astral.get(code);
  if (seen !== undefined) return seen;
  const folded = foldCodePoint(String.fromCodePoint(code));
  if (astral.size < CACHE_ASTRAL_MAX) astral.set(code, folded);
  return folded;
}

/** Conjoining jamo and half-width kana only mean something together; NFKC composes them as a run. */
const COMPOSED_RUN = /[\u1100-\u11ff\uff66-\uff9f\u3099\u309a]/u;

/** Letters with accents, strokes or without dots are spelling, not disguise: Latin-1 to Latin Extended-B, and Vietnamese (Latin Extended Additional). */
const LATIN_TO = 0x24f;
const isVietnamese = (unit: number): boolean => unit >= 0x1e00 && unit <= 0x1eff;
/** From here on a Latin letter is one in costume: superscript, circled, full-width. */
const STYLED_FROM = 0x2070;

/** One mark on a letter is spelling; a pile of them is not. */
const isMark = (unit: number): boolean => unit >= 0x300 && unit <= 0x36f;
const isFirstMark = (unit: number, before: number): boolean => isMark(unit) && !isMark(before);

const isLetterUnit = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90);

/** One fold over one text. Writes units into a scratch array and, if asked, where each came from. */
class Folder {
  readonly #text: string;
  #origins: Int32Array | undefined;
  #out: Uint16Array;
  #length = 0;
  disguised = 0;

  constructor(text: string, wantOrigins: boolean) {
    this.#text = text;
    this.#out = new Uint16Array(text.length + 16);
    this.#origins = wantOrigins ? new Int32Array(text.length + 17) : undefined;
  }

  run(): void {
    const end = this.#text.length;
    const units = unitsOf(this.#text);
    for (let at = 0; at < end;) {
      const unit = units[at] ?? 0;
      if ((unit >= 32 && unit < 127) || unit === 10) {
        this.#put(unit, at);
        at += 1;
      } else at += this.#fold(unit, at);
    }
  }

  text(): string {
    return textOfUnits(this.#out.subarray(0, this.#length));
  }

  origins(): Int32Array {
    const { length } = this.#text;
    const origins = this.#origins ?? new Int32Array(1);
    origins[this.#length] = length;
    return origins.slice(0, this.#length + 1);
  }

  /** Returns how many units of the source were read. */
  #fold(unit: number, at: number): number {
    const learned = single[unit] ?? UNKNOWN;
    const value = learned === UNKNOWN ? learn(unit) : learned;
    if (value === GONE) return this.#foldRare(unit, at);
    if (COMPOSED_FROM <= unit && COMPOSED_RUN.test(String.fromCharCode(unit))) return this.#composeRun(at);
    if (value === MANY) this.#putAll(several.get(unit) ?? '', at);
    else {
      if (unit >= STYLED_FROM && isLetterUnit(value)) this.disguised += 1;
      else if (unit > LATIN_TO && isLetterUnit(value) && !isVietnamese(unit)) this.#noteDisguise(at);
      this.#put(value, at);
    }
    return 1;
  }

  #foldRare(unit: number, at: number): number {
    const next = this.#text.charCodeAt(at + 1);
    if (unit >= 0xd800 && unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
      const folded = foldAstral(((unit - 0xd800) << 10) + (next - 0xdc00) + 0x10000);
      if (folded.length === 1 && isLetterUnit(folded.charCodeAt(0))) this.disguised += 1;
      if (folded === '') this.disguised += 1;
      this.#putAll(folded, at);
      return 2;
    }
    if (unit > 0x9f && !isFirstMark(unit, this.#text.charCodeAt(at - 1))) this.#noteDisguise(at);
    return 1;
  }

  /** A look-alike or a hole counts as a disguise only beside an ASCII letter: plain Cyrillic or Greek is no disguise. */
  #noteDisguise(at: number): void {
    if (isLetterUnit(this.#text.charCodeAt(at - 1)) || isLetterUnit(this.#text.charCodeAt(at + 1))) this.disguised += 1;
  }

  #composeRun(at: number): number {
    let end = at;
    while (end < this.#text.length && end - at < 64 && COMPOSED_RUN.test(this.#text.charAt(end))) end += 1;
    const composed = this.#text.slice(at, end).normalize('NFKC');
    const ratio = (end - at) / Math.max(1, composed.length);
    for (let index = 0; index < composed.length; index += 1) this.#put(composed.charCodeAt(index), at + Math.floor(index * ratio));
    return end - at;
  }

  #putAll(folded: string, at: number): void {
    for (let index = 0; index < folded.length; index += 1) this.#put(folded.charCodeAt(index), at);
  }

  #put(unit: number, at: number): void {
    if (this.#length === this.#out.length) this.#grow();
    this.#out[this.#length] = unit;
    if (this.#origins !== undefined) this.#origins[this.#length] = at;
    this.#length += 1;
  }

  #grow(): void {
    const larger = new Uint16Array(this.#out.length * 2);
    larger.set(this.#out);
    this.#out = larger;
    if (this.#origins === undefined) return;
    const origins = new Int32Array(larger.length + 1);
    origins.set(this.#origins);
    this.#origins = origins;
  }
}

const COMPOSED_FROM = 0x1100;

/** The plain layer of a text. */
export function foldText(text: string): Layer {
  const folder = new Folder(text, false);
  folder.run();
  let origins: Int32Array | undefined;
  return {
    names: [],
    text: folder.text(),
    disguised: folder.disguised,
    // Almost no text is a hit, so the map is made only when someone asks.
    originalAt: (offset) => {
      origins ??= originsOf(text);
      return origins[offset] ?? text.length;
    },
  };
}

function originsOf(text: string): Int32Array {
  const folder = new Folder(text, true);
  folder.run();
  return folder.origins();
}
