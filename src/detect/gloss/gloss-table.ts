// Word lists of many languages in three flat tables: which languages know a form, and what it means in one of them. Forms are known
// by a hash of 32 bits: of some tens of thousands, one foreign word in a hundred thousand is taken for another, which costs nothing.

/** What an entry says of its form: the whole word or phrase, the beginning of a word, or the first word of a phrase. */
export const FORM = 0;
export const STEM = 1;
export const HEAD = 2;
export type EntryKind = typeof FORM | typeof STEM | typeof HEAD;

export interface GlossManifest {
  readonly format: 'sallyport-glosses';
  /** SHA-256 of the table, hexadecimal. */
  readonly digest: string;
  /** At most 32; the first one is English, whose words say only that a text is English. */
  readonly languages: readonly string[];
  readonly glosses: readonly string[];
}

/** Throws at start, never in a request. */
export function parseGlossManifest(value: unknown): GlossManifest {
  const manifest = value as GlossManifest;
  const isWhole =
    typeof value === 'object' &&
    value !== null &&
    manifest.format === 'sallyport-glosses' &&
    Array.isArray(manifest.languages) &&
    manifest.languages.length <= LANGUAGES_MAX &&
    Array.isArray(manifest.glosses);
  if (!isWhole) throw new Error('glosses.json is no manifest of word lists');
  return manifest;
}

export interface GlossEntry {
  readonly hash: number;
  readonly language: number;
  readonly kind: EntryKind;
  readonly gloss: number;
}

const ENTRY_BYTES = 8;
const LANGUAGES_MAX = 32;
const EMPTY = 0;
/** Slots an entry, at least; memory is dearer than another look. */
const ROOM = 1.25;
const SETS_MAX = 0xffff;
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** One step of the hash of a form (FNV-1a over UTF-16 units); begins with `HASH_START`, ends with `hashEnd`. */
export const HASH_START = BASIS;
export const hashStep = (hash: number, unit: number): number => Math.imul(hash ^ unit, PRIME);

/** Never zero, which marks an empty slot. */
export function hashEnd(hash: number): number {
  const one = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const two = Math.imul(one ^ (one >>> 12), 0x297a2d39);
  return (two ^ (two >>> 15)) >>> 0 || 1;
}

const salted = (hash: number, language: number, kind: EntryKind): number => hashEnd(hash ^ Math.imul(language * 4 + kind + 1, 0x9e3779b1));

export function packEntries(entries: readonly GlossEntry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { hash, language, kind, gloss }] of entries.entries()) {
    view.setUint32(index * ENTRY_BYTES, hash, true);
    view.setUint8(index * ENTRY_BYTES + 4, language);
    view.setUint8(index * ENTRY_BYTES + 5, kind);
    view.setUint16(index * ENTRY_BYTES + 6, gloss, true);
  }
  return bytes;
}

export class GlossTable {
  readonly languages: readonly string[];
  readonly #glosses: readonly string[];
  readonly #mask: number;
  readonly #forms: Uint32Array;
  /** By slot, which of the sets of languages below: there are few different ones. */
  readonly #knownIn: Uint16Array;
  readonly #sets: Uint32Array;
  readonly #keys: Uint32Array;
  readonly #values: Uint16Array;

  /** Throws at start, never in a request; the digest is checked by whoever read the bytes. */
  constructor(manifest: GlossManifest, bytes: Uint8Array) {
    if (bytes.length % ENTRY_BYTES !== 0) throw new Error('the table of word lists ends within an entry');
    this.languages = manifest.languages;
    this.#glosses = manifest.glosses;
    const count = bytes.length / ENTRY_BYTES;
    const slots = 1 << Math.ceil(Math.log2(Math.max(16, count * ROOM)));
    this.#mask = slots - 1;
    this.#forms = new Uint32Array(slots);
    this.#knownIn = new Uint16Array(slots);
    this.#keys = new Uint32Array(slots);
    this.#values = new Uint16Array(slots);
    this.#sets = this.#fill(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), count);
  }

  /** The sets of languages that know a form. */
  #fill(view: DataView, count: number): Uint32Array {
    const known = new Uint32Array(this.#forms.length);
    for (let index = 0; index < count; index += 1) {
      const hash = view.getUint32(index * ENTRY_BYTES, true);
      const language = view.getUint8(index * ENTRY_BYTES + 4);
      const kind = parseKind(view.getUint8(index * ENTRY_BYTES + 5));
      const gloss = view.getUint16(index * ENTRY_BYTES + 6, true);
      if (language >= this.languages.length || gloss >= this.#glosses.length) throw new Error('an entry of the word lists points nowhere');
      if (kind === FORM) {
        const slot = this.#slotOf(this.#forms, hash);
        this.#forms[slot] = hash;
        known[slot] = (known[slot] ?? 0) | (1 << language);
      }
      const key = salted(hash, language, kind);
      const slot = this.#slotOf(this.#keys, key);
      this.#keys[slot] = key;
      this.#values[slot] = gloss;
    }
    const numbers = new Map([[0, 0]]);
    for (const [slot, set] of known.entries()) {
      const number = numbers.get(set) ?? numbers.size;
      if (number > SETS_MAX) throw new Error('the word lists share their forms in too many ways');
      numbers.set(set, number);
      this.#knownIn[slot] = number;
    }
    return Uint32Array.from(numbers.keys());
  }

  #slotOf(table: Uint32Array, key: number): number {
    let slot = key & this.#mask;
    while (table[slot] !== EMPTY && table[slot] !== key) slot = (slot + 1) & this.#mask;
    return slot;
  }

  /** The languages that know a form, a bit each. */
  knownIn(hash: number): number {
    return (this.#sets[this.#knownIn[this.#slotOf(this.#forms, hash)] ?? 0] ?? 0) | 0;
  }

  /** What a form means in a language; undefined where it is not known, '' where it says nothing. */
  glossOf(hash: number, language: number, kind: EntryKind): string | undefined {
    const key = salted(hash, language, kind);
    const slot = this.#slotOf(this.#keys, key);
    return this.#keys[slot] === key ? this.#glosses[this.#values[slot] ?? 0] : undefined;
  }
}

function parseKind(kind: number): EntryKind {
  if (kind === FORM || kind === STEM || kind === HEAD) return kind;
  throw new Error('an entry of the word lists is of no known kind');
}
