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
import type { SharedPart } from '../../access/shared/health.ts';
import type { SharedParts } from '../../access/shared/shared-parts.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import { openState, type State } from '../../io/state/open-state.ts';
import { seedSecrets } from '../../io/state/seed-secrets.ts';
import { forgetChanges, readChanges, type Change } from '../../io/state/outbox.ts';
import type { Subscription } from '../../ledger/followers.ts';
import { openLedger, type Ledger } from '../../ledger/ledger.ts';
import type { PublishCheckpoint } from '../../ledger/checkpoint-writer.ts';
import { publishToFile } from '../../ledger/publish-to-file.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import type { Replicas } from '../config/replicas.ts';
import { inTime } from './after.ts';
import { LostCounts } from './lost-counts.ts';
import { publishToState } from './ledger-heads.ts';
import { assertSameSecret } from './shared-secret.ts';

/** How long each last thing may take that a server has to answer. */
const LAST_WORD_MS = 2_000;

export interface Rooms {
  readonly state: State;
  readonly ledger: Ledger;
  readonly access: Access;
  readonly keyStore: KeyStore;
  readonly keyring: Keyring;
  readonly acceptances: Acceptances;
  /** What several gateways share; undefined for one that is alone. */
  readonly shared: SharedParts | undefined;
  /** Minutes of counted refusals of which the last process did not get to tell. */
  readonly lostCounts: number;
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
  /** What makes this gateway one of several. */
  readonly replicas?: Replicas;
  /** Hears what the replicas cannot share any more, and nothing when they can again. */
  readonly onShared?: (part: SharedPart, reason: string | undefined) => void;
  /** Told when something could not be recorded outside a request. */
  readonly onTrouble: (what: string, error: unknown) => void;
}

export async function openRooms(options: RoomsOptions): Promise<Rooms> {
  const { dataFolder, databaseUrl, clock, replicas = {} } = options;
  if (replicas.secret !== undefined) seedSecrets(dataFolder, replicas.secret);
  const state = await openState({ ...(databaseUrl === undefined ? { file: join(dataFolder, 'state.db') } : { url: databaseUrl }), clock });
  try {
    await state.claim(replicas.valkeyUrl === undefined ? 'alone' : 'shared');
    if (replicas.secret !== undefined) await assertSameSecret(state, replicas.secret);
    return await openOver(state, options);
  } catch (error) {
    // What a failed start leaves open would keep the process alive, and others out.
    await state.close();
    throw error;
  }
}

async function openOver(state: State, options: RoomsOptions): Promise<Rooms> {
  const { dataFolder, random, databaseUrl } = options;
  const heads = databaseUrl === undefined ? [] : [publishToState(state, () => verifierKey, options.clock)];
  let verifierKey = '';
  const ledger = await openLedger({
    directory: join(dataFolder, 'ledger'),
    files: diskFiles,
    clock: options.clock,
    random,
    segmentBytesMax: options.ledger.segmentBytesMax,
    publish: [
      ...(options.ledger.checkpointFile === undefined ? [] : [publishToFile(diskFiles, options.ledger.checkpointFile)]),
      ...(options.ledger.checkpointPlaces ?? []),
      ...heads,
    ],
    ...(options.ledger.retainDays === undefined ? {} : { retention: { retainDays: options.ledger.retainDays } }),
  });
  verifierKey = ledger.verifierKey;
  try {
    return await openWith({ state, ledger }, options);
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function openWith({ state, ledger }: Pick<Rooms, 'state' | 'ledger'>, options: RoomsOptions): Promise<Rooms> {
  const { dataFolder, random, databaseUrl, settings } = options;
  // Several ledgers can share a database; the one of a file is the only one there.
  const named = databaseUrl === undefined ? {} : { log: logName(ledger.verifierKey) };
  if (named.log !== undefined) await state.claimLedger(named.log);
  let settingsNow = (): AccessSettings => options.settings;
  const shared = await joined(options, { state, log: named.log, settings: () => settingsNow() });
  const clock = shared?.clock ?? options.clock;
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
  const past = await readPast(state, ledger, named.log);
  const { missing, lostCounts } = past;
  tellMissing(past, options);
  const among = shared === undefined ? {} : { shared: shared.access };
  opened = await openAccess({ state, dataFolder, clock, random, settings, ledgerKillMark: past.killMark, emit, ...named, ...among });
  const { access } = opened;
  settingsNow = () => access.settings;
  for (const closed of access.budgets.restore(past.snapshot, past.budgetEvents)) {
    emit({ kind: 'request.closed', atMs: clock.nowMs(), data: { status: 0, reason: 'process_ended', reservation: { ...closed } } });
  }
  for (const data of lostCounts.open) emit({ kind: 'request.refusals', atMs: clock.nowMs(), ...data });
  const fold = new BudgetFold(past.snapshot);
  const follower = ledger.onEvent((records) => {
    for (const { event } of records) {
      const budgetEvent = parseBudgetEvent(event);
      if (budgetEvent !== undefined) fold.apply(budgetEvent);
    }
  }, past.ledgerSize);
  const keepBudgets = telling(follower, options.onTrouble, () =>
    saveBudgets(state, fold.snapshot(), { ledgerSize: follower.position, nowMs: clock.nowMs(), ...named }),
  );
  // From here on the ledger grows past the place that the database remembers, which would then seem to be covered.
  if (missing > 0) await keepBudgets();
  const room = opened;
  const bring = databaseUrl === undefined ? bringChanges : bringSharedChanges;
  const catchUp = async (): Promise<void> => {
    if (await bring(state, ledger)) shared?.tellOfKeys();
    await room.refreshIfChanged();
  };
  await catchUp();
  await shared?.begin(access, () => void catchUp().catch((error: unknown) => options.onTrouble('take over changes', error)));
  return {
    state,
    ledger,
    access,
    keyStore: room.keyStore,
    keyring: room.keyring,
    acceptances: room.acceptances,
    shared,
    lostCounts: lostCounts.open.length,
    catchUp,
    saveBudgets: keepBudgets,
    async close() {
      const lastly = inAnyCase(options);
      await lastly('give back what is leased', shared?.close());
      await lastly('keep the budgets', keepBudgets());
      follower.stop();
      await lastly('note the last order', room.close());
      await ledger.close();
      await lastly('let go of the database', state.close());
    },
  };
}

/** The ledger holds everything that they are made of: a database that is gone, or says nothing, must not keep it from being closed. */
const inAnyCase =
  ({ onTrouble }: RoomsOptions) =>
  (what: string, work: Promise<unknown> | undefined): Promise<void> =>
    inTime(LAST_WORD_MS, work ?? Promise.resolve()).catch((error: unknown) => onTrouble(what, error));

function tellMissing({ missing }: Past, { onTrouble }: RoomsOptions): void {
  if (missing > 0) onTrouble('find all that was spent', new Error(`the ledger lacks ${missing} records: is its folder from a backup?`));
}

/** A fold that fails tries again by itself; until it succeeds, a restart has more of the record to read. */
function telling(
  follower: Pick<Subscription, 'failures'>,
  onTrouble: RoomsOptions['onTrouble'],
  keep: () => Promise<void>,
): () => Promise<void> {
  let told = 0;
  return () => {
    const fresh = follower.failures - told;
    if (fresh > 0) onTrouble('follow the record for budgets', new Error(`it failed ${fresh} times`));
    told = follower.failures;
    return keep();
  };
}

interface Past {
  readonly snapshot: Awaited<ReturnType<typeof loadBudgets>>['snapshot'];
  readonly ledgerSize: number;
  readonly budgetEvents: NonNullable<ReturnType<typeof parseBudgetEvent>>[];
  readonly lostCounts: LostCounts;
  killMark: number;
  /** Records that the database has counted and the ledger does not have: its folder was put back, and the database was not. */
  readonly missing: number;
}

/** The name of a ledger among others: 16 digits that its key decides. */
const logName = (verifierKey: string): string => /^sallyport-ledger\/([0-9a-f]{16})\+/.exec(verifierKey)?.[1] ?? verifierKey.slice(0, 64);

interface Joining {
  readonly state: State;
  readonly log: string | undefined;
  readonly settings: () => AccessSettings;
}

async function joined(options: RoomsOptions, { state, log, settings }: Joining): Promise<SharedParts | undefined> {
  const { valkeyUrl, secret } = options.replicas ?? {};
  if (valkeyUrl === undefined || secret === undefined || log === undefined) return undefined;
  const { joinReplicas } = await import('./join-replicas.ts');
  const { clock, onTrouble, onShared = () => undefined } = options;
  return joinReplicas({ state, log, valkeyUrl, secret, clock, settings, tell: onShared, onTrouble });
}

/** What the ledger tells beyond the last snapshot. */
async function readPast(state: State, ledger: Ledger, log: string | undefined): Promise<Past> {
  const { snapshot, ledgerSize: counted } = await loadBudgets(state, log);
  const ledgerSize = Math.min(counted, ledger.status().durableCount);
  const past: Past = { snapshot, ledgerSize, budgetEvents: [], lostCounts: new LostCounts(), killMark: 0, missing: counted - ledgerSize };
  for await (const { event } of ledger.events(ledgerSize)) {
    const budgetEvent = parseBudgetEvent(event);
    if (budgetEvent !== undefined) past.budgetEvents.push(budgetEvent);
    past.lostCounts.see(event);
    past.killMark = Math.max(past.killMark, killSequenceOf(event));
  }
  return past;
}

const killSequenceOf = (event: LedgerRecord['event']): number => {
  const sequence = event.kind.startsWith('kill.') ? event.data['sequence'] : 0;
  return typeof sequence === 'number' ? sequence : 0;
};

/** Changes leave the outbox only after the ledger has them on disk; one that arrives twice carries the same sequence. True when there were any. */
async function bringChanges(state: State, ledger: Ledger): Promise<boolean> {
  for (let any = false; ; any = true) {
    const changes = await readChanges(state);
    if (changes.length === 0) return any;
    const last = await appendAll(ledger, changes);
    await state.transact((transaction) => forgetChanges(transaction, last));
  }
}

/** The same where several gateways share the database: each change is brought by one, while the others wait for its lock. */
async function bringSharedChanges(state: State, ledger: Ledger): Promise<boolean> {
  for (let any = false; ; any = true) {
    if ((await readChanges(state, 1)).length === 0) return any;
    await state.transact(async (transaction) => {
      const changes = await readChanges({ db: transaction });
      if (changes.length > 0) await forgetChanges(transaction, await appendAll(ledger, changes));
    }, 'outbox');
  }
}

/** Returns the sequence of the last one when all are durable. */
async function appendAll(ledger: Ledger, changes: readonly Change[]): Promise<number> {
  const receipts = changes.map(({ sequence, event }) => ledger.append({ ...event, data: { ...event.data, change: sequence } }));
  await Promise.all(receipts.map((receipt) => receipt.durable));
  return changes.at(-1)?.sequence ?? 0;
}
