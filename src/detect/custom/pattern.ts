// Reads the pattern of an operator's own type: the part of regular expressions whose matches have a longest length and need no way back.
// What is not in it is refused with a reason, never read as something else.

/** A set of UTF-16 units as sorted, disjoint ranges, both ends inclusive. */
export type Units = readonly (readonly [number, number])[];

export type Node =
  | { readonly kind: 'units'; readonly units: Units }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number };

/** Why a pattern is not taken, in words for whoever wrote it. */
export class PatternError extends Error {}

const PATTERN_UNITS_MAX = 1_000;
const DEPTH_MAX = 32;
export const REPEAT_MAX = 200;
const UNIT_MAX = 0xffff;

const DIGITS: Units = [[0x30, 0x39]];
const WORD: Units = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]; // prettier-ignore
const BLANKS: Units = [
  [0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f],
  [0x3000, 0x3000], [0xfeff, 0xfeff],
]; // prettier-ignore
const LINE_ENDS: Units = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]]; // prettier-ignore

export function unite(units: Units): Units {
  const out: [number, number][] = [];
  for (const [low, high] of units.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else out.push([low, high]);
  }
  return out;
}

export function without(units: Units): Units {
  const out: [number, number][] = [];
  let from = 0;
  for (const [low, high] of unite(units)) {
    if (low > from) out.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= UNIT_MAX) out.push([from, UNIT_MAX]);
  return out;
}

const CLASSES: Readonly<Record<string, Units>> = {
  d: DIGITS, D: without(DIGITS), w: WORD, W: without(WORD), s: BLANKS, S: without(BLANKS),
}; // prettier-ignore
const CONTROLS: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, r: 0x0d, f: 0x0c, v: 0x0b };

const one = (code: number): Units => [[code, code]];

/** Throws `PatternError`. */
export function parsePattern(source: string): Node {
  if (source.length > PATTERN_UNITS_MAX) throw new PatternError(`it is longer than ${PATTERN_UNITS_MAX} characters`);
  const parser = new Parser(source);
  return parser.whole();
}

class Parser {
  readonly #source: string;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
  }

  whole(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) throw new PatternError('there is a `)` too many');
    return node;
  }

  get #unit(): string {
    return this.#source[this.#at] ?? '';
  }

  #choice(): Node {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new PatternError(`its groups are nested deeper than ${DEPTH_MAX}`);
    const options = [this.#sequence()];
    while (this.#unit === '|') {
      this.#at += 1;
      options.push(this.#sequence());
    }
    this.#depth -= 1;
    const [only] = options;
    return options.length === 1 && only !== undefined ? only : { kind: 'choice', options };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    while (this.#unit !== '' && this.#unit !== '|' && this.#unit !== ')') parts.push(this.#repeated(this.#atom()));
    return { kind: 'sequence', parts };
  }

  #atom(): Node {
    const unit = this.#unit;
    this.#at += 1;
    if (unit === '(') return this.#group();
    if (unit === '[') return { kind: 'units', units: this.#set() };
    if (unit === '.') return { kind: 'units', units: without(LINE_ENDS) };
    if (unit === '\\') return this.#whole(this.#escape());
    if (unit === '^' || unit === '$') throw new PatternError(`\`${unit}\` is not read: a type is looked for everywhere in a text`);
    if ('*+?{'.includes(unit)) throw new PatternError(`\`${unit}\` has nothing before it to repeat; write \\${unit} for the character`);
    return this.#whole(one(unit.charCodeAt(0)));
  }

  /** A character beyond U+FFFF is two units, and what follows it counts both. */
  #whole(units: Units): Node {
    const first: Node = { kind: 'units', units };
    const rest = /^(?:[\udc00-\udfff]|\\u[dD][c-fC-F][0-9a-fA-F]{2})/.exec(this.#source.slice(this.#at, this.#at + 6))?.[0];
    if (rest === undefined || !isHigh(units)) return first;
    this.#at += rest.length;
    const low = rest.length === 1 ? rest.charCodeAt(0) : Number.parseInt(rest.slice(2), 16);
    return { kind: 'sequence', parts: [first, { kind: 'units', units: one(low) }] };
  }

  #group(): Node {
    if (this.#unit === '?') {
      if (this.#source[this.#at + 1] !== ':')
        throw new PatternError(
          'groups that look ahead or behind, or have a name, are not read: use (?:…), and `context` for the words nearby',
        );
      this.#at += 2;
    }
    const node = this.#choice();
    if (this.#unit !== ')') throw new PatternError('a `(` is not closed');
    this.#at += 1;
    return node;
  }

  #escape(): Units {
    const unit = this.#unit;
    this.#at += 1;
    const known = CLASSES[unit];
    if (known !== undefined) return known;
    const control = CONTROLS[unit];
    if (control !== undefined) return one(control);
    if (unit === 'x' || unit === 'u') return one(this.#hex(unit === 'x' ? 2 : 4));
    if (unit === 'b' || unit === 'B')
      throw new PatternError('`\\b` is not read: `wholeWords` says whether a match may stand inside a word');
    if (/[0-9k]/.test(unit)) throw new PatternError('references to a group are not read: no automaton can follow them');
    if (unit === '' || /[A-Za-z]/.test(unit)) throw new PatternError(`\`\\${unit}\` is not read`);
    return one(unit.charCodeAt(0));
  }

  #hex(digits: number): number {
    const text = this.#source.slice(this.#at, this.#at + digits);
    if (text.length < digits || /[^0-9a-f]/i.test(text)) throw new PatternError(`an escape needs ${digits} hexadecimal digits`);
    this.#at += digits;
    return Number.parseInt(text, 16);
  }

  #set(): Units {
    const isWithout = this.#unit === '^';
    if (isWithout) this.#at += 1;
    const ranges: Units[number][] = [];
    while (this.#unit !== ']') {
      if (this.#unit === '') throw new PatternError('a `[` is not closed');
      const low = this.#member();
      if (this.#unit === '-' && this.#source[this.#at + 1] !== ']') {
        this.#at += 1;
        ranges.push(rangeOf(low, this.#member()));
      } else ranges.push(...low);
    }
    this.#at += 1;
    if (ranges.length === 0) throw new PatternError('`[]` fits nothing');
    return isWithout ? without(ranges) : unite(ranges);
  }

  #member(): Units {
    const unit = this.#unit;
    if (unit === '') throw new PatternError('a `[` is not closed');
    this.#at += 1;
    const units = unit === '\\' ? this.#escape() : one(unit.charCodeAt(0));
    if (isHigh(units)) throw new PatternError('a character beyond U+FFFF is not read inside `[…]`: write (?:…|…)');
    return units;
  }

  #repeated(node: Node): Node {
    const unit = this.#unit;
    if (unit === '*' || unit === '+') throw new PatternError(unbounded(unit));
    if (unit === '?') return this.#times(node, { min: 0, max: 1 }, 1);
    if (unit !== '{') return node;
    const [text, min = '', comma, max = ''] = /^\{(\d{1,4})(,)?(\d{1,4})?\}/.exec(this.#source.slice(this.#at)) ?? [];
    if (text === undefined) throw new PatternError('a `{` does not begin a count such as {3} or {2,5}; write \\{ for the character');
    if (comma !== undefined && max === '') throw new PatternError(unbounded(text));
    return this.#times(node, { min: Number(min), max: Number(max === '' ? min : max) }, text.length);
  }

  #times(node: Node, { min, max }: { readonly min: number; readonly max: number }, units: number): Node {
    this.#at += units;
    if (max < min || max === 0) throw new PatternError(`the count {${min},${max}} fits nothing`);
    if (max > REPEAT_MAX) throw new PatternError(`a count is at most ${REPEAT_MAX}`);
    if ('*+?{'.includes(this.#unit) && this.#unit !== '')
      throw new PatternError('one repeat right after another is not read: the longest match is taken anyway; put the inner one in (?:…)');
    return { kind: 'repeat', node, min, max };
  }
}

/** The first half of a character beyond U+FFFF. */
const isHigh = (units: Units): boolean => units.length === 1 && units.every(([low, high]) => low === high && (low & 0xfc00) === 0xd800);

const unbounded = (unit: string): string =>
  `\`${unit}\` has no end, and a stream would have to hold an answer for ever; write how many at most, such as {1,20}`;

function rangeOf(low: Units, high: Units): readonly [number, number] {
  const [[from, fromEnd] = [0, -1]] = low;
  const [[to, toEnd] = [0, -1]] = high;
  if (low.length !== 1 || high.length !== 1 || from !== fromEnd || to !== toEnd || to < from)
    throw new PatternError('a range in `[…]` goes from one character to a later one');
  return [from, to];
}
