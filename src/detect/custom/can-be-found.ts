// Refuses a type that no text could ever hold: a check digit that its pattern never has, a word nearby that is longer than nearby is.
import type { CustomType } from './custom-detector.ts';
import type { CheckName, WeightedCheck } from './number-checks.ts';
import { PatternError, type Node, type Units } from './pattern.ts';

/** Throws `PatternError` with what cannot be, in words for whoever wrote it. */
export function assertCanBeFound({ check, context }: Pick<CustomType, 'check' | 'context'>, node: Node): void {
  const far = context?.words.find((word) => word.length > context.within);
  if (far !== undefined)
    throw new PatternError(`the word "${far}" of its context is longer than \`within\`, and so never stands whole within that`);
  if (check === undefined) return;
  if (typeof check === 'object' && check.remainder >= check.modulo)
    throw new PatternError(`a sum modulo ${check.modulo} never leaves ${check.remainder}`);
  const lengths = lengthsOf(node, unitsFor(check));
  if (typeof check === 'object' ? lengths.has(check.weights.length) : [...lengths].some((length) => length > 1)) return;
  throw new PatternError(
    typeof check === 'object'
      ? `its check has ${check.weights.length} weights, and nothing that it fits has that many digits and no letter`
      : `its check is for ${KINDS[unitsFor(check)]}, and nothing that it fits has at least two of these and nothing else but signs`,
  );
}

type Kind = 'digits' | 'digits and X' | 'letters';

const KINDS = { digits: 'digits', 'digits and X': 'digits and X', letters: 'digits and letters' } as const;

/** What a check can reckon with; letters count as capitals. */
function unitsFor(check: CheckName | WeightedCheck): Kind {
  if (check === 'mod97' || check === 'mod37-2') return 'letters';
  return check === 'mod11' || check === 'mod11-2' ? 'digits and X' : 'digits';
}

const isIn = (units: Units, low: number, high: number): boolean => units.some(([from, to]) => from <= high && low <= to);
const DIGITS = [0x30, 0x39] as const;
const CAPITALS = [0x41, 0x5a] as const;
const SMALL = [0x61, 0x7a] as const;

function canCount(units: Units, kind: Kind): boolean {
  if (isIn(units, ...DIGITS)) return true;
  if (kind === 'digits') return false;
  if (kind === 'letters') return isIn(units, ...CAPITALS) || isIn(units, ...SMALL);
  return isIn(units, 0x58, 0x58) || isIn(units, 0x78, 0x78);
}

/** Whether it fits a sign that a check passes over. */
const hasSign = (units: Units): boolean =>
  units.some(([low, high]) => {
    for (let code = low; code <= high; code += 1)
      if (![DIGITS, CAPITALS, SMALL].some(([from, to]) => from <= code && code <= to)) return true;
    return false;
  });

/** How many units that count a match can have, where it has none that the check cannot reckon with. */
function lengthsOf(node: Node, kind: Kind): ReadonlySet<number> {
  if (node.kind === 'units') return new Set([...(hasSign(node.units) ? [0] : []), ...(canCount(node.units, kind) ? [1] : [])]);
  if (node.kind === 'sequence') return node.parts.map((part) => lengthsOf(part, kind)).reduce(sums, ZERO);
  if (node.kind === 'choice') return new Set(node.options.flatMap((option) => [...lengthsOf(option, kind)]));
  const once = lengthsOf(node.node, kind);
  const all = new Set<number>();
  let times: ReadonlySet<number> = ZERO;
  for (let count = 0; count <= node.max; count += 1) {
    if (count >= node.min) for (const length of times) all.add(length);
    times = sums(times, once);
  }
  return all;
}

const ZERO: ReadonlySet<number> = new Set([0]);

const sums = (one: ReadonlySet<number>, other: ReadonlySet<number>): ReadonlySet<number> =>
  new Set([...one].flatMap((length) => [...other].map((more) => length + more)));
