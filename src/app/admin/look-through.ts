// Looks through the last records of the ledger: bounded, and few at a time, because the data plane goes first.
import { accessFault } from '../../access/faults.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerRecord } from '../../ledger/record.ts';

/** How many of the last records are looked through, by default and at most. */
export const LAST_RECORDS = { otherwise: 20_000, max: 1_000_000 } as const;
const LOOKS_MAX = 2;

const looks = new WeakMap<Ledger, number>();

/** Throws `overloaded` when as many looks are under way as may be. */
export async function lookThrough(ledger: Ledger, last: number, look: (record: LedgerRecord) => void): Promise<void> {
  const underWay = looks.get(ledger) ?? 0;
  if (underWay >= LOOKS_MAX)
    throw accessFault('overloaded', { reason: `${underWay} looks into the ledger are under way` }, { retryAfterSeconds: 1 });
  looks.set(ledger, underWay + 1);
  try {
    for await (const record of ledger.events(Math.max(0, ledger.status().durableCount - last))) look(record);
  } finally {
    looks.set(ledger, (looks.get(ledger) ?? 1) - 1);
  }
}

/** The records of one request, of one tenant alone where one is given. */
export async function recordsOf(
  ledger: Ledger,
  { id, tenant, last }: { readonly id: string; readonly tenant: string | undefined; readonly last: number },
): Promise<readonly LedgerRecord[]> {
  const found: LedgerRecord[] = [];
  await lookThrough(ledger, last, (record) => {
    if (record.event.requestId === id && (tenant === undefined || record.event.tenant === tenant)) found.push(record);
  });
  return found;
}
