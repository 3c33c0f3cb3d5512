// A judge that reads one text along, sentence by sentence, and says how much of it is judged. Unlike a span detector it judges what
// stretches mean; what it finds may therefore overlap everything, and hides nothing that others find inside.
import type { Finding } from '../core/types.ts';

/** Pure: its findings are a function of the text alone, however that is cut into parts. */
export interface TextWatch {
  /**
   * Takes the next part of the text. Offsets of findings are absolute; none begins before what `clearTo` was. It never waits for
   * more than `SENTENCE_UNITS_MAX` units where the direction is output.
   */
  read(part: string, isFinal: boolean): readonly Finding[];
  /** Everything before this offset is judged. */
  readonly clearTo: number;
}

/** What must not be let out is judged no later than this many units after it was read. */
export const SENTENCE_UNITS_MAX = 200;
/** A shorter one is judged with the next: it says too little by itself. */
const SENTENCE_UNITS_MIN = 24;

const isBlank = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xa0 || code === 0x3000;
const isStop = (code: number): boolean => code === 0x2e || code === 0x21 || code === 0x3f || code === 0x2026;
/** Full stops that no blank follows: 。！？ */
const isWideStop = (code: number): boolean => code === 0x3002 || code === 0xff01 || code === 0xff1f;

/**
 * Where the sentence that begins at `from` ends, with the blank after it; -1 while that is not known. It depends on the text up to that end
 * alone, so that a text is always cut in the same way. A longer one than `SENTENCE_UNITS_MAX` is cut at its last blank.
 */
export function sentenceEnd(text: string, from: number, isFinal: boolean): number {
  const limit = from + SENTENCE_UNITS_MAX;
  const known = Math.min(text.length, limit);
  for (let at = from + SENTENCE_UNITS_MIN; at < known; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || isWideStop(code)) return at + 1;
    if (isBlank(code) && isStop(text.charCodeAt(at - 1)) && !isShortened(text, at - 1)) return at + 1;
  }
  if (text.length >= limit) return lastBlank(text, from + SENTENCE_UNITS_MIN, limit);
  return isFinal ? text.length : -1;
}

/** `Dr.`, `J.`, `No.`: a word of up to three letters, the first of them large, ends nothing. */
function isShortened(text: string, stop: number): boolean {
  if (text.charCodeAt(stop) !== 0x2e) return false;
  for (let at = stop - 1; at >= stop - 4; at -= 1) if (isBlank(text.charCodeAt(at))) return /^\p{Lu}/u.test(text.slice(at + 1, stop));
  return false;
}

function lastBlank(text: string, least: number, limit: number): number {
  for (let at = limit - 1; at >= least; at -= 1) if (isBlank(text.charCodeAt(at))) return at + 1;
  // Not between the halves of a character.
  const isHalf = (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800;
  return isHalf ? limit - 1 : limit;
}
