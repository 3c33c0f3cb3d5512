// The rows of the live view: newest first, bounded, and held back while the reader reads.
import { useEffect, useRef, useState } from 'react';
import { listenLive, type LiveState } from '../api/live.ts';
import type { Query } from '../api/client.ts';
import { requestPage } from '../api/queries.ts';
import type { RequestRow } from '../api/types.ts';

/** Rows that are kept; older ones stand under Requests. */
const ROWS_MAX = 2_000;
const RATE_MS = 3_000;
/** Rows from before that the view begins with: an empty page tells nobody anything. */
const BEFORE = 100;
/** The tail begins a moment after the list was read; what fell into that gap is read then. */
const AGAIN_MS = 2_500;

export interface Tail {
  readonly rows: readonly RequestRow[];
  readonly state: LiveState;
  /** Rows that came while the view was held. */
  readonly waiting: number;
  /** Rows that never came, because there were more than is sent. */
  readonly dropped: number;
  readonly perSecond: number;
  /** Why the rows from before could not be read; those that come now come all the same. */
  readonly error: unknown;
}

interface Counted {
  readonly atMs: number;
  readonly count: number;
}

const EMPTY: Tail = { rows: [], state: 'connecting', waiting: 0, dropped: 0, perSecond: 0, error: undefined };

export function useTail(query: Query, isHeld: boolean): Tail {
  const [tail, setTail] = useState(EMPTY);
  const held = useRef<RequestRow[]>([]);
  const counted = useRef<Counted[]>([]);
  const isHeldNow = useRef(isHeld);
  const key = JSON.stringify(query);
  useEffect(() => {
    isHeldNow.current = isHeld;
    if (isHeld) return;
    const waiting = held.current;
    held.current = [];
    if (waiting.length > 0) setTail((before) => ({ ...before, rows: newest(waiting, before.rows), waiting: 0 }));
  }, [isHeld]);
  useEffect(() => {
    setTail(EMPTY);
    held.current = [];
    counted.current = [];
    const stop = listenLive(parseQuery(key), {
      onState: (state) => setTail((before) => ({ ...before, state })),
      onBatch: ({ rows, dropped }) => {
        counted.current.push({ atMs: performance.now(), count: rows.length + dropped });
        const perSecond = rateOf(counted.current);
        if (isHeldNow.current) {
          held.current = [...held.current, ...rows].slice(-ROWS_MAX);
          setTail((before) => ({ ...before, perSecond, waiting: before.waiting + rows.length, dropped: before.dropped + dropped }));
        } else {
          setTail((before) => ({ ...before, perSecond, rows: newest(rows, before.rows), dropped: before.dropped + dropped }));
        }
      },
    });
    const reading = new AbortController();
    const fill = (): void => {
      if (isHeldNow.current) return;
      requestPage({ ...parseQuery(key), limit: BEFORE }, reading.signal).then(
        ({ items }) => setTail((before) => ({ ...before, rows: merged(before.rows, items), error: undefined })),
        (error: unknown) => {
          if (!reading.signal.aborted) setTail((before) => ({ ...before, error }));
        },
      );
    };
    fill();
    const again = setTimeout(fill, AGAIN_MS);
    const timer = setInterval(() => setTail((before) => ({ ...before, perSecond: rateOf(counted.current) })), 1_000);
    return () => {
      clearInterval(timer);
      clearTimeout(again);
      reading.abort();
      stop();
    };
  }, [key]);
  return tail;
}

/** A request that is told of twice, opened and closed, stands once, as it was told of last. */
function newest(come: readonly RequestRow[], before: readonly RequestRow[]): readonly RequestRow[] {
  const ids = new Set<string>();
  const rows: RequestRow[] = [];
  for (const row of [...come.toReversed(), ...before]) {
    if (ids.has(row.id)) continue;
    ids.add(row.id);
    rows.push(row);
    if (rows.length === ROWS_MAX) break;
  }
  return rows;
}

/** Rows of the list among those of the tail, which know better. */
const merged = (rows: readonly RequestRow[], items: readonly RequestRow[]): readonly RequestRow[] =>
  newest([], [...rows, ...items]).toSorted((left, right) => right.at - left.at);

function rateOf(counted: Counted[]): number {
  const from = performance.now() - RATE_MS;
  while (counted[0] !== undefined && counted[0].atMs < from) counted.shift();
  return Math.round(counted.reduce((sum, { count }) => sum + count, 0) / (RATE_MS / 1_000));
}

const parseQuery = (key: string): Query => JSON.parse(key) as Query;
