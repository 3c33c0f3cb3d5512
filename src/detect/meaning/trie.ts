// Builds the tables of the automaton: a trie in linked lists, failure links breadth first, then a double array (Aoe, 1989).
import { ok as assert } from 'node:assert/strict';
import type { Alphabet, Phrase } from './alphabet.ts';

/** Columns of a state's row; the first is the base. States are numbered in steps of the row's width. */
export const CHECK = 1;
export const FAIL = 2;
export const EMIT = 3;
export const WIDTH = 4;

const NONE = -1;
const ROOT = 0;

export interface Tables {
  /** Base, check, failure link and place in `outputs` of each state, in one row, so that one cache line holds what a step needs. */
  readonly table: Int32Array;
  /** At the place that a state names: the number of rows, then rows of concept, words, units. */
  readonly outputs: Int32Array;
  readonly stateCount: number;
}

export function buildTables(phrases: readonly Phrase[], alphabet: Alphabet): Tables {
  const trie = new Trie(phrases.reduce((sum, { text }) => sum + text.length + 3, 1));
  for (const phrase of phrases) trie.insert(alphabet.spell(phrase), phrase);
  trie.link();
  return trie.layOut(alphabet.size);
}

class Trie {
  readonly #symbol: Int32Array;
  readonly #parent: Int32Array;
  readonly #child: Int32Array;
  readonly #sibling: Int32Array;
  readonly #fail: Int32Array;
  readonly #outputs = new Map<number, number[]>();
  readonly #order: Int32Array;
  #count = 1;

  constructor(sizeMax: number) {
    this.#symbol = new Int32Array(sizeMax);
    this.#parent = new Int32Array(sizeMax);
    this.#child = new Int32Array(sizeMax).fill(NONE);
    this.#sibling = new Int32Array(sizeMax).fill(NONE);
    this.#fail = new Int32Array(sizeMax);
    this.#order = new Int32Array(sizeMax);
  }

  insert(symbols: readonly number[], phrase: Phrase): void {
    let node = ROOT;
    for (const symbol of symbols) {
      const next = this.#find(node, symbol);
      node = next === NONE ? this.#add(node, symbol) : next;
    }
    const words = phrase.isLoose ? 0 : phrase.text.trim().split(/\s+/).length;
    const outputs = this.#outputs.get(node) ?? [];
    for (const concept of phrase.concepts) outputs.push(concept, words, phrase.text.length);
    this.#outputs.set(node, outputs);
  }

  /** Breadth first; every node inherits the outputs of its failure node, so that scanning never walks the chain for them. */
  link(): void {
    let end = 1;
    for (let index = 0; index < end; index += 1) {
      const node = this.#order[index] ?? ROOT;
      for (let child = this.#child[node] ?? NONE; child !== NONE; child = this.#sibling[child] ?? NONE) {
        this.#order[end] = child;
        end += 1;
        const fail = node === ROOT ? ROOT : this.#failOf(node, this.#symbol[child] ?? 0);
        this.#fail[child] = fail;
        const inherited = this.#outputs.get(fail);
        if (inherited !== undefined) this.#outputs.set(child, [...(this.#outputs.get(child) ?? []), ...inherited]);
      }
    }
  }

  /** Places every node's children in the double array: the child by symbol s of state t stands at base[t] + s. */
  layOut(symbols: number): Tables {
    const room = this.#count * 3 + symbols * 8;
    const owner = new Int32Array(room).fill(NONE);
    const slot = new Int32Array(this.#count);
    const base = new Int32Array(this.#count).fill(NONE);
    owner[ROOT] = room;
    let end = symbols;
    const places = new Places(owner);
    for (let index = 0; index < this.#count; index += 1) {
      const node = this.#order[index] ?? ROOT;
      const children = this.#childrenOf(node);
      if (children.length === 0) continue;
      const found = places.find(children.map((child) => this.#symbol[child] ?? 0));
      assert(found + symbols <= room, 'the double array is too small for its phrases');
      base[node] = found;
      end = Math.max(end, found + symbols);
      for (const child of children) {
        slot[child] = found + (this.#symbol[child] ?? 0);
        owner[slot[child] ?? 0] = node;
      }
    }
    // One alphabet of padding, so that a state without children looks up only empty slots.
    for (let node = 0; node < this.#count; node += 1) if (base[node] === NONE) base[node] = end;
    return this.#tables({ slots: end + symbols, slot, base });
  }

  #tables({ slots, slot, base }: { readonly slots: number; readonly slot: Int32Array; readonly base: Int32Array }): Tables {
    const table = new Int32Array(slots * WIDTH);
    for (let row = CHECK; row < table.length; row += WIDTH) table[row] = NONE;
    const outputs: number[] = [0];
    for (let node = 0; node < this.#count; node += 1) {
      const row = (slot[node] ?? 0) * WIDTH;
      table[row] = (base[node] ?? 0) * WIDTH;
      table[row + CHECK] = node === ROOT ? NONE : (slot[this.#parent[node] ?? 0] ?? 0) * WIDTH;
      table[row + FAIL] = (slot[this.#fail[node] ?? 0] ?? 0) * WIDTH;
      const own = this.#outputs.get(node);
      if (own === undefined) continue;
      table[row + EMIT] = outputs.length;
      outputs.push(own.length / 3, ...own);
    }
    return { table, outputs: Int32Array.from(outputs), stateCount: this.#count };
  }

  #find(node: number, symbol: number): number {
    let child = this.#child[node] ?? NONE;
    while (child !== NONE && this.#symbol[child] !== symbol) child = this.#sibling[child] ?? NONE;
    return child;
  }

  #add(parent: number, symbol: number): number {
    const node = this.#count;
    this.#count += 1;
    this.#symbol[node] = symbol;
    this.#parent[node] = parent;
    this.#sibling[node] = this.#child[parent] ?? NONE;
    this.#child[parent] = node;
    return node;
  }

  #failOf(parent: number, symbol: number): number {
    for (let node = parent; node !== ROOT;) {
      node = this.#fail[node] ?? ROOT;
      const next = this.#find(node, symbol);
      if (next !== NONE) return next;
    }
    return ROOT;
  }

  #childrenOf(node: number): number[] {
    const children: number[] = [];
    for (let child = this.#child[node] ?? NONE; child !== NONE; child = this.#sibling[child] ?? NONE) children.push(child);
    return children;
  }
}

/** Finds room in the double array. Large families are not looked for among the crumbs that small ones left. */
class Places {
  readonly #owner: Int32Array;
  #free = 1;
  #freeForMany = 1;

  constructor(owner: Int32Array) {
    this.#owner = owner;
  }

  /** The lowest base at which every symbol's slot is empty. */
  find(symbols: readonly number[]): number {
    const lowest = Math.min(...symbols);
    while (this.#owner[this.#free] !== NONE) this.#free += 1;
    let slot = symbols.length === 1 ? this.#free : Math.max(this.#free, this.#freeForMany);
    const first = slot;
    while (slot <= lowest || !symbols.every((symbol) => this.#owner[slot - lowest + symbol] === NONE)) slot += 1;
    if (symbols.length > 1 && slot - first > CRUMBS_MAX) this.#freeForMany = slot - CRUMBS_MAX;
    return slot - lowest;
  }
}

const CRUMBS_MAX = 128;
