// Readings that turn the whole text: ROT13 and reversed. Of a long text only those lines are turned that become English by it, unless most do.
import type { Decoded } from '../layer.ts';
import { identity } from '../layer.ts';
import { textOfUnits, unitsOf } from '../units.ts';
import { isLong } from '../unread.ts';
import { HASH_START, hashOn, wordIndex } from '../wanted.ts';

const ROT13 = new Uint16Array(128).map((_, unit) => {
  if (unit >= 97 && unit <= 122) return 97 + ((unit - 97 + 13) % 26);
  if (unit >= 65 && unit <= 90) return 65 + ((unit - 65 + 13) % 26);
  return unit;
});
const LINE_END = 10;
const BLANK = 32;
/** A line without an end is cut at a blank from here on. */
const LINE_UNITS = 300;
const LINE_UNITS_MAX = 400;
/** Words of so many letters count, and so many and so large a share of them must be English. */
const WORD_MIN = 3;
const ENGLISH_MIN = 2;
const ENGLISH_SHARE = 0.5;
/** From this share of the text on, all of it is turned. */
const WHOLE_SHARE = 0.5;

interface Line {
  readonly from: number;
  readonly to: number;
}

export function decodeRot13(text: string): Decoded | undefined {
  const units = unitsOf(text).slice(0, text.length);
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    if (unit < 128) units[at] = ROT13[unit] ?? unit;
  }
  const lines = isLong(text) ? englishLines(units) : undefined;
  if (lines === undefined) return { text: textOfUnits(units), mapBack: identity };
  return joined(lines, { turned: (line) => textOfUnits(units.slice(line.from, line.to)), isFalling: false });
}

/** Back to front by UTF-16 unit: surrogate pairs fall apart, which costs nothing because only words are looked for. */
export function decodeReversed(text: string): Decoded | undefined {
  const units = unitsOf(text).slice(0, text.length).toReversed();
  const last = text.length;
  const lines = isLong(text) ? englishLines(units) : undefined;
  if (lines === undefined) return { text: textOfUnits(units), mapBack: (offset) => Math.max(0, Math.min(last, last - offset)) };
  const inSource = lines.map(({ from, to }) => ({ from: last - to, to: last - from }));
  return joined(inSource, { turned: ({ from, to }) => textOfUnits(units.slice(last - to, last - from)), isFalling: true });
}

/** The lines that are English; none of them where so many are that the whole text is meant. */
function englishLines(units: Uint16Array): readonly Line[] | undefined {
  const lines: Line[] = [];
  let sum = 0;
  for (let from = 0; from < units.length;) {
    const to = lineEnd(units, from);
    if (isEnglish(units, from, to)) {
      lines.push({ from, to });
      sum += to - from;
    }
    from = to;
  }
  return sum > units.length * WHOLE_SHARE ? undefined : lines;
}

function lineEnd(units: Uint16Array, from: number): number {
  const most = Math.min(units.length, from + LINE_UNITS_MAX);
  for (let at = from; at < most; at += 1) if (units[at] === LINE_END || (units[at] === BLANK && at - from >= LINE_UNITS)) return at + 1;
  return most;
}

function isEnglish(units: Uint16Array, from: number, to: number): boolean {
  const index = wordIndex();
  let words = 0;
  let known = 0;
  for (let at = from; at < to; at += 1) {
    let hash = HASH_START;
    const start = at;
    for (; at < to && isLetter(units[at] ?? 0); at += 1) hash = hashOn(hash, (units[at] ?? 0) | 32);
    if (at - start < WORD_MIN) continue;
    words += 1;
    if (index.isKnownHash(hash) && !index.isForeignHash(hash)) known += 1;
  }
  return known >= ENGLISH_MIN && known >= words * ENGLISH_SHARE;
}

const isLetter = (unit: number): boolean => (unit | 32) >= 97 && (unit | 32) <= 122 && unit < 128;

function joined(
  lines: readonly Line[],
  { turned, isFalling }: { readonly turned: (line: Line) => string; readonly isFalling: boolean },
): Decoded | undefined {
  if (lines.length === 0) return undefined;
  const starts: number[] = [];
  let text = '';
  for (const line of lines) {
    starts.push(text.length);
    text += `${turned(line)}\n`;
  }
  const mapBack = (offset: number): number => {
    const index = Math.max(
      0,
      starts.findLastIndex((start) => start <= offset),
    );
    const { from, to } = lines[index] ?? { from: 0, to: 0 };
    const step = Math.min(Math.max(0, offset - (starts[index] ?? 0)), to - from);
    return isFalling ? to - step : from + step;
  };
  return { text, mapBack };
}
