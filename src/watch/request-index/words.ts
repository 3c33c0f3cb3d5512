// Texts that come again and again are kept once, and rows hold their numbers.

/** Callers choose model names: beyond so many distinct texts, the rest share one number. */
export const WORDS_MAX = 65_535;
const OTHERS = '(others)';

export class Words {
  readonly #texts: string[];
  readonly #codes: Map<string, number>;
  readonly #max: number;

  constructor(texts: readonly string[] = [], max = WORDS_MAX) {
    this.#max = max;
    this.#texts = [...texts];
    this.#codes = new Map(texts.map((text, code) => [text, code]));
  }

  get size(): number {
    return this.#texts.length;
  }

  /** Every text by its number. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The number of a text, made where it has none. */
  codeOf(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const isFull = this.#texts.length >= this.#max;
    if (isFull && this.#codes.has(OTHERS)) return this.#codes.get(OTHERS) ?? 0;
    const code = this.#texts.length;
    const added = isFull ? OTHERS : text;
    this.#texts.push(added);
    this.#codes.set(added, code);
    return code;
  }

  /** Undefined for a text that no row holds. */
  find(text: string): number | undefined {
    return this.#codes.get(text);
  }

  textOf(code: number): string {
    return this.#texts[code] ?? OTHERS;
  }
}
