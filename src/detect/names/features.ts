// What the tagger of names looks at: for each token, numbers (hashes) of its letters, its shape, its neighbours, the lists it is in.
import type { Gazetteer } from './gazetteer.ts';
import { TOKEN_NUMBER, TOKEN_SIGN, type Tokens } from './tokens.ts';

/** Features of one token. */
export const FEATURES = 34;

const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;

const spread = (hash: number): number => {
  const one = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const two = Math.imul(one ^ (one >>> 12), 0x297a2d39);
  return (two ^ (two >>> 15)) >>> 0;
};

const join = (a: number, b: number): number => Math.imul(a ^ (a >>> 13), 0x9e3779b1) ^ b;

export function hashOf(text: string): number {
  let hash = BASIS;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), PRIME);
  return hash;
}

/** Hashes of each token, with two places of air on either side. */
interface Atoms {
  readonly word: Int32Array;
  readonly shape: Int32Array;
  readonly prefix: Int32Array;
  readonly suffix2: Int32Array;
  readonly suffix3: Int32Array;
  readonly suffix4: Int32Array;
  readonly lists: Int32Array;
  /** The first word of the line, where a colon follows it: `Name:`. */
  readonly label: Int32Array;
}

const AIR = 3;

/** Numbers stand for all numbers of as many digits; years for years. */
function numberWord(text: string): string {
  if (text.length === 4 && (text.startsWith('19') || text.startsWith('20'))) return '#year';
  return `#${Math.min(text.length, 9)}`;
}

function shapeOf(text: string): number {
  const first = text[0] ?? '';
  const isUpper = first !== first.toLowerCase();
  const rest = text.slice(1);
  const isRestLower = rest === rest.toLowerCase();
  const isRestUpper = rest === rest.toUpperCase();
  const size = text.length === 1 ? 1 : text.length < 4 ? 2 : 3;
  const kind = isUpper ? (text.length === 1 ? 1 : isRestLower ? 2 : isRestUpper ? 3 : 4) : isRestLower ? 5 : 6;
  return kind * 8 + size;
}

function atomsOf(text: string, tokens: Tokens, gazetteer: Gazetteer): Atoms {
  const size = tokens.size + 2 * AIR;
  const make = (): Int32Array => new Int32Array(size);
  const atoms = {
    word: make(),
    shape: make(),
    prefix: make(),
    suffix2: make(),
    suffix3: make(),
    suffix4: make(),
    lists: make(),
    label: make(),
  };
  for (let i = 0; i < tokens.size; i += 1) {
    const k = i + AIR;
    const raw = text.slice(tokens.starts[i], tokens.ends[i]);
    const kind = tokens.kinds[i];
    const gap = tokens.gaps[i] ?? 0;
    if (kind === TOKEN_SIGN) {
      atoms.word[k] = hashOf(raw);
      atoms.shape[k] = join(raw.charCodeAt(0) + 1000, gap);
      continue;
    }
    const lower = kind === TOKEN_NUMBER ? numberWord(raw) : raw.toLowerCase();
    atoms.word[k] = hashOf(lower);
    atoms.shape[k] = join(kind === TOKEN_NUMBER ? 100 + Math.min(raw.length, 9) : shapeOf(raw), gap);
    atoms.prefix[k] = hashOf(lower.slice(0, 3));
    atoms.suffix2[k] = hashOf(lower.slice(-2));
    atoms.suffix3[k] = hashOf(lower.slice(-3));
    atoms.suffix4[k] = hashOf(lower.slice(-4));
  }
  gazetteer.mark(text, tokens, (i, bits) => (atoms.lists[i + AIR] = (atoms.lists[i + AIR] ?? 0) | bits));
  labelLines(text, tokens, atoms);
  return atoms;
}

const LABEL_TOKENS_MAX = 4;

function labelLines(text: string, tokens: Tokens, atoms: Atoms): void {
  let label = 0;
  let begun = 0;
  for (let i = 0; i < tokens.size; i += 1) {
    if ((tokens.gaps[i] ?? 0) >= 2) {
      // A value may stand on the line below its label.
      const isBelow = text[(tokens.ends[i - 1] ?? 0) - 1] === ':';
      if (!isBelow) label = 0;
      begun = i;
    }
    atoms.label[i + AIR] = label;
    if (i > begun && i - begun <= LABEL_TOKENS_MAX && text[tokens.starts[i] ?? 0] === ':') label = atoms.word[i + AIR - 1] ?? 0;
  }
}

/** Writes `FEATURES` bucket numbers for each token, one token after the other. */
export function featuresOf(text: string, tokens: Tokens, options: { readonly gazetteer: Gazetteer; readonly mask: number }): Uint32Array {
  const { word, shape, prefix, suffix2, suffix3, suffix4, lists, label } = atomsOf(text, tokens, options.gazetteer);
  const out = new Uint32Array(tokens.size * FEATURES);
  const { mask } = options;
  let at = 0;
  let kind = 0;
  const put = (hash: number): void => {
    kind += 1;
    out[at++] = spread(join(hash, Math.imul(kind, 0x85ebca6b))) & mask;
  };
  const of = (list: Int32Array, k: number): number => list[k] ?? 0;
  for (let i = 0; i < tokens.size; i += 1) {
    const k = i + AIR;
    kind = 0;
    const w = of(word, k);
    const s = of(shape, k);
    const l = of(lists, k);
    const before = of(word, k - 1);
    const after = of(word, k + 1);
    put(0);
    put(w);
    put(before);
    put(after);
    put(of(word, k - 2));
    put(of(word, k + 2));
    put(join(before, w));
    put(join(w, after));
    put(join(before, s));
    put(join(s, after));
    put(s);
    put(join(of(shape, k - 1), s));
    put(join(s, of(shape, k + 1)));
    put(join(join(of(shape, k - 1), s), of(shape, k + 1)));
    put(join(of(suffix2, k), s));
    put(of(suffix3, k));
    put(of(suffix4, k));
    put(of(prefix, k));
    put(join(l, s));
    put(join(of(lists, k - 1), l));
    put(join(l, of(lists, k + 1)));
    put(join(join(l, s), before));
    put(join(join(of(word, k - 2), before), s));
    put(join(join(after, of(word, k + 2)), s));
    put(join(join(of(shape, k - 2), of(shape, k - 1)), s));
    put(join(join(s, of(shape, k + 1)), of(shape, k + 2)));
    put(join(of(word, k - 3), s));
    put(join(of(word, k + 3), s));
    put(join(of(label, k), s));
    put(join(of(label, k), of(shape, k - 1)));
    put(join(join(of(lists, k - 1), l), of(lists, k + 1)));
    put(join(join(l, s), after));
    put(join(of(suffix3, k - 1), of(suffix3, k)));
    put(join(join(of(shape, k - 1), s), join(of(shape, k + 1), of(shape, k + 2))));
  }
  return out;
}
