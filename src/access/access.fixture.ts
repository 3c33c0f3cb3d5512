// For tests: the whole room over a temporary folder, with a clock that stands still until it is moved.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Clock } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import { systemRandom } from '../io/random.ts';
import { openState, type State } from '../io/state/open-state.ts';
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

export async function openRoom(settings: Partial<AccessSettings> = {}, folder = newFolder(), clock = handClock()): Promise<Room> {
  const state = await openState({ file: join(folder, 'state.db'), clock });
  const events: LedgerEvent[] = [];
  const opened = await openAccess({
    state,
    dataFolder: folder,
    clock,
    random: systemRandom,
    settings: { ...ACCESS_DEFAULTS, ...settings },
    ledgerKillMark: 0,
    emit: (event) => events.push(event),
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
