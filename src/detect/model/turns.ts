// Words and turns of phrase in one tree of letters, each with the sense that it has: a text is followed from a word's beginning, and the
// longest turn that stands there is told. A list by first word took seven times the memory, and thousands of comparisons for "what".
const GROUP = /\{([^{}]*)\}/;
const BLANK = 32;
/** Units between two words of a turn, at most. */
const GAP_MAX = 3;
const ROOT = 0;

const isLetter = (unit: number): boolean => unit >= 97 && unit <= 122;
/** Letters of other scripts and accents belong to the word. */
export const isInWord = (unit: number): boolean => isLetter(unit) || unit > 0xbf || (unit >= 48 && unit <= 57);

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

interface Phrase {
  readonly text: string;
  readonly sense: string;
}

const phrasesOf = (table: Readonly<Record<string, string>>): readonly Phrase[] =>
  Object.entries(table).flatMap(([sense, line]) =>
    splitPatterns(line)
      .flatMap(expand)
      .map((phrase) => ({ text: phrase.replaceAll(/\s+/g, ' ').trim(), sense })),
  );

export interface Turn {
  readonly sense: string;
  /** How far the phrase goes beyond its first word. */
  readonly length: number;
}

/** Where a text is read, and the longest phrase so far. */
interface Search {
  readonly text: string;
  readonly limit: number;
  /** Letters of the phrase, and its number. */
  depth: number;
  phrase: number;
  end: number;
}

export class Turns {
  readonly #sign: Uint16Array;
  readonly #child: Uint16Array;
  readonly #sibling: Uint16Array;
  /** Number of the phrase that ends here, plus one. */
  readonly #phrase: Uint16Array;
  readonly #senses: readonly string[];
  readonly #senseOf: Uint8Array;
  /** How many phrases the first table has. */
  readonly #someCount: number;
  #count = 1;

  /** Of a phrase that both tables name, the sense of the first holds. */
  constructor(some: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>) {
    const first = phrasesOf(some);
    const phrases = [...first, ...phrasesOf(more)];
    this.#someCount = first.length;
    this.#senses = [...new Set(phrases.map(({ sense }) => sense))];
    this.#senseOf = Uint8Array.from(phrases, ({ sense }) => this.#senses.indexOf(sense));
    const sizeMax = phrases.reduce((sum, { text }) => sum + text.length, 1);
    const rows = [0, 1, 2, 3].map(() => new Uint16Array(Math.min(sizeMax, 0xffff)));
    const [sign = new Uint16Array(), child = sign, sibling = sign, phrase = sign] = rows;
    [this.#sign, this.#child, this.#sibling, this.#phrase] = [sign, child, sibling, phrase];
    for (const [number, { text }] of phrases.entries()) this.#insert(text, number);
    // Room for what the phrases turned out to have in common is given back.
    [this.#sign, this.#child, this.#sibling, this.#phrase] = [
      sign.slice(0, this.#count),
      child.slice(0, this.#count),
      sibling.slice(0, this.#count),
      phrase.slice(0, this.#count),
    ];
  }

  /** The longest turn that begins with the word from `from` to `to`; of the first table alone unless `hasMore`. */
  at(text: string, { from, to }: { readonly from: number; readonly to: number }, hasMore: boolean): Turn | undefined {
    let node = ROOT;
    for (let at = from; at < to; at += 1) {
      const unit = text.charCodeAt(at);
      node = isLetter(unit) ? this.#find(node, unit) : ROOT;
      if (node === ROOT) return undefined;
    }
    const search: Search = { text, limit: hasMore ? this.#senseOf.length : this.#someCount, depth: -1, phrase: 0, end: to };
    this.#follow(node, { at: to, depth: 0 }, search);
    return search.depth < 0 ? undefined : { sense: this.#senses[this.#senseOf[search.phrase] ?? 0] ?? '', length: search.end - to };
  }

  #follow(node: number, { at, depth }: { readonly at: number; readonly depth: number }, search: Search): void {
    const { text } = search;
    const isOver = at >= text.length || !isInWord(text.charCodeAt(at));
    if (isOver) this.#note(node, { at, depth }, search);
    for (let child = this.#child[node] ?? ROOT; child !== ROOT; child = this.#sibling[child] ?? ROOT) {
      const next = this.#sign[child] === BLANK ? gapEnd(text, at) : text.charCodeAt(at) === this.#sign[child] ? at + 1 : at;
      if (next > at) this.#follow(child, { at: next, depth: depth + 1 }, search);
    }
  }

  /** Longer ones first, and of as long ones the one that was named first. */
  #note(node: number, { at, depth }: { readonly at: number; readonly depth: number }, search: Search): void {
    const phrase = (this.#phrase[node] ?? 0) - 1;
    if (phrase < 0 || phrase >= search.limit) return;
    if (depth < search.depth || (depth === search.depth && phrase > search.phrase)) return;
    search.depth = depth;
    search.phrase = phrase;
    search.end = at;
  }

  #insert(text: string, number: number): void {
    let node = ROOT;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const next = this.#find(node, unit);
      node = next === ROOT ? this.#add(node, unit) : next;
    }
    if (this.#phrase[node] === 0) this.#phrase[node] = number + 1;
  }

  #find(node: number, unit: number): number {
    let child = this.#child[node] ?? ROOT;
    while (child !== ROOT && this.#sign[child] !== unit) child = this.#sibling[child] ?? ROOT;
    return child;
  }

  #add(parent: number, unit: number): number {
    const node = this.#count;
    if (node >= this.#sign.length) throw new Error('more turns of phrase than nodes of 16 bits can tell');
    this.#count += 1;
    this.#sign[node] = unit;
    this.#sibling[node] = this.#child[parent] ?? ROOT;
    this.#child[parent] = node;
    return node;
  }
}

/** Behind up to three signs that are in no word. */
function gapEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < GAP_MAX && !isInWord(text.charCodeAt(at))) at += 1;
  return at;
}
