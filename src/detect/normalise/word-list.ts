// Many words in one array of letters, and how far others are from them. A list of as many strings or small arrays would take ten times
// the memory.
/** Letters that a word has at most; a longer one is near to none. */
export const LETTERS_MAX = 22;
/** More than any two words are told apart by. */
export const FAR = 3;

const ROW = LETTERS_MAX + 2;
const rows = new Uint8Array(ROW * ROW);
const SMALL_A = 97;

export interface Range {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/** The letters that stand in a range, one bit each. */
export function lettersIn(letters: Uint16Array | Uint8Array, { from, to }: Range): number {
  let bits = 0;
  for (let at = from; at < to; at += 1) bits |= 1 << ((letters[at] ?? SMALL_A) - SMALL_A);
  return bits;
}

function bitsOf(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Words of lower-case ASCII letters, by number. */
export class WordList {
  readonly letters: Buffer;
  /** Where each begins; one more, where the last ends. */
  readonly #starts: Uint32Array;
  readonly #bits: Int32Array;
  readonly count: number;

  constructor(words: readonly string[]) {
    this.count = words.length;
    this.letters = Buffer.alloc(words.reduce((sum, { length }) => sum + length, 0));
    this.#starts = new Uint32Array(words.length + 1);
    this.#bits = new Int32Array(words.length);
    let at = 0;
    for (const [index, word] of words.entries()) {
      for (let letter = 0; letter < word.length; letter += 1) this.letters[at++] = word.charCodeAt(letter);
      this.#starts[index + 1] = at;
      this.#bits[index] = lettersIn(this.letters, this.rangeOf(index));
    }
  }

  rangeOf(word: number): Range {
    return { from: this.#startOf(word), to: this.#startOf(word + 1) };
  }

  lengthOf(word: number): number {
    return this.#startOf(word + 1) - this.#startOf(word);
  }

  textOf(word: number): string {
    return this.letters.toString('latin1', this.#startOf(word), this.#startOf(word + 1));
  }

  beginsWith(word: number, letter: number | undefined): boolean {
    return this.letters[this.#startOf(word)] === letter;
  }

  isSame(word: number, letters: Uint16Array, { from, to }: Range): boolean {
    const start = this.#startOf(word);
    if (to - from !== this.lengthOf(word)) return false;
    for (let at = from; at < to; at += 1) if (letters[at] !== this.letters[start + at - from]) return false;
    return true;
  }

  /** 0, 1, or `FAR` for more slips: what is left between equal beginnings and equal ends is one letter or none, or two exchanged. */
  slipsUpToOne(word: number, letters: Uint16Array, { from, to }: Range): number {
    let start = this.#startOf(word);
    let end = this.#startOf(word + 1);
    let first = from;
    let last = to;
    while (first < last && start < end && letters[first] === this.letters[start]) {
      first += 1;
      start += 1;
    }
    while (first < last && start < end && letters[last - 1] === this.letters[end - 1]) {
      last -= 1;
      end -= 1;
    }
    const [mine, other] = [last - first, end - start];
    if (mine + other === 0) return 0;
    if (mine <= 1 && other <= 1) return 1;
    const isExchanged =
      mine === 2 && other === 2 && letters[first] === this.letters[start + 1] && letters[first + 1] === this.letters[start];
    return isExchanged ? 1 : FAR;
  }

  /** Same letters in another order, to be asked of words of one slip. */
  isAnagram(word: number, letters: Uint16Array, { from, to }: Range): boolean {
    const start = this.#startOf(word);
    if (to - from !== this.lengthOf(word)) return false;
    let sum = 0;
    for (let at = from; at < to; at += 1) sum += (letters[at] ?? 0) - (this.letters[start + at - from] ?? 0);
    return sum === 0;
  }

  /** Whether two slips could explain the letters that stand here: each changes two of them at most. */
  mayBeNear(word: number, length: number, bits: number): boolean {
    return Math.abs(length - this.lengthOf(word)) <= 2 && bitsOf(bits ^ (this.#bits[word] ?? 0)) <= 4;
  }

  /** Slips between two words: a letter too many, too few, another one, or two exchanged (Damerau 1964, optimal string alignment). */
  slips(word: number, letters: Uint16Array, { from, to }: Range): number {
    const start = this.#startOf(word);
    const [length, width] = [to - from, this.lengthOf(word)];
    const spelled = this.letters;
    if (Math.abs(length - width) > 2 || width > LETTERS_MAX) return FAR;
    for (let column = 0; column <= width; column += 1) rows[column] = column;
    for (let row = 1; row <= length; row += 1) {
      rows[row * ROW] = row;
      for (let column = 1; column <= width; column += 1) {
        const isSame = letters[from + row - 1] === spelled[start + column - 1];
        const at = row * ROW + column;
        let least = Math.min((rows[at - ROW] ?? 0) + 1, (rows[at - 1] ?? 0) + 1, (rows[at - ROW - 1] ?? 0) + (isSame ? 0 : 1));
        const isExchanged =
          row > 1 &&
          column > 1 &&
          letters[from + row - 1] === spelled[start + column - 2] &&
          letters[from + row - 2] === spelled[start + column - 1];
        if (isExchanged) least = Math.min(least, (rows[at - 2 * ROW - 2] ?? 0) + 1);
        rows[at] = least;
      }
    }
    return rows[length * ROW + width] ?? FAR;
  }

  /** Letters that both have in the same order, at most. */
  common(word: number, letters: Uint16Array, { from, to }: Range): number {
    const start = this.#startOf(word);
    const [length, width] = [to - from, this.lengthOf(word)];
    for (let column = 0; column <= width; column += 1) rows[column] = 0;
    for (let row = 1; row <= length; row += 1) {
      rows[row * ROW] = 0;
      for (let column = 1; column <= width; column += 1) {
        const at = row * ROW + column;
        const isSame = letters[from + row - 1] === this.letters[start + column - 1];
        rows[at] = isSame ? (rows[at - ROW - 1] ?? 0) + 1 : Math.max(rows[at - ROW] ?? 0, rows[at - 1] ?? 0);
      }
    }
    return rows[length * ROW + width] ?? 0;
  }

  #startOf(word: number): number {
    return this.#starts[word] ?? 0;
  }
}
