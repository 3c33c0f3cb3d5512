// Words pulled apart ("i g n o r e", "i-g-n-o-r-e", "ig nore") or run together ("ignoreallrules").
import { segment } from '../segment.ts';
import { Splice } from '../splice.ts';
import type { Decoded } from '../layer.ts';

/** Four or more single letters or digits, each a short gap from the next. */
const SINGLES = /(?<![A-Za-z0-9])[A-Za-z0-9@$!](?:[^A-Za-z0-9@$!\n]{1,4}[A-Za-z0-9@$!](?![A-Za-z0-9])){3,}/g;
const RUN_ON = /[A-Za-z]{16,}/g;
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

export function decodeRunOn(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(RUN_ON)) {
    const words = segment(match[0]);
    if (words !== undefined) splice.replace(match.index, match.index + match[0].length, words);
  }
  return splice.finish();
}

export function decodeFragments(text: string): Decoded | undefined {
  const splice = new Splice(text);
  for (const match of text.matchAll(FRAGMENTS)) {
    const words = segment(match[0].replaceAll(/[^A-Za-z]/g, ''));
    if (words !== undefined) splice.replace(match.index, match.index + match[0].length, words);
  }
  return splice.finish();
}
