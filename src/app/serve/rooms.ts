// Opens the rooms that keep something: state, ledger, access. Budgets are rebuilt from the ledger, changes made by the command
// line while no gateway ran are brought into it.
import { join } from 'node:path';
import type { Clock, RandomSource } from '../../core/ports.ts';
import type { LedgerEvent } from '../../core/types.ts';
import type { Access } from '../../access/access.ts';
import type { KeyStore } from '../../access/keys/key-store.ts';
import type { Acceptances } from '../../access/acceptances.ts';
import type { Keyring } from '../../access/keys/keyring.ts';
import { BudgetFold, parseBudgetEvent } from '../../access/limits/budget-fold.ts';
import { loadBudgets, saveBudgets } from '../../access/limits/budget-snapshots.ts';
import { openAccess, type OpenedAccess } from '../../access/open-access.ts';
import type { AccessSettings } from '../../access/settings.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import { openState, type State } from '../../io/state/open-state.ts';
import { forgetChanges, readChanges } from '../../io/state/outbox.ts';
import { openLedger, type Ledger } from '../../ledger/ledger.ts';
import type { PublishCheckpoint } from '../../ledger/checkpoint-writer.ts';
import { publishToFile } from '../../ledger/publish-to-file.ts';
import type { LedgerRecord } from '../../ledger/record.ts';

export interface Rooms {
  readonly state: State;
  readonly ledger: Ledger;
  readonly access: Access;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
  readonly acceptances: Acceptances;
  /** Brings changes of the command line into the ledger and into force. Cheap when there are none; call it a few times a second. */
  catchUp(): Promise<void>;
  /** Keeps the budgets as of now, so that the next start is quick. */
  saveBudgets(): Promise<void>;
  close(): Promise<void>;
}

export interface RoomsOptions {
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly settings: AccessSettings;
  readonly ledger: {
    readonly segmentBytesMax: number;
    readonly checkpointFile?: string;
    /** Further places for checkpoints. */
    readonly checkpointPlaces?: readonly PublishCheckpoint[];
    readonly retainDays?: number;
  };
  /** A PostgreSQL database in the place of the file in the data directory. */
  readonly databaseUrl?: string;
  /** Told when something could not be recorded outside a request. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

export async function openRooms(options: RoomsOptions): Promise<Rooms> {
  const { dataFolder, clock, random } = options;
  const { databaseUrl } = options;
  const state = await openState({ ...(databaseUrl === undefined ? { file: join(dataFolder, 'state.db') } : { url: databaseUrl }), clock });
  await state.claim('alone');
  const ledger = await openLedger({
    directory: join(dataFolder, 'ledger'),
    files: diskFiles,
    clock,
    random,
    segmentBytesMax: options.ledger.segmentBytesMax,
    publish: [
      ...(options.ledger.checkpointFile === undefined ? [] : [publishToFile(diskFiles, options.ledger.checkpointFile)]),
      ...(options.ledger.checkpointPlaces ?? []),
    ],
    ...(options.ledger.retainDays === undefined ? {} : { retention: { retainDays: options.ledger.retainDays } }),
  });
  let opened: OpenedAccess | undefined;
  const emit = (event: LedgerEvent): void => {
    const trouble = (error: unknown): void => options.onTrouble(`record ${event.kind}`, error);
    try {
      const killSequence = killSequenceOf(event);
      const { durable } = ledger.append(event);
      // An order that is on the disk of the ledger need not be told again at the next start.
      durable.then(() => (killSequence > 0 ? opened?.killsRecorded(killSequence) : undefined)).catch(trouble);
    } catch (error) {
      trouble(error);
    }
  };
  const past = await readPast(state, ledger);
  opened = await openAccess({ state, dataFolder, clock, random, settings: options.settings, ledgerKillMark: past.killMark, emit });
  const { access } = opened;
  for (const closed of access.budgets.restore(past.snapshot, past.budgetEvents)) {
    emit({ kind: 'request.closed', atMs: clock.nowMs(), data: { status: 0, reason: 'process_ended', reservation: { ...closed } } });
  }
  const fold = new BudgetFold(past.snapshot);
  const follower = ledger.onEvent((records) => {
    for (const { event } of records) {
      const budgetEvent = parseBudgetEvent(event);
      if (budgetEvent !== undefined) fold.apply(budgetEvent);
    }
  }, past.ledgerSize);
  const keepBudgets = (): Promise<void> => saveBudgets(state, fold.snapshot(), { ledgerSize: follower.position, nowMs: clock.nowMs() });
  const room = opened;
  const catchUp = async (): Promise<void> => {
    await bringChanges(state, ledger);
    await room.refreshIfChanged();
  };
  await catchUp();
  return {
    state,
    ledger,
    access,
    keyStore: room.keyStore,
    keyring: room.keyring,
    acceptances: room.acceptances,
    catchUp,
    saveBudgets: keepBudgets,
    async close() {
      await keepBudgets();
      follower.stop();
      await room.close();
      await ledger.close();
      await state.close();
    },
  };
}

interface Past {
  readonly snapshot: Awaited<ReturnType<typeof loadBudgets>>['snapshot'];
  readonly ledgerSize: number;
  readonly budgetEvents: NonNullable<ReturnType<typeof parseBudgetEvent>>[];
  killMark: number;
}

/** What the ledger tells beyond the last snapshot. */
async function readPast(state: State, ledger: Ledger): Promise<Past> {
  const { snapshot, ledgerSize } = await loadBudgets(state);
  const past: Past = { snapshot, ledgerSize, budgetEvents: [], killMark: 0 };
  for await (const { event } of ledger.events(ledgerSize)) {
    const budgetEvent = parseBudgetEvent(event);
    if (budgetEvent !== undefined) past.budgetEvents.push(budgetEvent);
    past.killMark = Math.max(past.killMark, killSequenceOf(event));
  }
  return past;
}

const killSequenceOf = (event: LedgerRecord['event']): number => {
  const sequence = event.kind.startsWith('kill.') ? event.data['sequence'] : 0;
  return typeof sequence === 'number' ? sequence : 0;
};

/** Changes leave the outbox only after the ledger has them on disk; one that arrives twice carries the same sequence. */
async function bringChanges(state: State, ledger: Ledger): Promise<void> {
  for (;;) {
    const changes = await readChanges(state);
    const last = changes.at(-1);
    if (last === undefined) return;
    const receipts = changes.map(({ sequence, event }) => ledger.append({ ...event, data: { ...event.data, change: sequence } }));
    await Promise.all(receipts.map((receipt) => receipt.durable));
    await forgetChanges(state, last.sequence);
  }
}
