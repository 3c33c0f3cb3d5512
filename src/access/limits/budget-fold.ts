// Spending as the ledger tells it: the same events always give the same sums, after any crash.
import { z } from 'zod';
import type { Json, LedgerEvent } from '../../core/types.ts';
import { PeriodMemo } from './period.ts';
import type { Cost } from './purse.ts';
import type { BudgetEvent, ClosedReservation, OpenedReservation } from './reservation-events.ts';

const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const openedSchema = z.object({ id: z.string(), keyId: z.string(), tenant: z.string(), microUnits: amount, tokens: amount, atMs: amount });
const closedSchema = z.object({ id: z.string(), microUnits: amount, tokens: amount, estimated: z.boolean() });

export interface SpentSum extends Cost {
  /** `key:ID` or `tenant:ID`. */
  readonly subject: string;
  readonly period: string;
}

/** Spending as of one position in the ledger. */
export interface BudgetSnapshot {
  readonly spent: readonly SpentSum[];
  readonly open: readonly OpenedReservation[];
}

export const EMPTY_SNAPSHOT: BudgetSnapshot = { spent: [], open: [] };

/** Reads the budget part of a ledger event; undefined for events that carry none. Throws when the part is there and damaged. */
export function parseBudgetEvent(event: LedgerEvent): BudgetEvent | undefined {
  const { reservation } = event.data;
  if (reservation === undefined) return undefined;
  if (event.kind === 'request.opened') return { kind: event.kind, reservation: asOpened(reservation) ?? openedSchema.parse(reservation) };
  if (event.kind === 'request.closed') return { kind: event.kind, reservation: asClosed(reservation) ?? closedSchema.parse(reservation) };
  return undefined;
}

// Looked at by hand, since there are two a request; the schemas say what is wrong with one that is not whole.

function asOpened(value: Json): OpenedReservation | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, keyId, tenant, microUnits, tokens, atMs } = value;
  if (typeof id !== 'string' || typeof keyId !== 'string' || typeof tenant !== 'string') return undefined;
  if (!isAmount(microUnits) || !isAmount(tokens) || !isAmount(atMs)) return undefined;
  return { id, keyId, tenant, microUnits, tokens, atMs };
}

function asClosed(value: Json): ClosedReservation | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, microUnits, tokens, estimated } = value;
  if (typeof id !== 'string' || typeof estimated !== 'boolean' || !isAmount(microUnits) || !isAmount(tokens)) return undefined;
  return { id, microUnits, tokens, estimated };
}

const isAmount = (value: Json | undefined): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

export class BudgetFold {
  readonly #periods = new PeriodMemo();
  readonly #spent = new Map<string, SpentSum>();
  readonly #open = new Map<string, OpenedReservation>();

  constructor(snapshot: BudgetSnapshot = EMPTY_SNAPSHOT) {
    for (const sum of snapshot.spent) this.#spent.set(`${sum.subject} ${sum.period}`, sum);
    for (const open of snapshot.open) this.#open.set(open.id, open);
  }

  /** An event of the ledger, in its order. A close without its open was charged before the snapshot, and changes nothing. */
  apply(event: BudgetEvent): void {
    if (event.kind === 'request.opened') {
      this.#open.set(event.reservation.id, event.reservation);
      return;
    }
    const open = this.#open.get(event.reservation.id);
    if (open === undefined) return;
    this.#open.delete(open.id);
    this.#charge(open, event.reservation);
  }

  snapshot(): BudgetSnapshot {
    return { spent: [...this.#spent.values()], open: [...this.#open.values()] };
  }

  /** Charged to the periods in which the request was opened, as in the running process. */
  #charge(open: OpenedReservation, cost: Cost): void {
    const { day, month } = this.#periods.at(open.atMs);
    for (const subject of [`key:${open.keyId}`, `tenant:${open.tenant}`]) {
      for (const period of [day, month]) {
        const name = `${subject} ${period}`;
        const before = this.#spent.get(name);
        const microUnits = (before?.microUnits ?? 0) + cost.microUnits;
        this.#spent.set(name, { subject, period, microUnits, tokens: (before?.tokens ?? 0) + cost.tokens });
      }
    }
  }
}
