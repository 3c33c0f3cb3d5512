// Puts the room together over a data directory.
import { join } from 'node:path';
import type { Clock, RandomSource } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import { openKillFiles } from '../io/state/kill-files.ts';
import { raiseMark, readMark } from '../io/state/marks.ts';
import type { State } from '../io/state/open-state.ts';
import { readOrMakeSecret } from '../io/state/private-files.ts';
import { Acceptances } from './acceptances.ts';
import { Access, type SharedAccess } from './access.ts';
import { KeyStore } from './keys/key-store.ts';
import { Keyring } from './keys/keyring.ts';
import { KillSwitch } from './kill/kill-switch.ts';
import type { AccessSettings } from './settings.ts';

const PEPPER_NAME = 'keys.pepper';
/** The highest kill order that the database remembers, under this name in `meta`. */
export const KILL_MARK = 'kill_high_water';
/** The highest kill order that the ledger is known to hold. */
const TOLD_MARK = 'kill_recorded';

export interface OpenAccessOptions {
  readonly state: State;
  /** The data directory: holds the pepper, the kill key and the kill folder. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly settings: AccessSettings;
  /** The highest kill order that was seen in the ledger; 0 when none was, or when only its end was read. */
  readonly ledgerKillMark: number;
  readonly emit: (event: LedgerEvent) => void;
  /** Where several replicas count together. */
  readonly shared?: SharedAccess;
  /** The name of this replica's ledger, where several share the state. Each has its own record of orders. */
  readonly log?: string;
}

export interface OpenedAccess {
  readonly access: Access;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
  readonly acceptances: Acceptances;
  /** Learns what changed on disk: keys, tenants, accepted findings. Call it after a change that this process made itself. */
  refresh(): Promise<void>;
  /** As `refresh`, when another process changed something. Call it a few times a second; after a failure it looks again. */
  refreshIfChanged(): Promise<void>;
  /** Tells that the ledger holds the kill orders up to this one, on disk. They are not told again, and may be folded. */
  killsRecorded(upTo: number): Promise<void>;
  /** Waits for what is still being written. Call it before `state.close()`. */
  close(): Promise<void>;
}

/** Opens the key store, the kill switch and the front door. Faults: `private_path_refused` and those of the state. */
export async function openAccess(options: OpenAccessOptions): Promise<OpenedAccess> {
  const { state, clock, settings, emit, random } = options;
  const keyStore = openKeyStore(options);
  const keyring = new Keyring({ store: keyStore, clock, pepper: keyStore.pepper });
  const acceptances = new Acceptances({ state, clock, random, pepper: keyStore.pepper });
  await keyring.refresh();
  await acceptances.refresh();
  const markOf = (mark: string): string => (options.log === undefined ? mark : `${mark}:${options.log}`);
  const killMark = markOf(KILL_MARK);
  const toldMark = markOf(TOLD_MARK);
  const highWater = Math.max(options.ledgerKillMark, await readMark(state, killMark));
  const killSwitch = new KillSwitch({ files: openKillFiles(options.dataFolder, random), clock, highWater });
  const access = new Access({
    clock,
    random,
    keyring,
    killSwitch,
    settings,
    emit,
    ...(options.shared === undefined ? {} : { shared: options.shared }),
  });
  access.tellKillsAfter(Math.max(options.ledgerKillMark, await readMark(state, toldMark)));
  // The database is only one of three memories of the mark, so that losing it is told and does not stop an order.
  let marking: Promise<void> = Promise.resolve();
  const keepMark = (): void => {
    marking = marking
      .then(() => raiseMark(state, killMark, killSwitch.status().sequence))
      .catch((error: unknown) => {
        emit({
          kind: 'kill.mark_not_kept',
          atMs: clock.nowMs(),
          data: { reason: error instanceof Error ? error.message : 'unknown error' },
        });
      });
  };
  const forget = killSwitch.onChange(keepMark);
  keepMark();
  const refresh = async (): Promise<void> => {
    await access.refresh();
    await acceptances.refresh();
  };
  let isStale = true;
  // What others have to learn yet is in no other place than the record itself.
  let recordedUpTo = 0;
  const fold = (): void => {
    if (recordedUpTo === 0 || recordedUpTo > (options.shared?.ordersTold() ?? Infinity)) return;
    killSwitch.compact(recordedUpTo);
    recordedUpTo = 0;
  };
  const refreshIfChanged = async (): Promise<void> => {
    fold();
    isStale = (await state.changedSince()) || isStale;
    if (!isStale) return;
    await refresh();
    isStale = false;
  };
  const killsRecorded = async (upTo: number): Promise<void> => {
    await raiseMark(state, toldMark, upTo);
    recordedUpTo = upTo;
    fold();
  };
  const close = (): Promise<void> => {
    forget();
    return marking;
  };
  return { access, keyStore, keyring, acceptances, refresh, refreshIfChanged, killsRecorded, close };
}

/** The keys alone: for the command line, which works beside a gateway or without one. */
export function openKeyStore(options: Pick<OpenAccessOptions, 'state' | 'dataFolder' | 'clock' | 'random'>): KeyStore {
  const pepper = readOrMakeSecret(join(options.dataFolder, PEPPER_NAME), options.random);
  return new KeyStore({ state: options.state, clock: options.clock, random: options.random, pepper });
}
