// What the automaton reads: symbols, not characters. Everything that is neither letter nor digit is one boundary, however long.

/** Symbol of any run of characters that are neither letters nor digits. */
export const BOUNDARY = 0;
/** Symbol of letters that no phrase uses. */
const STRANGER = 1;
/** A unit not met so far; told apart on first sight. */
const UNMET = 0xffff;

const LETTER = /^[\p{L}\p{N}\p{M}]$/u;

/** East Asian scripts: a Latin word needs no blank beside them. */
export const isWide = (unit: number): boolean => unit >= 0x2e80;

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

export class Alphabet {
  readonly #symbol = new Uint16Array(0x10000).fill(UNMET);
  #size = 2;

  get size(): number {
    return this.#size;
  }

  /** Everything outside ASCII that is a letter, a digit or a mark counts as part of a word: the normaliser has folded the rest. */
  symbolOf(unit: number): number {
    const known = this.#symbol[unit] ?? STRANGER;
    if (known !== UNMET) return known;
    const symbol = LETTER.test(String.fromCharCode(unit)) ? STRANGER : BOUNDARY;
    this.#symbol[unit] = symbol;
    return symbol;
  }

  /** The symbols of a phrase, boundaries included; gives a symbol to every letter that had none. */
  spell({ text, isLoose, isPrefix }: Phrase): number[] {
    const symbols: number[] = isLoose ? [] : [BOUNDARY];
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      const symbol = this.#learn(unit);
      if (at > 0 && symbol !== BOUNDARY && isWide(unit) !== isWide(text.charCodeAt(at - 1))) pushBoundary(symbols);
      if (symbol === BOUNDARY) pushBoundary(symbols);
      else symbols.push(symbol);
    }
    if (!isPrefix && !isLoose) pushBoundary(symbols);
    return symbols;
  }

  #learn(unit: number): number {
    const known = this.symbolOf(unit);
    if (known !== STRANGER) return known;
    this.#symbol[unit] = this.#size;
    this.#size += 1;
    return this.#size - 1;
  }
}

function pushBoundary(symbols: number[]): void {
  if (symbols.at(-1) !== BOUNDARY) symbols.push(BOUNDARY);
}
