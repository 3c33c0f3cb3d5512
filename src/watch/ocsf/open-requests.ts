// What is known of requests between their two records: the closing one does not repeat the model and the caller.
import type { LedgerRecord } from '../../ledger/record.ts';
import { numberOf, objectOf, textOf } from './fields.ts';

export interface OpenedRequest {
  /** Of the record that opened it. */
  readonly index: number;
  readonly atMs: number;
  readonly tenant: string | undefined;
  readonly requestId: string;
  readonly principal: string | undefined;
  readonly client: string | undefined;
  readonly clientAddress: string | undefined;
  readonly format: string | undefined;
  readonly model: string | undefined;
  readonly upstream: string | undefined;
  readonly policy: string | undefined;
  readonly revision: string | undefined;
  readonly verdict: string | undefined;
  /** Findings in the request. */
  readonly findings: number;
  /** Why a guard could not look at the request. */
  readonly failure: string | undefined;
  readonly reservation: string | undefined;
}

/** Stands for a request whose opening record was not seen, or was forgotten. */
export const UNSEEN: OpenedRequest = {
  index: -1,
  atMs: 0,
  tenant: undefined,
  requestId: 'unknown',
  principal: undefined,
  client: undefined,
  clientAddress: undefined,
  format: undefined,
  model: undefined,
  upstream: undefined,
  policy: undefined,
  revision: undefined,
  verdict: undefined,
  findings: 0,
  failure: undefined,
  reservation: undefined,
};

/** A request that is open for longer was never closed: no answer may take more than an hour. */
const AGE_MS_MAX = 7_200_000;

/** Bounded in number and age. The closing of a request that was forgotten is still told, with less detail. */
export class OpenRequests {
  readonly #countMax: number;
  /** In the order of their records. */
  readonly #byId = new Map<string, OpenedRequest>();
  readonly #byReservation = new Map<string, string>();
  #closed: OpenedRequest[] = [];
  #newestAtMs = 0;

  constructor(countMax = 20_000) {
    this.#countMax = countMax;
  }

  /** Index of the oldest record that is still needed. */
  get oldestIndex(): number | undefined {
    for (const { index } of this.#byId.values()) return index;
    return undefined;
  }

  /** The request that a record opens or closes. */
  find({ event }: LedgerRecord): OpenedRequest {
    // Reservations that a dead process left behind are closed under their own id, at the next start.
    const reservation = event.requestId === undefined ? textOf(objectOf(event.data, 'reservation') ?? {}, 'id') : undefined;
    const id = event.requestId ?? (reservation === undefined ? undefined : this.#byReservation.get(reservation));
    return (id === undefined ? undefined : this.#byId.get(id)) ?? UNSEEN;
  }

  /** Takes a record in. Closed requests are forgotten by `settle` only, so that records which come again find what they found before. */
  learn(record: LedgerRecord): void {
    const { event } = record;
    this.#newestAtMs = Math.max(this.#newestAtMs, event.atMs);
    if (event.kind === 'request.opened') this.#add(record);
    if (event.kind !== 'request.closed') return;
    const opened = this.find(record);
    if (opened !== UNSEEN) this.#closed.push(opened);
  }

  /** What was learned is on its way to the disk: forgets what is closed, too old or too much. */
  settle(): void {
    for (const opened of this.#closed) this.#forget(opened);
    this.#closed = [];
    for (const opened of this.#byId.values()) {
      if (this.#byId.size <= this.#countMax && opened.atMs >= this.#newestAtMs - AGE_MS_MAX) return;
      this.#forget(opened);
    }
  }

  #add({ index, event: { atMs, tenant, requestId, data } }: LedgerRecord): void {
    if (requestId === undefined) return;
    const reservation = textOf(objectOf(data, 'reservation') ?? {}, 'id');
    this.#byId.set(requestId, {
      index,
      atMs,
      tenant,
      requestId,
      principal: textOf(data, 'principal'),
      client: textOf(data, 'client'),
      clientAddress: textOf(data, 'clientAddress'),
      format: textOf(data, 'format'),
      model: textOf(data, 'model'),
      upstream: textOf(data, 'upstream'),
      policy: textOf(data, 'policy'),
      revision: textOf(data, 'revision'),
      verdict: textOf(data, 'verdict'),
      findings: numberOf(objectOf(data, 'findings') ?? {}, 'count') ?? 0,
      failure: textOf(data, 'failure'),
      reservation,
    });
    if (reservation !== undefined) this.#byReservation.set(reservation, requestId);
  }

  #forget({ requestId, reservation }: OpenedRequest): void {
    this.#byId.delete(requestId);
    if (reservation !== undefined) this.#byReservation.delete(reservation);
  }
}
