// What a learned stage sees of one view: the hashed features of its tokens, and the meanings that the shared scan found in it.
// Meanings are the same in every language that the lexicon knows, so what is learned of one language serves the others.
import type { Origin } from '../../core/types.ts';
import type { Hits } from '../meaning/automaton.ts';
import { TokenReader } from './tokens.ts';

/** Meanings back that a meaning is paired with, and most characters between the two. */
const PAIR_BACK = 6;
const PAIR_REACH = 90;

export class ViewFeatures {
  readonly tokens = new TokenReader();
  /** Hash of each meaning and pair of meanings, and the token in which it ends. */
  meanings = new Uint32Array(1024);
  meaningToken = new Int32Array(1024);
  meaningCount = 0;
  #isFetched = false;
  readonly #hashOf: Uint32Array;

  /** Concepts are known by name: their numbers change with the rules that are loaded. Unions of concepts say nothing new. */
  constructor(conceptIds: ReadonlyMap<string, number>) {
    this.#hashOf = new Uint32Array(conceptIds.size);
    for (const [name, id] of conceptIds) this.#hashOf[id] = name.includes('|') ? 0 : hashOfName(name);
  }

  read(text: string, hits: Hits, origin: Origin): void {
    this.#isFetched = origin === 'retrieved' || origin === 'tool';
    this.tokens.read(text, this.#isFetched);
    this.meaningCount = 0;
    if (this.tokens.count > 0) for (let hit = 0; hit < hits.count; hit += 1) this.#meaning(hits, hit);
  }

  #meaning(hits: Hits, hit: number): void {
    const hash = this.#hashOf[hits.concept[hit] ?? 0] ?? 0;
    if (hash === 0) return;
    const end = hits.end[hit] ?? 0;
    const token = this.#tokenAt(end);
    const from = this.meaningCount;
    this.#put(mix(hash ^ SINGLE), token, from);
    if (this.#isFetched) this.#put(mix(hash ^ FETCHED), token, from);
    for (let back = hit - 1; back >= 0 && hit - back <= PAIR_BACK; back -= 1) {
      const before = this.#hashOf[hits.concept[back] ?? 0] ?? 0;
      if (before === 0 || before === hash) continue;
      if (end - (hits.end[back] ?? 0) >= PAIR_REACH) break;
      this.#put(mix(Math.imul(before, 31) ^ hash ^ PAIR), token, from);
    }
  }

  /** Hits come in the order in which they end, so the search goes on where the last one stopped. */
  #tokenAt(end: number): number {
    const { ends, count } = this.tokens;
    let token = this.meaningCount === 0 ? 0 : (this.meaningToken[this.meaningCount - 1] ?? 0);
    while (token < count - 1 && (ends[token] ?? 0) < end) token += 1;
    return token;
  }

  /** One meaning counts once at one hit. */
  #put(hash: number, token: number, from: number): void {
    for (let at = from; at < this.meaningCount; at += 1) if (this.meanings[at] === hash) return;
    if (this.meaningCount === this.meanings.length) this.#grow();
    this.meanings[this.meaningCount] = hash;
    this.meaningToken[this.meaningCount] = token;
    this.meaningCount += 1;
  }

  #grow(): void {
    const meanings = new Uint32Array(this.meanings.length * 2);
    meanings.set(this.meanings);
    this.meanings = meanings;
    const tokens = new Int32Array(meanings.length);
    tokens.set(this.meaningToken);
    this.meaningToken = tokens;
  }
}

const SINGLE = 0x01234567;
const PAIR = 0x00000777;
const FETCHED = 0x2545f491;

function hashOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash >>> 0 || 1;
}

function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
