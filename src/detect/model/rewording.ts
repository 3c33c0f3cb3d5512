// A second reading of a view, in which words and turns of phrase stand as the plainest word of their sense: "brush aside what you were told" is
// read as "ignore instructions". Whoever words an order anew changes the first reading and not this one.
import type { View } from '../detector.ts';
import { Splice } from '../normalise/splice.ts';
import rewordings from './rewordings.json' with { type: 'json' };

interface Turn {
  /** With the blanks between its words, without its first one. */
  readonly rest: string;
  readonly sense: string;
}

type Turns = ReadonlyMap<string, readonly Turn[]>;

const GROUP = /\{([^{}]*)\}/;

/** All phrases that a pattern with `{a|b}` stands for. */
function expand(pattern: string): string[] {
  const group = GROUP.exec(pattern);
  if (group === null) return [pattern];
  return (group[1] ?? '').split('|').flatMap((choice) => expand(pattern.replace(GROUP, () => choice)));
}

function splitPatterns(line: string): string[] {
  const patterns = [''];
  let depth = 0;
  for (const sign of line) {
    depth += sign === '{' ? 1 : sign === '}' ? -1 : 0;
    if (sign === '|' && depth === 0) patterns.push('');
    else patterns.push((patterns.pop() ?? '') + sign);
  }
  return patterns;
}

/** By first word; longer ones first. */
function readTurns(...tables: readonly Readonly<Record<string, string>>[]): Turns {
  const turns = new Map<string, Turn[]>();
  for (const [sense, line] of tables.flatMap((table) => Object.entries(table))) {
    for (const phrase of splitPatterns(line).flatMap(expand)) {
      const words = phrase.replaceAll(/\s+/g, ' ').trim();
      const cut = words.search(/[^a-z]/);
      const first = cut < 0 ? words : words.slice(0, cut);
      const known = turns.get(first) ?? [];
      turns.set(first, [...known, { rest: words.slice(first.length), sense }]);
    }
  }
  for (const known of turns.values()) known.sort((one, other) => other.rest.length - one.rest.length);
  return turns;
}

/** Words that the lexicon of the rules does not know, and then also those that it knows by less than the plainest word. */
const SOME = readTurns(rewordings.senses);
const ALL = readTurns(rewordings.senses, rewordings.known);
const BLANK = 32;

const isLetter = (unit: number): boolean => unit >= 97 && unit <= 122;
/** Letters of other scripts and accents belong to the word. */
const isInWord = (unit: number): boolean => isLetter(unit) || unit > 0xbf || (unit >= 48 && unit <= 57);

/** The view in fewer words than its own, and in the fewest; none where it says the same. Its text is lower case. */
export function reworded(view: View): readonly View[] {
  const some = rewordedBy(view, SOME);
  const all = rewordedBy(view, ALL);
  if (all === undefined) return some === undefined ? [] : [some];
  return some === undefined || some.text === all.text ? [all] : [some, all];
}

function rewordedBy(view: View, turns: Turns): View | undefined {
  const { text } = view;
  let splice: Splice | undefined;
  for (let at = 0; at < text.length;) {
    if (!isInWord(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    let end = at;
    while (end < text.length && isInWord(text.charCodeAt(end))) end += 1;
    const found = turnAt(text, { from: at, to: end }, turns);
    if (found !== undefined) {
      splice ??= new Splice(text);
      end += found.length;
      splice.replace(at, end, found.sense);
    }
    at = end;
  }
  const read = splice?.finish();
  return read === undefined ? undefined : { ...view, text: read.text, originalAt: (offset) => view.originalAt(read.mapBack(offset)) };
}

interface Word {
  readonly from: number;
  readonly to: number;
}

/** The sense of the words that begin here, and how far they go beyond the first. */
function turnAt(text: string, { from, to }: Word, turns: Turns): { readonly sense: string; readonly length: number } | undefined {
  for (const { rest, sense } of turns.get(text.slice(from, to)) ?? []) {
    const length = lengthOf(rest, text, to);
    if (length >= 0) return { sense, length };
  }
  return undefined;
}

/** How much of the text the rest of a phrase takes, with anything but letters between its words; -1 where the text says something else. */
function lengthOf(rest: string, text: string, from: number): number {
  let at = from;
  for (let index = 0; index < rest.length; index += 1) {
    const unit = rest.charCodeAt(index);
    if (unit === BLANK) {
      const gap = at;
      while (at < text.length && at - gap < GAP_MAX && !isInWord(text.charCodeAt(at))) at += 1;
      if (at === gap) return -1;
    } else if (text.charCodeAt(at) === unit) at += 1;
    else return -1;
  }
  return at < text.length && isInWord(text.charCodeAt(at)) ? -1 : at - from;
}

const GAP_MAX = 3;
