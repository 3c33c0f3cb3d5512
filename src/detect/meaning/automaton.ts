// Aho–Corasick automaton (Aho and Corasick, 1975): many phrases, one pass, linear time.
import { unitsOf } from '../normalise/units.ts';
import { Alphabet, BOUNDARY, type Phrase, isWide } from './alphabet.ts';
import { CHECK, EMIT, FAIL, WIDTH, buildTables } from './trie.ts';

/** What a scan found, in the order in which the phrases end. The arrays are reused by the next scan. */
export interface Hits {
  readonly count: number;
  readonly concept: Int32Array;
  /** Offsets into the scanned text, end exclusive. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Number of sentence ends before the hit. */
  readonly sentence: Int32Array;
}

/** Words back that the start of a phrase can be remembered. */
const WORDS_RING = 32;

export class Automaton {
  readonly #alphabet = new Alphabet();
  readonly #table: Int32Array;
  readonly #outputs: Int32Array;
  readonly #wordStart = new Int32Array(WORDS_RING);
  #words = 0;
  #sentence = 0;
  #hits = makeHits(256);
  readonly stateCount: number;

  constructor(phrases: readonly Phrase[]) {
    for (const { isLoose, text } of phrases) {
      if (isLoose && text.charCodeAt(0) < 128) throw new Error('a phrase of ASCII letters cannot begin inside a word');
    }
    const { table, outputs, stateCount } = buildTables(phrases, this.#alphabet);
    this.#table = table;
    this.#outputs = outputs;
    this.stateCount = stateCount;
  }

  get hits(): Hits {
    return this.#hits;
  }

  /** Reads a text once. Words begin at a boundary; the text is taken to stand between boundaries. */
  scan(text: string): Hits {
    const end = text.length;
    const units = unitsOf(text);
    this.#hits.count = 0;
    this.#words = -1;
    this.#sentence = 0;
    let state = next(this.#table, 0, BOUNDARY);
    let isBoundary = true;
    for (let at = 0; at <= end; at += 1) {
      const unit = unitAt(units, at, end);
      const symbol = this.#alphabet.symbolOf(unit);
      if (symbol === BOUNDARY) {
        if (at > 0) this.#noteSentence(unit, units[at - 1] ?? 32);
        if (isBoundary) continue;
        isBoundary = true;
      } else if (isBoundary) {
        isBoundary = false;
        this.#beginWord(at);
      } else if (isWide(unit) !== isWide(units[at - 1] ?? 32)) {
        state = this.#advance(state, BOUNDARY, at);
        this.#beginWord(at);
      }
      state = this.#advance(state, symbol, symbol === BOUNDARY ? at : at + 1);
      // No phrase begins inside a word of ASCII letters: once nothing is open, the rest of it cannot matter.
      if (state === 0 && unit < 128) at = skipLetters(units, at, end);
    }
    return this.#hits;
  }

  /** One step, and what ends there. */
  #advance(from: number, symbol: number, end: number): number {
    const state = next(this.#table, from, symbol);
    const outputs = this.#table[state + EMIT] ?? 0;
    if (outputs !== 0) this.#emit(outputs, end);
    return state;
  }

  #noteSentence(unit: number, before: number): void {
    if (isSentenceEnd(unit, before)) this.#sentence += 1;
  }

  #beginWord(at: number): void {
    this.#words += 1;
    this.#wordStart[this.#words & (WORDS_RING - 1)] = at;
  }

  #emit(outputs: number, at: number): void {
    const table = this.#outputs;
    const count = table[outputs] ?? 0;
    for (let row = outputs + 1; row < outputs + 1 + count * 3; row += 3) {
      const words = table[row + 1] ?? 0;
      const start = words === 0 ? at - (table[row + 2] ?? 0) : (this.#wordStart[(this.#words - words + 1) & (WORDS_RING - 1)] ?? 0);
      this.#hit(table[row] ?? 0, start, at);
    }
  }

  #hit(concept: number, start: number, end: number): void {
    if (this.#hits.count === this.#hits.concept.length) this.#hits = grow(this.#hits);
    const hits = this.#hits;
    hits.concept[hits.count] = concept;
    hits.start[hits.count] = start;
    hits.end[hits.count] = end;
    hits.sentence[hits.count] = this.#sentence;
    hits.count += 1;
  }
}

function next(table: Int32Array, from: number, symbol: number): number {
  let state = from;
  for (;;) {
    const slot = (table[state] ?? 0) + symbol * WIDTH;
    if (table[slot + CHECK] === state) return slot;
    if (state === 0) return 0;
    state = table[state + FAIL] ?? 0;
  }
}

/** The text is followed by a blank that is not there. */
const unitAt = (units: Uint16Array, at: number, end: number): number => (at === end ? 32 : (units[at] ?? 32));

/** The last ASCII letter of the run that begins behind `at`. */
function skipLetters(units: Uint16Array, at: number, end: number): number {
  let last = at;
  while (last + 1 < end) {
    const lower = (units[last + 1] ?? 0) | 32;
    if (lower < 97 || lower > 122) break;
    last += 1;
  }
  return last;
}

interface MutableHits extends Hits {
  count: number;
}

const makeHits = (size: number): MutableHits => ({
  count: 0,
  concept: new Int32Array(size),
  start: new Int32Array(size),
  end: new Int32Array(size),
  sentence: new Int32Array(size),
});

function grow(hits: MutableHits): MutableHits {
  const larger = makeHits(hits.concept.length * 2);
  larger.count = hits.count;
  larger.concept.set(hits.concept);
  larger.start.set(hits.start);
  larger.end.set(hits.end);
  larger.sentence.set(hits.sentence);
  return larger;
}

function isSentenceEnd(unit: number, before: number): boolean {
  if (unit === 32 || unit === 10) return before === 46 || before === 33 || before === 63;
  return before > 127 && (unit === 46 || unit === 33 || unit === 63);
}
