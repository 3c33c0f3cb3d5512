// Aho–Corasick automaton (Aho and Corasick, 1975) over a double-array trie (Aoe, 1989): many phrases, one pass, linear time.
// It reads symbols, not characters: everything that is neither letter nor digit is one boundary, however long.

import { ok as assert } from 'node:assert/strict';
import { unitsOf } from '../normalise/units.ts';

/** Symbol of any run of characters that are neither letters nor digits. */
export const BOUNDARY = 0;
/** Symbol of letters that no phrase uses. */
const STRANGER = 1;
/** A unit not met so far; told apart on first sight. */
const UNMET = 0xffff;
const NO_STATE = -1;

export interface Phrase {
  /** Normalised text. */
  readonly text: string;
  /** Whether the phrase may begin inside a word, as in scripts without blanks. */
  readonly isLoose: boolean;
  /** Whether more letters may follow the last word. */
  readonly isPrefix: boolean;
  /** What the phrase stands for. */
  readonly concepts: readonly number[];
}

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

const LETTER = /^[\p{L}\p{N}\p{M}]$/u;
const WORDS_RING = 32;

interface Node {
  readonly next: Map<number, Node>;
  fail: Node | undefined;
  slot: number;
  base: number;
  /** Flat rows of concept, words, units. */
  outputs: number[];
}

const makeNode = (): Node => ({ next: new Map(), fail: undefined, slot: 0, base: 0, outputs: [] });

export class Automaton {
  /** Symbol of each UTF-16 unit. */
  readonly #symbol = new Uint16Array(0x10000).fill(UNMET);
  #symbols = 2;
  /** Four numbers a state, so that one cache line holds what a step needs; states are numbered in steps of four. */
  #table: Int32Array = new Int32Array(0);
  #outputs: Int32Array = new Int32Array(0);
  readonly #wordStart = new Int32Array(WORDS_RING);
  #words = 0;
  #sentence = 0;
  #hits = makeHits(256);
  readonly stateCount: number;

  constructor(phrases: readonly Phrase[]) {
    const root = makeNode();
    for (const phrase of phrases) this.#insert(root, phrase);
    const order = linkFailures(root);
    this.stateCount = order.length;
    this.#layOut(order);
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
      const symbol = this.#symbolOf(unit);
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

  #symbolOf(unit: number): number {
    const symbol = this.#symbol[unit] ?? STRANGER;
    return symbol === UNMET ? this.#meet(unit) : symbol;
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

  /** Everything outside ASCII that is a letter, a digit or a mark counts as part of a word: the normaliser has folded the rest. */
  #meet(unit: number): number {
    const symbol = LETTER.test(String.fromCharCode(unit)) ? STRANGER : BOUNDARY;
    this.#symbol[unit] = symbol;
    return symbol;
  }

  #insert(root: Node, phrase: Phrase): void {
    const symbols = this.#symbolsOf(phrase);
    let node = root;
    for (const symbol of symbols) {
      let next = node.next.get(symbol);
      if (next === undefined) {
        next = makeNode();
        node.next.set(symbol, next);
      }
      node = next;
    }
    const words = phrase.isLoose ? 0 : phrase.text.trim().split(/\s+/).length;
    for (const concept of phrase.concepts) node.outputs.push(concept, words, phrase.text.length);
  }

  #symbolsOf(phrase: Phrase): number[] {
    assert(!phrase.isLoose || phrase.text.charCodeAt(0) > 127, 'a phrase of ASCII letters cannot begin inside a word');
    const symbols: number[] = phrase.isLoose ? [] : [BOUNDARY];
    for (let at = 0; at < phrase.text.length; at += 1) {
      const unit = phrase.text.charCodeAt(at);
      const known = this.#symbolOf(unit);
      const symbol = known === STRANGER ? this.#symbols : known;
      if (known === STRANGER) {
        this.#symbol[unit] = symbol;
        this.#symbols += 1;
      }
      if (at > 0 && symbol !== BOUNDARY && isWide(unit) !== isWide(phrase.text.charCodeAt(at - 1))) pushBoundary(symbols);
      if (symbol === BOUNDARY) pushBoundary(symbols);
      else symbols.push(symbol);
    }
    if (!phrase.isPrefix && !phrase.isLoose) pushBoundary(symbols);
    return symbols;
  }

  /** Places every node's children in the double array: the child by symbol s of state t stands at base[t] + s. */
  #layOut(order: readonly Node[]): void {
    const slots = order.length * 3 + this.#symbols * 8;
    // One alphabet of padding, so that a state without children looks up only empty slots.
    const padding = slots - this.#symbols;
    const owner = new Int32Array(slots).fill(NO_STATE);
    owner[0] = slots;
    let free = 1;
    for (const node of order) {
      while (owner[free] !== NO_STATE) free += 1;
      node.base = node.next.size === 0 ? padding : findBase(owner, [...node.next.keys()], free);
      assert(node.base + this.#symbols <= slots, 'the double array is too small for its phrases');
      for (const [symbol, child] of node.next) {
        child.slot = node.base + symbol;
        owner[child.slot] = node.slot;
      }
    }
    this.#fillTable(order, owner);
  }

  #fillTable(order: readonly Node[], owner: Int32Array): void {
    const outputs: number[] = [0];
    const table = new Int32Array(owner.length * WIDTH);
    for (const [slot, parent] of owner.entries()) table[slot * WIDTH + CHECK] = parent === NO_STATE ? NO_STATE : parent * WIDTH;
    for (const node of order) {
      const row = node.slot * WIDTH;
      table[row] = node.base * WIDTH;
      table[row + FAIL] = (node.fail?.slot ?? 0) * WIDTH;
      if (node.outputs.length === 0) continue;
      table[row + EMIT] = outputs.length;
      outputs.push(node.outputs.length / 3, ...node.outputs);
    }
    this.#table = table;
    this.#outputs = Int32Array.from(outputs);
  }
}

/** Columns of a state's row; the first is the base. */
const CHECK = 1;
const FAIL = 2;
const EMIT = 3;
const WIDTH = 4;

function next(table: Int32Array, from: number, symbol: number): number {
  let state = from;
  for (;;) {
    const slot = (table[state] ?? 0) + symbol * WIDTH;
    if (table[slot + CHECK] === state) return slot;
    if (state === 0) return 0;
    state = table[state + FAIL] ?? 0;
  }
}

/** East Asian scripts: a Latin word needs no blank beside them. */
const isWide = (unit: number): boolean => unit >= 0x2e80;

function pushBoundary(symbols: number[]): void {
  if (symbols.at(-1) !== BOUNDARY) symbols.push(BOUNDARY);
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

/** Breadth first; every node inherits the outputs of its failure node, so that scanning never walks the chain for them. */
function linkFailures(root: Node): Node[] {
  const order: Node[] = [root];
  for (let index = 0; index < order.length; index += 1) {
    const node = order[index] ?? root;
    for (const [symbol, child] of node.next) {
      child.fail = node === root ? root : failureOf(root, node, symbol);
      child.outputs.push(...child.fail.outputs);
      order.push(child);
    }
  }
  return order;
}

function failureOf(root: Node, parent: Node, symbol: number): Node {
  for (let node = parent.fail; node !== undefined; node = node.fail) {
    const next = node.next.get(symbol);
    if (next !== undefined) return next;
  }
  return root;
}

function findBase(owner: Int32Array, symbols: readonly number[], free: number): number {
  const lowest = Math.min(...symbols);
  for (let slot = free; ; slot += 1) {
    const base = slot - lowest;
    if (base > 0 && symbols.every((symbol) => owner[base + symbol] === NO_STATE)) return base;
  }
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
