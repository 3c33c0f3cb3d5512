// Refusals that were being counted when a process ended without telling how many: the record shows that there were some.
import type { LedgerEvent } from '../../core/types.ts';

export class LostCounts {
  /** By caller and minute. */
  readonly #open = new Map<string, Omit<LedgerEvent, 'kind' | 'atMs'>>();

  /** Reads the record in its order. */
  see({ kind, atMs, tenant, data }: LedgerEvent): void {
    if (kind !== 'request.refused' && kind !== 'request.refusals') return;
    const { minute, principal } = data;
    if (typeof minute !== 'number' || typeof principal !== 'string') return;
    const name = `${tenant} ${principal} ${minute}`;
    const goesOn = kind === 'request.refused' || data['goesOn'] === true;
    if (goesOn)
      this.#open.set(name, {
        ...(tenant === undefined ? {} : { tenant }),
        data: { principal, minute, fromMs: atMs, count: null, lost: true },
      });
    else this.#open.delete(name);
  }

  /** What the record has to say of each, so that it is not taken for lost again. */
  get open(): readonly Omit<LedgerEvent, 'kind' | 'atMs'>[] {
    return [...this.#open.values()];
  }
}
