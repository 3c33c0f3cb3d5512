// Where a text under suspicion is told: as low as the innocents allow, for hidden texts and for those in plain sight each.
import { oddsOf, type OrderWeights } from '../../src/detect/documents/order-weights.ts';
import type { DocumentRow } from './rows.ts';

/** A document hides little, and shows thousands of sentences: one scale for both would not do. */
export const GROUPS = ['hidden', 'sight'] as const;
export type Group = (typeof GROUPS)[number];
/** Odds above which a text is told. */
export type Limits = Readonly<Record<Group, number>>;

export interface Judged {
  readonly row: DocumentRow;
  /** Of the text that stands out most; lower than any number where there is none. */
  readonly odds: Readonly<Record<Group, number>>;
}

export const groupOf = (place: keyof OrderWeights['biases']): Group => (place === 'sight' ? 'sight' : 'hidden');

export const judged = (weights: OrderWeights, rows: readonly DocumentRow[]): Judged[] =>
  rows.map((row) => {
    const odds = { hidden: Number.NEGATIVE_INFINITY, sight: Number.NEGATIVE_INFINITY };
    for (const one of row.suspects) odds[groupOf(one.place)] = Math.max(odds[groupOf(one.place)], oddsOf(weights, one));
    return { row, odds };
  });

export const isFound = ({ row, odds }: Judged, limits: Limits): boolean =>
  row.isFlagged || GROUPS.some((group) => odds[group] > limits[group]);

export interface Shares {
  /** Of given innocents, flagged by whatever judge. */
  readonly falseAlarms: number;
  /** Of own innocents that have a text under suspicion in this group, and that nobody else flags: flagged. */
  readonly lookAlikes: Limits;
}

/** Near misses are kept out too: the last digits are not to decide. */
const MARGIN = 0.02;

interface Lists {
  /** By weights that never saw their source. */
  readonly out: readonly Judged[];
  readonly inside: readonly Judged[];
}

/**
 * Limits that hold for own innocents whether left out or not, and for given ones as they are: nearly all of those that hide something are of
 * one source, and without it there is nothing to learn from.
 */
export function limitsFor({ out, inside }: Lists, { falseAlarms, lookAlikes }: Shares): Limits {
  const lists = [out, inside];
  const limits = { hidden: ownLimit(lists, 'hidden', lookAlikes), sight: ownLimit(lists, 'sight', lookAlikes) };
  for (const group of GROUPS) {
    const others = { ...limits, [group]: Number.POSITIVE_INFINITY };
    const innocents = inside.filter(({ row }) => row.label === 0 && !row.isOwn);
    const left = innocents.filter((one) => !isFound(one, others));
    const spent = innocents.length - left.length;
    limits[group] = Math.max(limits[group], limitOf(left, group, Math.floor(falseAlarms * innocents.length) - spent));
  }
  return limits;
}

const ownLimit = (lists: readonly (readonly Judged[])[], group: Group, share: Limits): number =>
  Math.max(
    ...lists.map((some) => {
      const asked = some.filter(({ row, odds }) => row.label === 0 && row.isOwn && Number.isFinite(odds[group]));
      return limitOf(asked.filter(({ row }) => !row.isFlagged), group, Math.floor(share[group] * asked.length)); // prettier-ignore
    }),
  );

/** The odds above which no more than so many of these lie. */
function limitOf(some: readonly Judged[], group: Group, allowed: number): number {
  const sorted = some.map(({ odds }) => odds[group]).toSorted((one, other) => other - one);
  return (sorted[Math.max(0, allowed)] ?? Number.NEGATIVE_INFINITY) + MARGIN;
}
