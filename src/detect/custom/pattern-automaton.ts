// A pattern as a deterministic automaton: one step a unit, never back. All states are made when the pattern is read, so that no text
// can make it slow or large (subset construction, Rabin and Scott 1959).
import { PatternError, unite, type Node, type Units } from './pattern.ts';

/** Longest match, in UTF-16 units: what a stream may have to hold. */
export const MATCH_UNITS_MAX = 128;
const PLACES_MAX = 4_000;
const STATES_MAX = 2_000;
const CLASSES_MAX = 255;

export interface PatternAutomaton {
  readonly unitsMax: number;
  /** Whether a match can begin with this unit. */
  canBegin(code: number): boolean;
  /**
   * Reads from `from` on. `ends`: where matches end, the longest last; `isOpen`: whether more text could make a longer one.
   */
  read(text: string, from: number): { readonly ends: readonly number[]; readonly isOpen: boolean; readonly steps: number };
}

/** A place in the pattern; from it one unit leads to the next, or nothing does. */
interface Place {
  units: Units | undefined;
  readonly next: number[];
}

class Places {
  readonly all: Place[] = [];

  add(units?: Units): number {
    if (this.all.length >= PLACES_MAX) throw new PatternError('it is too large: use fewer or smaller counts');
    this.all.push({ units, next: [] });
    return this.all.length - 1;
  }

  link(from: number, to: number): void {
    this.all[from]?.next.push(to);
  }
}

interface Part {
  readonly first: number;
  readonly last: number;
}

function build(places: Places, node: Node, isCaseless: boolean): Part {
  if (node.kind === 'units') {
    const first = places.add(isCaseless ? bothCases(node.units) : node.units);
    const last = places.add();
    places.link(first, last);
    return { first, last };
  }
  if (node.kind === 'choice') return buildChoice(places, node.options, isCaseless);
  const first = places.add();
  let last = first;
  const then = (part: Part): void => {
    places.link(last, part.first);
    last = part.last;
  };
  if (node.kind === 'sequence') {
    for (const part of node.parts) then(build(places, part, isCaseless));
    return { first, last };
  }
  for (let count = 0; count < node.min; count += 1) then(build(places, node.node, isCaseless));
  const end = places.add();
  for (let count = node.min; count < node.max; count += 1) {
    places.link(last, end);
    then(build(places, node.node, isCaseless));
  }
  places.link(last, end);
  return { first, last: end };
}

function buildChoice(places: Places, options: readonly Node[], isCaseless: boolean): Part {
  const first = places.add();
  const last = places.add();
  for (const option of options) {
    const part = build(places, option, isCaseless);
    places.link(first, part.first);
    places.link(part.last, last);
  }
  return { first, last };
}

/** ASCII and Latin letters in both cases; a class of more than a thousand units is none of letters that somebody listed. */
function bothCases(units: Units): Units {
  const size = units.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  if (size > 1_000) return units;
  const more: [number, number][] = [];
  for (const [low, high] of units) {
    for (let code = low; code <= high; code += 1) {
      const unit = String.fromCharCode(code);
      for (const other of [unit.toLowerCase(), unit.toUpperCase()])
        if (other.length === 1) more.push([other.charCodeAt(0), other.charCodeAt(0)]);
    }
  }
  return unite([...units, ...more]);
}

/** Longest match. Counts are bounded, so there is one. */
export function longest(node: Node): number {
  if (node.kind === 'units') return 1;
  if (node.kind === 'sequence') return node.parts.reduce((sum, part) => sum + longest(part), 0);
  if (node.kind === 'choice') return Math.max(...node.options.map(longest));
  return node.max * longest(node.node);
}

/** Every unit of one class is in the same sets. */
function classesOf(places: readonly Place[]): readonly number[] {
  const edges = new Set<number>([0]);
  for (const { units } of places) {
    for (const [low, high] of units ?? []) {
      edges.add(low);
      edges.add(high + 1);
    }
  }
  return [...edges].sort((a, b) => a - b);
}

const has = (units: Units, code: number): boolean => units.some(([low, high]) => low <= code && code <= high);

/** Places that are reached without reading a unit. */
function closure(places: readonly Place[], from: readonly number[]): readonly number[] {
  const seen = new Set(from);
  const open = [...from];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const found = places[place];
    if (found === undefined || found.units !== undefined) continue;
    for (const next of found.next) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return [...seen].sort((a, b) => a - b);
}

interface Table {
  /** The next state at `state * width + class`; 0 is dead. */
  readonly next: Uint16Array;
  readonly accepts: readonly boolean[];
  readonly edges: readonly number[];
}

function determine(places: readonly Place[], { first, last }: Part): Table {
  const edges = classesOf(places);
  if (edges.length > CLASSES_MAX) throw new PatternError('it tells too many kinds of characters apart');
  const start = closure(places, [first]);
  const known = new Map([['', 0], [start.join(), 1]]); // prettier-ignore
  const states: (readonly number[])[] = [[], start];
  const rows: number[][] = [edges.map(() => 0)];
  for (let at = 1; at < states.length; at += 1) {
    rows.push(
      edges.map((code) => {
        const reached = (states[at] ?? []).flatMap((place) => {
          const found = places[place];
          return found?.units !== undefined && has(found.units, code) ? found.next : [];
        });
        const set = closure(places, [...new Set(reached)]);
        const name = set.join();
        let state = known.get(name);
        if (state === undefined) {
          state = states.length;
          if (state >= STATES_MAX)
            throw new PatternError('it needs too many states: make its parts easier to tell apart, or its counts smaller');
          known.set(name, state);
          states.push(set);
        }
        return state;
      }),
    );
  }
  return { next: Uint16Array.from(rows.flat()), accepts: states.map((set) => set.includes(last)), edges };
}

/** Throws `PatternError` for what is too long or too large. */
export function compilePattern(node: Node, isCaseless: boolean): PatternAutomaton {
  const unitsMax = longest(node);
  if (unitsMax > MATCH_UNITS_MAX)
    throw new PatternError(`it fits ${unitsMax} characters; a stream holds what could be a match, ${MATCH_UNITS_MAX} at most`);
  const places = new Places();
  const { next, accepts, edges } = determine(places.all, build(places, node, isCaseless));
  if (accepts[1] === true) throw new PatternError('it fits nothing at all, and so everywhere: at least one character has to be there');
  const width = edges.length;
  const ascii = Uint8Array.from({ length: 128 }, (_, code) => classOf(edges, code));
  const step = (state: number, code: number): number => next[state * width + (code < 128 ? (ascii[code] ?? 0) : classOf(edges, code))] ?? 0;
  return {
    unitsMax,
    canBegin: (code) => step(1, code) !== 0,
    read(text, from) {
      const ends: number[] = [];
      let state = 1;
      for (let at = from; at < text.length; at += 1) {
        state = step(state, text.charCodeAt(at));
        if (state === 0) return { ends, isOpen: false, steps: at - from + 1 };
        if (accepts[state] === true) ends.push(at + 1);
      }
      return { ends, isOpen: true, steps: text.length - from };
    },
  };
}

function classOf(edges: readonly number[], code: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((edges[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  return low;
}
