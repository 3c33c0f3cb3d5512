// What one open console is told while it looks: the requests that end, and what operators do.
import type { Clock } from '../../../core/ports.ts';
import type { LedgerRecord } from '../../../ledger/record.ts';
import type { RequestFilter } from '../../../watch/request-index/filter.ts';
import type { RequestIndex } from '../../../watch/request-index/all-requests.ts';
import type { RequestRow } from '../../../watch/request-index/row.ts';

/** Rows that are sent: eight thousand a second, however far the goes lie apart. Five thousand that come in bursts are all shown. */
const ROWS_A_MS = 8;
const ROWS_MIN = 500;
const ROWS_MAX = 8_000;
const PAGE = 2_000;
const CONTROLS_MAX = 500;
const CONTROL_KINDS = /^(?:kill|config|key|tenant|finding|access|admin|ledger)\./;

/** The last things that operators and the gateway itself did. */
export class ControlLog {
  readonly #records: LedgerRecord[] = [];

  see(record: LedgerRecord): void {
    if (!CONTROL_KINDS.test(record.event.kind)) return;
    this.#records.push(record);
    if (this.#records.length > CONTROLS_MAX) this.#records.shift();
  }

  /** Those after an index that may be seen: with a tenant, those about it alone. */
  after(index: number, tenant: string | undefined): readonly LedgerRecord[] {
    return this.#records.filter((record) => record.index > index && (tenant === undefined || record.event.tenant === tenant));
  }
}

export class LiveFeed {
  readonly #filter: RequestFilter;
  #after: number;
  #isReady = true;
  readonly #clock: Pick<Clock, 'steadyMs'>;
  #wentAtMs: number;

  constructor(filter: RequestFilter, after: number, clock: Pick<Clock, 'steadyMs'>) {
    this.#filter = filter;
    this.#after = after;
    this.#clock = clock;
    this.#wentAtMs = clock.steadyMs();
  }

  ready(): void {
    this.#isReady = true;
  }

  /** Events since the last time, up to a record; undefined when there are none, or while the other side has not taken the last ones. */
  next(index: RequestIndex, controls: ControlLog, upTo: number): string | undefined {
    if (!this.#isReady || upTo <= this.#after + 1) return undefined;
    const { rows, dropped } = this.#rows(index);
    const told = controls.after(this.#after, this.#filter.tenant).map(controlEvent);
    this.#after = upTo - 1;
    const events = [...rows.map(requestEvent), ...told, ...(dropped > 0 ? [`event: lag\ndata: {"dropped":${dropped}}\n\n`] : [])];
    if (events.length === 0) return undefined;
    this.#isReady = false;
    return events.join('');
  }

  /** The newest ones: whoever looks at more than that a second wants to know where it stands. */
  #rows(index: RequestIndex): { readonly rows: readonly RequestRow[]; readonly dropped: number } {
    const nowMs = this.#clock.steadyMs();
    const rowsMax = Math.min(ROWS_MAX, Math.max(ROWS_MIN, Math.floor((nowMs - this.#wentAtMs) * ROWS_A_MS)));
    this.#wentAtMs = nowMs;
    let rows: RequestRow[] = [];
    let total = 0;
    let cursor: number | null = this.#after;
    while (cursor !== null) {
      const { items, nextCursor } = index.page({ filter: this.#filter, limit: PAGE, cursor, order: 'asc' });
      total += items.length;
      rows = [...rows, ...items].slice(-rowsMax);
      cursor = nextCursor;
    }
    return { rows, dropped: total - rows.length };
  }
}

// JSON writes line ends as escapes, so that no text of a row ends its event.
const requestEvent = (row: RequestRow): string => `event: request\nid: ${row.closed ?? ''}\ndata: ${JSON.stringify(row)}\n\n`;

const controlEvent = ({ index, event: { kind, atMs, tenant, data } }: LedgerRecord): string =>
  `event: control\ndata: ${JSON.stringify({ index, kind, at: atMs, tenant: tenant ?? null, data })}\n\n`;
