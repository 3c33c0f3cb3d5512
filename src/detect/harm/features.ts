// What the judge of harm looks at: hashed words, pairs and triples of words, and runs of letters within words, so that `f*ck` and
// `fucking` are near each other. Linear in the text.

import { classesAt, CLASSES } from './lexicon.ts';
import { wordsOf } from './plain-word.ts';

/** Character entities, addresses of pages and names of accounts, which say nothing. */
const NOISE = /&#?\w{1,8};|https?:\/\/\S*|(?<![\w.])@\w+/gi;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
/** Weight of the classes of words against the words themselves. */
const CLASS_SHARE = 1.6;
/** How many words apart two classes of words still speak of each other. */
const NEAR_WORDS = 4;
/** Words of one piece that are looked at. */
const WORDS_MAX = 400;

const spread = (hash: number): number => {
  const one = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const two = Math.imul(one ^ (one >>> 12), 0x297a2d39);
  return (two ^ (two >>> 15)) >>> 0;
};

const join = (a: number, b: number): number => Math.imul(a ^ (a >>> 13), 0x9e3779b1) ^ b;

function hashOf(text: string, from: number, to: number): number {
  let hash = BASIS;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash;
}

export interface Features {
  /** Bucket numbers, each once. */
  readonly buckets: Uint32Array;
  /** What each counts, so that long texts and short ones weigh the same. */
  readonly value: number;
  /** As the value, for the features of the lexicon alone, which are few and telling. */
  readonly classes: Uint32Array;
  readonly classValue: number;
}

type Tell = (kind: number, hash: number) => void;

/** Classes that follow each other within a few words. Gives how many words of each class there are. */
function tellNeighbours(words: readonly string[], tell: Tell): Uint8Array {
  const counts = new Uint8Array(CLASSES);
  const near: { readonly name: number; readonly at: number }[] = [];
  for (let at = 0; at < words.length; at += 1) {
    for (const name of classesAt(words, at)) {
      counts[name] = Math.min(255, (counts[name] ?? 0) + 1);
      for (let last = near.length - 1; last >= 0; last -= 1) {
        const before = near[last];
        if (before === undefined || at - before.at > NEAR_WORDS) break;
        if (before.at < at) tell(24, before.name * 256 + name);
      }
      near.push({ name, at });
    }
  }
  return counts;
}

/** Which classes there are, which are there together, and which stand side by side. */
function tellClasses(words: readonly string[], tell: Tell): void {
  const counts = tellNeighbours(words, tell);
  for (let one = 0; one < CLASSES; one += 1) {
    const count = counts[one] ?? 0;
    if (count === 0) continue;
    tell(20, one);
    if (count > 1) tell(21, one);
    if (count > 3) tell(22, one);
    for (let other = one + 1; other < CLASSES; other += 1) if ((counts[other] ?? 0) > 0) tell(23, one * 256 + other);
  }
}

/** Features of one piece of text. */
export function featuresOf(text: string, mask: number): Features {
  const words = wordsOf(text.replace(NOISE, ' '), WORDS_MAX);
  const found = new Set<number>();
  const telling = new Set<number>();
  const bucket = (kind: number, hash: number): number => spread(join(hash, Math.imul(kind, 0x85ebca6b))) & mask;
  const put = (kind: number, hash: number): void => void found.add(bucket(kind, hash));
  const tell = (kind: number, hash: number): void => void telling.add(bucket(kind, hash));
  const hashes = words.map((word) => hashOf(word, 0, word.length));
  for (let i = 0; i < words.length; i += 1) {
    const one = hashes[i] ?? 0;
    const two = hashes[i + 1] ?? 7;
    put(1, one);
    put(2, join(one, two));
    put(3, join(join(one, two), hashes[i + 2] ?? 7));
    put(4, join(one, hashes[i + 2] ?? 7));
    const word = `<${words[i] ?? ''}>`;
    for (let size = 3; size <= 5; size += 1) for (let at = 0; at + size <= word.length; at += 1) put(4 + size, hashOf(word, at, at + size));
  }
  tellClasses(words, tell);
  return {
    buckets: Uint32Array.from(found),
    value: 1 / Math.sqrt(Math.max(8, found.size)),
    classes: Uint32Array.from(telling),
    classValue: CLASS_SHARE / Math.sqrt(Math.max(3, telling.size)),
  };
}
