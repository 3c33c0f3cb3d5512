// Somebody who waits for a part of a budget, and what can become of that.
import { Fault } from '../../core/fault.ts';
import { accessFault } from '../faults.ts';
import { pursesOf, type AskedFor, type Reservation } from './budgets.ts';
import type { Cost } from './purse.ts';
import { isOver, limitOf, plus, usedOf } from './purse-sums.ts';

/** What those who wait want of one purse: together, and the most modest of them. */
export interface Needed {
  readonly all: Cost;
  readonly least: Cost;
}

export interface Waiting {
  readonly asked: AskedFor;
  readonly take: () => Reservation;
  readonly resolve: (reservation: Reservation) => void;
  readonly reject: (error: unknown) => void;
  tries: number;
}

/** Nobody else could help: what this replica alone has used is too much. */
export const isHopeless = ({ wallet, bound, limits }: AskedFor): boolean =>
  pursesOf(wallet).some((purse, at) => isOver(plus(usedOf(purse), bound), limitOf(limits[at < 2 ? 'key' : 'tenant'], at)));

export const isUsedUp = (error: unknown): boolean => error instanceof Fault && error.code === 'budget_exceeded';

export const lostFault = (cause: unknown): Fault => accessFault('counters_lost', { what: 'budgets' }, { cause, retryAfterSeconds: 1 });
