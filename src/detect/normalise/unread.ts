// Of a further reading of a long text, what no reading before it has said: most readings change a few words of a page, and to read the
// rest again would say nothing new. Stretches are compared unit by unit, so nobody can make one pass for another.
import type { Decoded, OffsetMap } from './layer.ts';
import { Splice } from './splice.ts';
import { unitsOf } from './units.ts';

/** Shorter texts are read whole, which costs little. */
const LONG_UNITS = 1200;
/** What stands around new words is read with them: orders are longer than a word. */
const AROUND_UNITS = 160;
/** If more than this share is new, all of it is read. */
const NEW_SHARE = 0.75;
/** Between excerpts: ends of sentences, so that nothing is read as if it stood together. */
const BETWEEN = ' ?\n?\n?\n ';
/** A stretch ends behind one in so many words, by what the word says, so that two readings are cut alike behind a change. */
const CUT_MASK = 7;
const STRETCH_UNITS_MAX = 400;
const BLANK = 32;
/** From here on scripts have no blanks between words: each character is taken for one. */
const UNSPACED_FROM = 0x2e80;
const MIX = 0x9e3779b1;
/** V8 keeps such numbers without a box. */
const SMALL = 0x3fff_ffff;
const WORD_UNITS_MAX = 40;

interface Excerpt {
  readonly from: number;
  to: number;
}

/** A stretch of a text that was read, with the stretch before it: what stands behind another thing is new. */
interface Known {
  readonly units: Uint16Array;
  readonly from: number;
  readonly to: number;
  /** Which of the texts it stood in first. */
  readonly reading: number;
}

interface Reading {
  readonly text: string;
  readonly originalAt: OffsetMap;
}

export interface News {
  /** The parts of a text that are new; the text itself where most of it is, none where nothing is. */
  readonly parts: Decoded | 'all' | 'nothing';
  /** Units that texts before it have said; what it says twice itself is not among them. */
  readonly known: number;
}

export const isLong = (text: string): boolean => text.length >= LONG_UNITS;

export class Unread {
  /** By hash. Of two that have the same, the later one is known; the other is read once more. */
  readonly #known = new Map<number, Known>();
  #readings = 0;

  /** Reads a text: what it says is no news any more. */
  read(text: string): News {
    const units = unitsOf(text).slice(0, text.length);
    this.#readings += 1;
    const { excerpts, known } = this.#news(units);
    if (excerpts.length === 0) return { parts: 'nothing', known };
    const fresh = excerpts.reduce((sum, { from, to }) => sum + to - from, 0);
    const isAll = !isLong(text) || fresh > text.length * NEW_SHARE;
    return { parts: isAll ? 'all' : (excerptsOf(text, excerpts) ?? 'all'), known };
  }

  #news(units: Uint16Array): { readonly excerpts: readonly Excerpt[]; readonly known: number } {
    const excerpts: Excerpt[] = [];
    const last = units.length;
    let known = 0;
    let before = 0;
    let hashBefore = 0;
    for (let start = 0; start < last;) {
      const end = cutBehind(units, start);
      const hash = hashOf(units, start, end);
      const key = (hash ^ Math.imul(hashBefore, MIX)) & SMALL;
      const stretch: Known = { units, from: before, to: end, reading: this.#readings };
      const met = this.#known.get(key);
      if (!isSame(met, stretch)) {
        this.#known.set(key, stretch);
        add(excerpts, Math.max(0, start - AROUND_UNITS), Math.min(last, end + AROUND_UNITS));
      } else if (met?.reading !== this.#readings) known += end - start;
      before = start;
      hashBefore = hash;
      start = end;
    }
    return { excerpts, known };
  }
}

/** Of a reading of a long text, what the text itself does not say. */
export function newsIn<T extends Reading>(reading: T, text: string): T {
  if (!isLong(text)) return reading;
  const unread = new Unread();
  unread.read(text);
  return cutDown(reading, unread.read(reading.text)) ?? reading;
}

/** The reading, or what is new in it; none where nothing is. */
export function cutDown<T extends Reading>(reading: T, { parts }: News): T | undefined {
  if (typeof parts === 'string') return parts === 'all' ? reading : undefined;
  return { ...reading, text: parts.text, originalAt: (offset: number) => reading.originalAt(parts.mapBack(offset)) };
}

function isSame(known: Known | undefined, { units, from, to }: Known): boolean {
  if (known === undefined || known.to - known.from !== to - from) return false;
  for (let at = from, other = known.from; at < to; at += 1, other += 1) if (units[at] !== known.units[other]) return false;
  return true;
}

/** Where the stretch that begins at `start` ends. */
function cutBehind(units: Uint16Array, start: number): number {
  const most = Math.min(units.length, start + STRETCH_UNITS_MAX);
  let word = 0;
  for (let at = start; at < most; at += 1) {
    const unit = units[at] ?? BLANK;
    const isWide = unit >= UNSPACED_FROM;
    if (isWide) word = Math.imul(unit, MIX);
    if (!isWide && unit > BLANK) {
      word = Math.imul(word ^ unit, MIX);
      continue;
    }
    if (word !== 0 && ((word >>> 13) & CUT_MASK) === 0) return at + 1;
    word = 0;
  }
  return most;
}

function hashOf(units: Uint16Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (units[at] ?? 0), PRIME);
  return hash ^ (hash >>> 15);
}

const PRIME = 0x01000193;

function add(excerpts: Excerpt[], from: number, to: number): void {
  const last = excerpts.at(-1);
  if (last !== undefined && from <= last.to) last.to = to;
  else excerpts.push({ from, to });
}

/** The excerpts as one text; none if that is the text itself. */
function excerptsOf(text: string, excerpts: readonly Excerpt[]): Decoded | undefined {
  const splice = new Splice(text);
  let end = 0;
  for (const { from, to } of excerpts) {
    const start = wordAt(text, from);
    if (start > end) splice.replace(end, start, end === 0 ? '' : BETWEEN);
    end = to;
  }
  if (end < text.length) splice.replace(end, text.length, '');
  return splice.finish();
}

/** The beginning of the next word, unless it is far. */
function wordAt(text: string, from: number): number {
  if (from === 0) return 0;
  const blank = text.indexOf(' ', from);
  return blank < 0 || blank > from + WORD_UNITS_MAX ? from : blank + 1;
}
