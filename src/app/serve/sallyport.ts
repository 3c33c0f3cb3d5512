// Starts everything and stops it again: rooms, data plane, admin plane, event file. Wiring only.
import { mkdirSync } from 'node:fs';
import type { Logger } from 'pino';
import type { SharedPart } from '../../access/shared/health.ts';
import type { Clock } from '../../core/ports.ts';
import type { LedgerEvent } from '../../core/types.ts';
import { createDemoUpstream } from '../../gateway/demo/demo-upstream.ts';
import { systemClock } from '../../io/clock.ts';
import type { Listener } from '../../io/http/listener.ts';
import { systemRandom } from '../../io/random.ts';
import { ADMIN_KEY_VARIABLE } from '../admin/admin-key.ts';
import { startAdmin } from '../admin/start-admin.ts';
import { compile, endWeakenings, readSecret, type Compiled } from '../config/compile.ts';
import type { Config } from '../config/schema.ts';
import { after, every } from './after.ts';
import { assertCanBeAsked } from './asked-door.ts';
import { startDataPlane } from './data-plane.ts';
import { startEvents } from './events.ts';
import { keepHouse } from './housekeeping.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { Receivers } from './receivers/start-receivers.ts';
import { countRefusals } from './refusals.ts';
import { openRooms, type Rooms } from './rooms.ts';
import { runSelfTest, testKillSwitchDaily } from './self-test.ts';
import { DATABASE_VARIABLE } from './state-place.ts';

/** How often a running gateway looks whether a weakening has reached its last day. */
const WEAKENINGS_MS = 60_000;

export interface StartOptions {
  readonly config: Config;
  readonly dataFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Reads the configuration again, for a reload by the admin API. */
  readonly readConfig?: () => Config;
}

export interface Sallyport {
  readonly data: Listener;
  readonly admin: Listener;
  readonly rooms: Rooms;
  readonly metrics: Metrics;
  readonly compiled: Compiled;
  /** Takes a new configuration over without dropping a request; throws and keeps the old one when it is not valid. */
  reload(config: Config, who: string): void;
  /** Lets answers under way finish, writes everything, closes. */
  stop(): Promise<void>;
}

export async function startSallyport(options: StartOptions): Promise<Sallyport> {
  const { log, dataFolder, clock = systemClock } = options;
  const compileNow = (config: Config): Compiled => compileChecked(config, options, clock);
  let compiled = compileNow(options.config);
  const rooms = await openOwnRooms(options, compiled, clock);
  const metrics = createMetrics(rooms, clock);
  const refusals = countRefusals({ compiled: () => compiled, rooms, metrics, dataFolder, clock });
  const receivers = new Receivers({ dataFolder, ledger: rooms.ledger, log, metrics });
  const selfTest = { rooms, dataFolder, clock, random: systemRandom, log };
  const cleanUp: (() => Promise<void> | void)[] = [() => rooms.close()];
  let isDraining = false;
  const stop = async (): Promise<void> => {
    isDraining = true;
    // What was started last is stopped first.
    for (const step of cleanUp.splice(0).toReversed()) await step();
  };
  const reload = (config: Config, who: string): void => {
    const next = compileNow(config);
    const before = compiled;
    rooms.access.configure(next.access);
    compiled = next;
    recordReload(options, rooms, { next, who, atMs: clock.nowMs() });
    retireUpstreams(before);
    receivers.configure(next.receivers);
  };
  try {
    receivers.configure(compiled.receivers);
    const events = await startEvents({ config: options.config.events, dataFolder, ledger: rooms.ledger, clock, log });
    cleanUp.push(
      () => events.close(),
      () => receivers.close(),
      () => closeUpstreams(compiled),
      keepHouse({ rooms, events, receivers, refusals, log }),
      testKillSwitchDaily(selfTest),
      every(WEAKENINGS_MS, () => (compiled = endWeakenings(compiled, clock))),
    );
    const data = await startDataPlane({ compiled: () => compiled, rooms, metrics, refusals, dataFolder, clock, log });
    cleanUp.push(() => data.close());
    const readConfig = (): Config => options.readConfig?.() ?? compiled.config;
    const admin = await startAdmin({
      ...adminBasics(options, clock),
      rooms,
      metrics,
      dataPlane: data.listener,
      ...data.looks,
      refusals: () => refusals.counts,
      eventFile: () => events.status(),
      compiled: () => compiled,
      isDraining: () => isDraining,
      readConfig,
      reload: (who) => reload(readConfig(), who),
      testKillSwitch: () => runSelfTest(selfTest),
    });
    cleanUp.splice(-1, 0, () => admin.close(0));
    return {
      data: data.listener,
      admin,
      rooms,
      metrics,
      get compiled() {
        return compiled;
      },
      reload,
      stop,
    };
  } catch (error) {
    // A gateway that nobody can stop or look at is not started by halves.
    await stop();
    throw error;
  }
}

const adminBasics = ({ dataFolder, log }: StartOptions, clock: Clock) => ({
  clock,
  random: systemRandom,
  dataFolder,
  every,
  onBug: (error: unknown) => log.error({ err: error }, 'a request to the admin plane failed by a bug'),
});

/** Throws for what cannot work, and for what a policy asks for and cannot be had. */
function compileChecked(config: Config, { environment, dataFolder }: StartOptions, clock: Clock): Compiled {
  const compiled = compile(config, { clock, environment, demo: () => createDemoUpstream(after) });
  assertCanBeAsked([compiled.policy, ...compiled.routes.map(({ policy }) => policy)], dataFolder);
  return compiled;
}

async function openOwnRooms({ config, dataFolder, environment, log }: StartOptions, compiled: Compiled, clock: Clock): Promise<Rooms> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const { segmentBytesMax, retainDays, checkpointFile } = config.ledger;
  const read = (reference: string): string => readSecret(reference, environment);
  const checkpointPlaces =
    config.ledger.checkpointPlaces.length === 0
      ? []
      : (await import('./checkpoint-places.ts')).checkpointPlaces(config.ledger.checkpointPlaces, { read, nowMs: () => clock.nowMs() });
  const databaseUrl = environment[DATABASE_VARIABLE];
  const rooms = await openRooms({
    dataFolder,
    ...(databaseUrl === undefined || databaseUrl === '' ? {} : { databaseUrl }),
    clock,
    random: systemRandom,
    settings: compiled.access,
    replicas: compiled.replicas,
    onShared: (part, reason) =>
      reason === undefined
        ? log.warn(`${part} are shared with the other replicas again`)
        : log.error(`${part} cannot be shared with the other replicas (${reason}); ${choiceWords(compiled.access, part)}`),
    ledger: { segmentBytesMax, retainDays, ...(checkpointFile === undefined ? {} : { checkpointFile }), checkpointPlaces },
    onTrouble: (what, error) => log.error({ err: error }, `could not ${what}`),
  });
  const presetKey = environment[ADMIN_KEY_VARIABLE];
  if (presetKey !== undefined && presetKey !== '') rooms.keyring.preset(presetKey);
  return rooms;
}

const choiceWords = ({ onCounterLoss, onKillLoss }: Compiled['access'], part: SharedPart): string =>
  (part === 'orders' ? onKillLoss : onCounterLoss) === 'refuse'
    ? 'what needs them is refused, as replicas.onCounterLoss and onKillLoss say'
    : 'this replica goes on alone, as replicas.onCounterLoss and onKillLoss say';

/** Requests under way hold the old clients; they are closed when the longest of them can have ended. */
function retireUpstreams({ upstreams }: Compiled): void {
  for (const upstream of upstreams.values()) after(upstream.totalMs, () => void upstream.client.close());
}

async function closeUpstreams({ upstreams }: Compiled): Promise<void> {
  for (const upstream of upstreams.values()) await upstream.client.close();
}

/** For what has happened already, whether or not it can be recorded. */
function recordReload(
  { log }: StartOptions,
  { ledger }: Rooms,
  { next, who, atMs }: { readonly next: Compiled; readonly who: string; readonly atMs: number },
): void {
  const event: LedgerEvent = { kind: 'config.reloaded', atMs, data: { who, policy: next.policy.name, revision: next.policy.revision } };
  const trouble = (error: unknown): void => log.error({ err: error }, `could not record ${event.kind}`);
  try {
    ledger.append(event).durable.catch(trouble);
  } catch (error) {
    trouble(error);
  }
}
