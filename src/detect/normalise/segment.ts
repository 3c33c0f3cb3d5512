// Cuts letters that run together into words of a small vocabulary (a shortest path over word costs).
import vocabulary from './vocabulary.json' with { type: 'json' };

const WORD_UNITS_MAX = 16;
const UNKNOWN_COST = 9;
/** Share of letters that must fall into words of three letters and more, or the cut is noise. */
const WORDY_SHARE = 0.5;

interface Entry {
  readonly word: string;
  readonly cost: number;
}

/** Keyed with every l as i, because un-leeted text cannot tell them apart. The more common word wins. */
const ENTRIES: ReadonlyMap<string, Entry> = new Map(
  vocabulary.words
    .split(' ')
    .map((word, rank) => [shapeOf(word), { word, cost: Math.log(rank + 10) - 0.5 }] as const)
    .toReversed(),
);

function shapeOf(word: string): string {
  return word.replaceAll('l', 'i');
}

/** Letters judged at a time: one wordy part is enough, however much noise stands around it. */
const PART_UNITS = 400;

/** The words, blank-separated, or nothing if no part of the text is words. Cost: 16 look-ups a letter. */
export function segment(letters: string): string | undefined {
  if (letters.length <= PART_UNITS) return segmentPart(letters);
  const parts: string[] = [];
  let hasWords = false;
  for (let at = 0; at < letters.length; at += PART_UNITS) {
    const part = letters.slice(at, at + PART_UNITS);
    const words = segmentPart(part);
    hasWords ||= words !== undefined;
    parts.push(words ?? part);
  }
  return hasWords ? parts.join(' ') : undefined;
}

function segmentPart(letters: string): string | undefined {
  const text = shapeOf(letters.toLowerCase());
  const cost = new Float64Array(text.length + 1).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(text.length + 1);
  cost[0] = 0;
  for (let end = 1; end <= text.length; end += 1) {
    for (let start = Math.max(0, end - WORD_UNITS_MAX); start < end; start += 1) {
      const word = end - start === 1 ? undefined : ENTRIES.get(text.slice(start, end))?.cost;
      const step = (cost[start] ?? 0) + (word ?? (end - start === 1 ? singleCost(text, start) : Number.POSITIVE_INFINITY));
      if (step < (cost[end] ?? 0)) {
        cost[end] = step;
        from[end] = start;
      }
    }
  }
  const words = wordsOf(letters.toLowerCase(), text, from);
  const wordy = words.reduce((sum, word) => sum + (word.length > 2 && ENTRIES.has(shapeOf(word)) ? word.length : 0), 0);
  return wordy >= text.length * WORDY_SHARE ? words.join(' ') : undefined;
}

const singleCost = (text: string, at: number): number => (ENTRIES.get(text.charAt(at))?.cost ?? UNKNOWN_COST - 2) + 2;

function wordsOf(letters: string, text: string, from: Int32Array): string[] {
  const words: string[] = [];
  for (let end = text.length; end > 0; end = from[end] ?? 0) {
    const start = from[end] ?? 0;
    words.push(ENTRIES.get(text.slice(start, end))?.word ?? letters.slice(start, end));
  }
  return words.toReversed();
}
