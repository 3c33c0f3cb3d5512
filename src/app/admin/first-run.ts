// Whether this installation has ever served a request: a newcomer is shown the way, an old hand is not.
import type { Ledger } from '../../ledger/ledger.ts';

/** An installation with more records than this is no new one. */
const RECORDS_MAX = 2_000;

const served = new WeakSet<Ledger>();

export async function needsFirstRun(ledger: Ledger): Promise<boolean> {
  if (served.has(ledger)) return false;
  if (ledger.status().durableCount <= RECORDS_MAX) {
    let hasRequest = false;
    for await (const { event } of ledger.events()) {
      hasRequest = event.kind.startsWith('request.') && event.requestId !== undefined;
      if (hasRequest) break;
    }
    if (!hasRequest) return true;
  }
  served.add(ledger);
  return false;
}
