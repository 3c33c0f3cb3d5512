// For tests: the whole room over a temporary folder, with a clock that stands still until it is moved.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterAll } from 'vitest';
import type { Clock } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import { systemRandom } from '../io/random.ts';
import { openState, type State, type StateOptions } from '../io/state/open-state.ts';
import type { SharedAccess } from './access.ts';
import type { Caller } from './keys/caller.ts';
import type { Limits } from './keys/limits.ts';
import { openAccess, type OpenedAccess } from './open-access.ts';
import { ACCESS_DEFAULTS, type AccessSettings } from './settings.ts';

/** Sunday, 22 November 2026, 12:00 UTC. */
export const NOON_MS = Date.UTC(2026, 10, 22, 12);

export interface HandClock extends Clock {
  pass(ms: number): void;
}

/** Wall time and steady time move together. */
export function handClock(startMs = NOON_MS): HandClock {
  let passedMs = 0;
  return { nowMs: () => startMs + passedMs, steadyMs: () => 1_000 + passedMs, pass: (ms) => void (passedMs += ms) };
}

export interface Room extends OpenedAccess {
  readonly state: State;
  readonly clock: HandClock;
  readonly folder: string;
  readonly events: LedgerEvent[];
  close(): Promise<void>;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-access-'));
  folders.push(folder);
  return folder;
}

/** The state of a folder: a file in it, or a database of its own where `test/services/postgres.test.ts` names a server. */
export async function stateIn(folder: string, clock: Clock): Promise<State> {
  return openState({ ...(await placeOf(folder)), clock });
}

async function placeOf(folder: string): Promise<Pick<StateOptions & { file: string }, 'file'> | { readonly url: string }> {
  const server = process.env['SALLYPORT_TEST_DATABASE_URL'];
  if (server === undefined) return { file: join(folder, 'state.db') };
  const name = basename(folder)
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .toLowerCase();
  const client = new pg.Client(server);
  await client.connect();
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (rowCount === 0) await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href };
}

export async function openRoom(
  settings: Partial<AccessSettings> = {},
  folder = newFolder(),
  clock = handClock(),
  shared?: SharedAccess,
): Promise<Room> {
  const state = await stateIn(folder, clock);
  const events: LedgerEvent[] = [];
  const opened = await openAccess({
    state,
    dataFolder: folder,
    clock,
    random: systemRandom,
    settings: { ...ACCESS_DEFAULTS, ...settings },
    ledgerKillMark: 0,
    emit: (event) => events.push(event),
    ...(shared === undefined ? {} : { shared }),
  });
  return {
    ...opened,
    state,
    clock,
    folder,
    events,
    close: async () => {
      await opened.close();
      await state.close();
    },
  };
}

/** A room with one caller of tenant `acme`. */
export async function withCaller(
  limits: Limits,
  work: (room: Room, caller: Caller) => Promise<void> | void,
  ...settings: Parameters<typeof openRoom>
): Promise<void> {
  const room = await openRoom(...settings);
  const { key } = await room.keyStore.createKey({ tenant: 'acme', limits, who: 'test' });
  await room.access.refresh();
  await work(room, room.access.authenticate(key));
  await room.close();
}
