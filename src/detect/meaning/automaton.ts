// Aho–Corasick automaton (Aho and Corasick, 1975) over a double-array trie (Aoe, 1989): many phrases, one pass, linear time.
// It reads symbols, not characters: everything that is neither letter nor digit is one boundary, however long.

import { ok as assert } from 'node:assert/strict';

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
  /** Flat rows of concept, words, units. */
  outputs: number[];
}

const makeNode = (): Node => ({ next: new Map(), fail: undefined, slot: 0, outputs: [] });

export class Automaton {
  /** Symbol of each UTF-16 unit. */
  readonly #symbol = new Uint16Array(0x10000).fill(UNMET);
  #symbols = 2;
  #base: Int32Array = new Int32Array(0);
  #check: Int32Array = new Int32Array(0);
  #fail: Int32Array = new Int32Array(0);
  /** Where a state's outputs begin in `#outputs`; 0 = none. */
  #emitAt: Int32Array = new Int32Array(0);
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
    const symbols = this.#symbol;
    const emitAt = this.#emitAt;
    const end = text.length;
    this.#hits.count = 0;
    this.#words = -1;
    this.#sentence = 0;
    let state = this.#step(0, BOUNDARY);
    let isBoundary = true;
    for (let at = 0; at <= end; at += 1) {
      const unit = at === end ? 32 : text.charCodeAt(at);
      let symbol = symbols[unit] ?? STRANGER;
      if (symbol === UNMET) symbol = this.#meet(unit);
      if (symbol === BOUNDARY) {
        if (isSentenceEnd(text, unit, at)) this.#sentence += 1;
        if (isBoundary) continue;
        isBoundary = true;
      } else if (isBoundary) {
        isBoundary = false;
        this.#words += 1;
        this.#wordStart[this.#words & (WORDS_RING - 1)] = at;
      }
      state = this.#step(state, symbol);
      const outputs = emitAt[state] ?? 0;
      if (outputs !== 0) this.#emit(outputs, symbol === BOUNDARY ? at : at + 1);
    }
    return this.#hits;
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

  #step(from: number, symbol: number): number {
    const base = this.#base;
    const check = this.#check;
    let state = from;
    for (;;) {
      const slot = (base[state] ?? 0) + symbol;
      if (check[slot] === state) return slot;
      if (state === 0) return 0;
      state = this.#fail[state] ?? 0;
    }
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
    const symbols: number[] = phrase.isLoose ? [] : [BOUNDARY];
    for (let at = 0; at < phrase.text.length; at += 1) {
      const unit = phrase.text.charCodeAt(at);
      const met = this.#symbol[unit] ?? STRANGER;
      const known = met === UNMET ? this.#meet(unit) : met;
      const symbol = known === STRANGER ? this.#symbols : known;
      if (known === STRANGER) {
        this.#symbol[unit] = symbol;
        this.#symbols += 1;
      }
      if (symbol !== BOUNDARY || symbols.at(-1) !== BOUNDARY) symbols.push(symbol);
    }
    if (!phrase.isPrefix && !phrase.isLoose && symbols.at(-1) !== BOUNDARY) symbols.push(BOUNDARY);
    return symbols;
  }

  /** Places every node's children in the double array: the child by symbol s of state t stands at base[t] + s. */
  #layOut(order: readonly Node[]): void {
    const base = new Int32Array(order.length * 3 + this.#symbols * 8);
    // One alphabet of padding, so that a state without children looks up only empty slots.
    const padding = base.length - this.#symbols;
    const check = new Int32Array(base.length).fill(NO_STATE);
    check[0] = base.length;
    let free = 1;
    for (const node of order) {
      while (check[free] !== NO_STATE) free += 1;
      const found = node.next.size === 0 ? padding : findBase(check, [...node.next.keys()], free);
      assert(found + this.#symbols <= base.length, 'the double array is too small for its phrases');
      base[node.slot] = found;
      for (const [symbol, child] of node.next) {
        child.slot = found + symbol;
        check[child.slot] = node.slot;
      }
    }
    this.#base = base;
    this.#check = check;
    this.#fillTables(order, base.length);
  }

  #fillTables(order: readonly Node[], size: number): void {
    const outputs: number[] = [0];
    this.#fail = new Int32Array(size);
    this.#emitAt = new Int32Array(size);
    for (const node of order) {
      this.#fail[node.slot] = node.fail?.slot ?? 0;
      if (node.outputs.length === 0) continue;
      this.#emitAt[node.slot] = outputs.length;
      outputs.push(node.outputs.length / 3, ...node.outputs);
    }
    this.#outputs = Int32Array.from(outputs);
  }
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

function findBase(check: Int32Array, symbols: readonly number[], free: number): number {
  const lowest = Math.min(...symbols);
  for (let slot = free; ; slot += 1) {
    const base = slot - lowest;
    if (base > 0 && symbols.every((symbol) => check[base + symbol] === NO_STATE)) return base;
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

function isSentenceEnd(text: string, unit: number, at: number): boolean {
  if (unit === 32 || unit === 10) {
    const before = text.charCodeAt(at - 1);
    return before === 46 || before === 33 || before === 63;
  }
  return (unit === 46 || unit === 33 || unit === 63) && text.charCodeAt(at - 1) > 127;
}
