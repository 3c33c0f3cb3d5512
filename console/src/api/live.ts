// The live tail: server-sent events gathered and handed over a few times a second, however many come.
import { toUrl, type Query } from './client.ts';
import type { JsonObject, RequestRow } from './types.ts';

export interface LiveEvent {
  readonly kind: 'finding' | 'control';
  readonly data: JsonObject;
}

export interface LiveBatch {
  readonly rows: readonly RequestRow[];
  readonly events: readonly LiveEvent[];
  /** Requests that the server left out because there were more than it sends. */
  readonly dropped: number;
}

export type LiveState = 'connecting' | 'open' | 'lost';

interface Listener {
  readonly onBatch: (batch: LiveBatch) => void;
  readonly onState: (state: LiveState) => void;
}

/** Eyes follow no more than this; fewer paintings leave the page to its reader. */
const HAND_OVER_MS = 160;
/** While nobody takes them over (a hidden tab), no more than this is kept. */
const WAITING_MAX = 5_000;

/** Listens until the returned function is called. */
export function listenLive(query: Query, { onBatch, onState }: Listener): () => void {
  const source = new EventSource(toUrl('/api/live', query));
  let rows: RequestRow[] = [];
  let events: LiveEvent[] = [];
  let dropped = 0;
  const on = (kind: string, take: (data: string) => void): void => {
    source.addEventListener(kind, (message: MessageEvent<string>) => take(message.data));
  };
  on('request', (data) => {
    rows.push(parseRow(data));
    if (rows.length > WAITING_MAX) dropped += rows.splice(0, rows.length - WAITING_MAX).length;
  });
  for (const kind of ['finding', 'control'] as const) {
    on(kind, (data) => {
      events.push({ kind, data: parseObject(data) });
      if (events.length > WAITING_MAX) events = events.slice(-WAITING_MAX);
    });
  }
  on('lag', (data) => {
    const { dropped: left } = parseObject(data);
    if (typeof left === 'number') dropped += left;
  });
  source.addEventListener('open', () => onState('open'));
  source.addEventListener('error', () => onState(source.readyState === EventSource.CLOSED ? 'lost' : 'connecting'));
  onState('connecting');
  const timer = setInterval(() => {
    if (rows.length === 0 && events.length === 0 && dropped === 0) return;
    onBatch({ rows, events, dropped });
    rows = [];
    events = [];
    dropped = 0;
  }, HAND_OVER_MS);
  return () => {
    clearInterval(timer);
    source.close();
  };
}

const parseRow = (data: string): RequestRow => JSON.parse(data) as RequestRow;
const parseObject = (data: string): JsonObject => JSON.parse(data) as JsonObject;
