// How the gateway is: each room in a word, and what a page needs beside it.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { READERS, reading, type AdminDeps, type ApiRoute } from '../api-route.ts';
import type { AskerStatus } from '../../serve/second-look-asker.ts';
import { VERSION } from '../../version.ts';

type RoomState = 'ok' | 'degraded' | 'down';

interface RoomHealth {
  readonly name: string;
  readonly state: RoomState;
  /** What is wrong, or a figure. */
  readonly detail: string;
}

export const HEALTH_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/health',
      roles: READERS,
      reach: 'global',
      about: 'How each part of the gateway is, its memory, its event loop since the last look, and what it is busy with.',
    },
    async (deps) => {
      const { rooms, clock, startedAtMs } = deps;
      const status = rooms.ledger.status();
      return {
        body: {
          version: VERSION,
          rooms: roomsOf(deps),
          memoryMb: Math.round(process.memoryUsage.rss() / 1e6),
          uptimeS: Math.round((clock.nowMs() - startedAtMs) / 1000),
          eventLoopP99Ms: loopDelayMs(),
          inFlight: rooms.access.load.inFlight,
          capacity: rooms.access.load.capacity,
          refusals: { ...deps.refusals(), lost: rooms.lostCounts },
          reservations: rooms.access.load.reservations,
          ledger: { durable: status.durableCount, waiting: status.waiting, publishOwed: status.publishOwed },
          index: deps.index.status,
          killOrders: rooms.access.killSwitch.status().standing.length,
        },
      };
    },
  ),
];

function roomsOf({ rooms, compiled, index, isDraining, eventFile, secondLook }: AdminDeps): readonly RoomHealth[] {
  const { state, fault, durableCount } = rooms.ledger.status();
  const { killSwitch } = rooms.access;
  const { failures, trouble, written } = eventFile();
  const resting = [...compiled().upstreams.keys()].filter((name) => !rooms.access.isUpstreamUp(name));
  const all = compiled().upstreams.size;
  const looker = secondLook();
  return [
    { name: 'gateway', ...(isDraining() ? bad('degraded', 'shutting down') : fine('takes requests')) },
    { name: 'ledger', ...(state === 'open' ? fine(`${durableCount} records`) : bad('down', fault?.code ?? state)) },
    {
      name: 'kill switch',
      ...(killSwitch.isTrusted ? fine('can be trusted') : bad('down', 'its orders cannot be trusted: everything is stopped')),
    },
    { name: 'upstreams', ...upstreamsHealth(resting, all) },
    {
      name: 'events',
      ...(trouble === undefined ? fine(`told up to record ${written}`) : bad('degraded', `the event file fails, ${failures} times so far`)),
    },
    ...(looker === undefined ? [] : [{ name: 'second look', ...lookerHealth(looker) }]),
    { name: 'index', ...fine(index.status.state === 'on' ? `read up to record ${index.status.indexedUpTo}` : 'off, nobody looks') },
  ];
}

const fine = (detail: string): Omit<RoomHealth, 'name'> => ({ state: 'ok', detail });
const bad = (state: RoomState, detail: string): Omit<RoomHealth, 'name'> => ({ state, detail });

/** Loading and failing alike: texts in doubt get no verdict, and the policy says what that means. */
function lookerHealth({ state, detail, digests }: AskerStatus): Omit<RoomHealth, 'name'> {
  if (state !== 'ready') return bad(state === 'failed' ? 'down' : 'degraded', detail);
  const files = Object.entries(digests).map(([name, digest]) => `${name} ${digest}`);
  return fine([detail, ...files].join(', '));
}

function upstreamsHealth(resting: readonly string[], all: number): Omit<RoomHealth, 'name'> {
  if (resting.length === 0) return fine(`${all} answer`);
  return bad(resting.length === all ? 'down' : 'degraded', `resting: ${resting.join(', ')}`);
}

/** Watched from the first look until a minute after the last one: otherwise nobody wants to know. */
let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
let watchedUntil: NodeJS.Timeout | undefined;
const WATCH_MS = 60_000;

/** 99th percentile since the last look, in milliseconds; null at the first. */
function loopDelayMs(): number | null {
  clearTimeout(watchedUntil);
  watchedUntil = setTimeout(() => {
    delay?.disable();
    delay = undefined;
  }, WATCH_MS);
  watchedUntil.unref();
  if (delay === undefined) {
    delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    return null;
  }
  const ms = Math.round(delay.percentile(99) / 1e4) / 100;
  delay.reset();
  return ms;
}
