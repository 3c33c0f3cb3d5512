// National identifiers of digits alone: told by the way they are written, by their check, and by words nearby.
import type { SpanMatch } from '../../detector.ts';
import ids from '../tables/national-ids.json' with { type: 'json' };
import { ABOUT, anyWord } from './context.ts';
import type { Words } from './context.ts';
import { digitsOf, DIGITS_MAX, keyOf, keyOfGroups } from './groups.ts';
import { CHECKS } from './id-checks.ts';
import { endOf } from './reading.ts';
import type { Reading } from './reading.ts';

interface NationalId {
  readonly type: string;
  readonly check: (digits: string) => boolean;
  readonly words: Words;
  readonly isAlone: boolean;
  /** Numbers of companies and devices are less grave than those of people. */
  readonly severity: 'high' | 'medium';
}

/** All that are written one way, and those that need no word nearby. */
interface Written {
  readonly all: readonly NationalId[];
  readonly alone: readonly NationalId[];
}

/** By the key of the way they are written. */
const IDS = new Map<number, Written>();
/** By groups and digits in all, whether any is so written, and any that needs no word nearby: most numbers are none, and need no key. */
const WAYS = new Uint8Array((DIGITS_MAX + 1) * (DIGITS_MAX + 1));
const wayAt = (groups: number, digits: number): number => groups * (DIGITS_MAX + 1) + digits;
const NAMED = 1;
export const ALONE = 2;
for (const row of ids) {
  const check = CHECKS[row.check] ?? (() => false);
  const words = anyWord(row.words, ABOUT.id);
  const add = (format: string, isAlone: boolean): void => {
    const key = keyOf(format);
    const id: NationalId = { type: row.type, check, words, isAlone, severity: row.severity === 'medium' ? 'medium' : 'high' };
    const { all, alone } = IDS.get(key) ?? { all: [], alone: [] };
    IDS.set(key, { all: [...all, id], alone: isAlone ? [...alone, id] : alone });
    const sizes = (format.match(/\d+/g) ?? []).map(Number);
    const way = wayAt(sizes.length, sizes.reduce((sum, size) => sum + size, 0)); // prettier-ignore
    WAYS[way] = (WAYS[way] ?? 0) | (isAlone ? NAMED | ALONE : NAMED);
  };
  for (const format of row.alone) add(format, true);
  for (const format of row.withWords) add(format, false);
}

/** Whether any identifier may be written in so many groups of so many digits in all, by what kind of them is asked for. */
export const isWritten = (groups: number, digits: number, kinds: number): boolean => ((WAYS[wayAt(groups, digits)] ?? 0) & kinds) !== 0;

export function nationalId(reading: Reading, count: number): SpanMatch | undefined {
  const { view, groups, nearby } = reading;
  const isTelling = (reading.topics & ABOUT.id) !== 0;
  const way = WAYS[wayAt(count, groups.totals[count - 1] ?? 0)] ?? 0;
  if ((way & (isTelling ? NAMED : ALONE)) === 0) return undefined;
  const written = IDS.get(keyOfGroups(view.text, groups, count));
  if (written === undefined) return undefined;
  const candidates = isTelling ? written.all : written.alone;
  if (candidates.length === 0) return undefined;
  const digits = digitsOf(view.text, groups, count);
  let alone: NationalId | undefined;
  for (const id of candidates) {
    // A word nearby says more than a format that several countries share.
    const isNamed = isTelling && nearby.names(id.words);
    if ((!isNamed && (!id.isAlone || alone !== undefined)) || !id.check(digits)) continue;
    if (isNamed) return idMatch(reading, count, { id, isNamed });
    alone = id;
  }
  return alone === undefined ? undefined : idMatch(reading, count, { id: alone, isNamed: false });
}

function idMatch(reading: Reading, count: number, { id, isNamed }: { readonly id: NationalId; readonly isNamed: boolean }): SpanMatch {
  const reason = isNamed ? 'the format and check rule, and a word nearby that names it' : 'the format and check rule';
  return {
    type: id.type,
    start: reading.groups.start,
    end: endOf(reading, count),
    severity: id.severity,
    score: isNamed ? 0.98 : 0.85,
    reason,
  };
}
