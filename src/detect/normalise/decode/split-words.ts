// Words pulled apart ("i g n o r e", "i-g-n-o-r-e", "ig nore") or run together ("ignoreallrules").
import { characterSet, runsOf } from '../runs.ts';
import { segment } from '../segment.ts';
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';
import { HASH_START, hashOn, wordIndex } from '../wanted.ts';

/** Four or more single letters or digits, each a short gap from the next. */
const SINGLES = /(?<![A-Za-z0-9])[A-Za-z0-9@$!](?:[^A-Za-z0-9@$!\n]{1,4}[A-Za-z0-9@$!](?![A-Za-z0-9])){3,}/g;
const LETTERS = characterSet('A-Za-z');
const RUN_ON_MIN = 16;
const FRAGMENTS = /(?<![A-Za-z])[A-Za-z]{1,5}(?:[ .,_*-][A-Za-z]{1,5}(?![A-Za-z])){3,}/g;
const HAS_LETTERS = /[A-Za-z].*[A-Za-z]/s;

export function decodeSplitWords(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(SINGLES)) {
    if (HAS_LETTERS.test(match[0])) splice.replace(match.index, match.index + match[0].length, joinSingles(match[0]));
  }
  return splice.finish();
}

/** The usual gap joins letters; a wider one, or a blank among dots, ends a word. Without such gaps the vocabulary cuts words. */
function joinSingles(run: string): string {
  const gaps = run.match(/[^A-Za-z0-9@$!]+/g) ?? [];
  const usual = mostCommon(gaps);
  if (gaps.every((gap) => gap === usual)) return cut(run.replaceAll(/[^A-Za-z0-9@$!]+/g, ''));
  return run.replaceAll(/[^A-Za-z0-9@$!]+/g, (gap) => (gap === usual ? '' : gap.length > usual.length ? ' ' : gap));
}

function mostCommon(gaps: readonly string[]): string {
  const count = new Map<string, number>();
  let best = gaps[0] ?? '';
  for (const gap of gaps) {
    const seen = (count.get(gap) ?? 0) + 1;
    count.set(gap, seen);
    if (seen > (count.get(best) ?? 0)) best = gap;
  }
  return best;
}

function cut(joined: string): string {
  return joined.length < 8 ? joined : (segment(joined) ?? joined);
}

/** Only what ran together, cut into words: the rest of the text is read in the other views. */
export function decodeRunOn(text: string): Decoded | undefined {
  const splice = new Splice(text);
  let read = 0;
  for (const { start, end } of runsOf(text, LETTERS, RUN_ON_MIN)) {
    const run = text.slice(start, end);
    const words = run.length < HUMPED_MIN && HUMP.test(run) ? undefined : segment(run);
    if (words === undefined) continue;
    splice.replace(read, start, '\n');
    splice.replace(start, end, words);
    read = end;
  }
  if (read === 0) return undefined;
  splice.replace(read, text.length, '\n');
  return splice.finish();
}

/** Names in code run words together with humps; only long ones are worth reading. */
const HUMP = /[a-z][A-Z]/;
const HUMPED_MIN = 28;

export function decodeFragments(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(FRAGMENTS)) {
    if (areWords(match[0])) continue;
    const words = segment(match[0].replaceAll(/[^A-Za-z]/g, ''));
    if (words !== undefined) splice.replace(match.index, match.index + match[0].length, words);
  }
  return splice.finish();
}

/** Most pieces are words as they stand: "it is not for you" was never cut. */
function areWords(run: string): boolean {
  const index = wordIndex();
  const pieces = run.toLowerCase().match(/[a-z]+/g) ?? [];
  const known = pieces.filter((piece) => {
    let hash = HASH_START;
    for (let at = 0; at < piece.length; at += 1) hash = hashOn(hash, piece.charCodeAt(at));
    return index.isKnownHash(hash);
  });
  return known.length > pieces.length * WORDS_SHARE;
}

const WORDS_SHARE = 0.6;
