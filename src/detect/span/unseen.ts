// Characters that are not drawn hide a value from whoever looks for it and from nobody who copies it out. They are taken out of a text before
// anything looks, and put back where they stood: what is found is found with all that stands inside it, and clear text leaves as it came.

/** Default_Ignorable_Code_Point of the basic plane (Unicode Standard, section 5.21), and the lead of the tag block and variation selectors beyond it. */
const RANGES: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xdb40, 0xdb40],
];

export const UNSEEN: readonly number[] = RANGES.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, at) => from + at));

const LEAD = 0xdb40;
const isTail = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;

/**
 * Most of them in a row that are seen through. What waits for its verdict is bounded by it; more of them stand between two letters as any
 * other character does. A flag of tag letters has 14 units.
 */
export const RUN_UNITS_MAX = 64;

/** The text without them, for comparing what was found. */
export const drawn = (text: string): string => text.replace(PATTERN, '');
const PATTERN = new RegExp(
  `[${RANGES.slice(0, -1)
    .map(([from, to]) => `\\u{${from.toString(16)}}-\\u{${to.toString(16)}}`)
    .join('')}\\u{e0000}-\\u{e0fff}]`,
  'gu',
);

interface Mark {
  /** Offset in what is drawn: it stands before that unit. */
  readonly at: number;
  text: string;
}

const NO_MARK: Mark = { at: Infinity, text: '' };
/** Given ones in front beyond which the list is cut, once they are the most of it: cutting sooner would copy a long text again and again. */
const GIVEN_MAX = 1_024;

/** What was taken out of one text and not yet given back. Offsets count the units that were left in, from the beginning of the text. */
export class Unseen {
  readonly #isUnseen: (code: number) => boolean;
  #marks: Mark[] = [];
  /** Those before it were given back. */
  #head = 0;
  #givenUnits = 0;
  #keptUnits = 0;
  #run = 0;
  /** Where the last run ended. */
  #runEnd = -1;
  #isHalf = false;

  constructor(isUnseen: (code: number) => boolean) {
    this.#isUnseen = isUnseen;
  }

  /** Whether the next unit may be the second half of a character of which the first was taken out. */
  get isHalf(): boolean {
    return this.#isHalf;
  }

  /** Units that wait to be given back. */
  get keptUnits(): number {
    return this.#keptUnits;
  }

  /** Units that were given back. */
  get givenUnits(): number {
    return this.#givenUnits;
  }

  /** Takes out of `text`, which stands at `at`, what is not drawn; gives the rest. */
  takeOut(text: string, at: number): string {
    let out = '';
    let from = 0;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      const isOne = this.#isUnseen(code) || (this.#isHalf && isTail(code));
      this.#isHalf = code === LEAD && isOne;
      if (!isOne) continue;
      const place = at + out.length + index - from;
      this.#run = place === this.#runEnd ? this.#run + 1 : 1;
      this.#runEnd = place;
      if (this.#run > RUN_UNITS_MAX) {
        this.#runEnd = place + 1;
        continue;
      }
      out += text.slice(from, index);
      from = index + 1;
      this.#keep(place, text[index] ?? '');
    }
    return out + text.slice(from);
  }

  #keep(at: number, unit: string): void {
    const last = this.#marks.at(-1);
    if (last?.at === at && this.#head < this.#marks.length) last.text += unit;
    else this.#marks.push({ at, text: unit });
    this.#keptUnits += 1;
  }

  /** Units that stand between the two, beside those that are drawn. */
  unitsIn(from: number, to: number): number {
    let units = 0;
    for (let index = this.#head; index < this.#marks.length; index += 1) {
      const { at, text } = this.#marks[index] ?? NO_MARK;
      if (at >= to) break;
      if (at > from) units += text.length;
    }
    return units;
  }

  /** What stands right before `at`. */
  giveBefore(at: number): string {
    let text = '';
    while (this.#nextAt <= at) text += this.#give();
    return text;
  }

  /** What stands from `at` on, as it stood: `text` is what is drawn of it. */
  giveIn(text: string, at: number): string {
    let out = '';
    let from = 0;
    while (this.#nextAt < at + text.length) {
      const place = this.#nextAt - at;
      out += text.slice(from, place) + this.#give();
      from = place;
    }
    return out + text.slice(from);
  }

  /** The same, for whoever does not want it back. */
  skipTo(at: number): void {
    while (this.#nextAt < at) this.#give();
  }

  get #nextAt(): number {
    return this.#marks[this.#head]?.at ?? Infinity;
  }

  #give(): string {
    const { text } = this.#marks[this.#head] ?? NO_MARK;
    this.#head += 1;
    if (this.#head === this.#marks.length || (this.#head > GIVEN_MAX && 2 * this.#head > this.#marks.length)) {
      this.#marks = this.#marks.slice(this.#head);
      this.#head = 0;
    }
    this.#keptUnits -= text.length;
    this.#givenUnits += text.length;
    return text;
  }
}
