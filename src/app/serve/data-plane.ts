// The data plane: the gateway with all that it is handed, behind its listener.
import type { Logger } from 'pino';
import type { Clock } from '../../core/ports.ts';
import { createSpanScanner, type SpanScanner } from '../../detect/span/scanner.ts';
import { CleanMemo } from '../../gateway/clean-memo.ts';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import type { Guards } from '../../gateway/guards.ts';
import type { RefusalCount } from '../../gateway/refusal-count.ts';
import { VariantMemory } from '../../gateway/variant-memory.ts';
import { listen, type Listener } from '../../io/http/listener.ts';
import { systemRandom } from '../../io/random.ts';
import { parseAddress } from '../config/address.ts';
import type { Compiled } from '../config/compile.ts';
import { appFault } from '../faults.ts';
import { after, every } from './after.ts';
import { createAsked } from './asked-door.ts';
import { bugOf, DetectorBugs } from './detector-bugs.ts';
import { FORMATS } from './formats.ts';
import { loadDetectors } from './guards.ts';
import type { ImageDoor } from '../../lens/images/image-door.ts';
import { createImageGuard } from './image-guard.ts';
import { createMeaningGuard, type MeaningGuard } from './meaning-guard.ts';
import type { Metrics } from './metrics.ts';
import { modelsOf } from './models.ts';
import { withOwnTypes, type OwnTypes } from './own-types.ts';
import type { Rooms } from './rooms.ts';
import { SecondLookKeeper } from './second-look-keeper.ts';
import type { AskerStatus } from './second-look-asker.ts';
import { tenantKeys } from './tenant-keys.ts';
import { readTls } from './tls.ts';

export interface DataPlane {
  readonly listener: Listener;
  /** What looks into requests, for whoever wants to try it without one. */
  readonly looks: {
    readonly guards: Guards;
    readonly images: ImageDoor;
    /** How whoever takes second looks is; undefined where none is configured. */
    readonly secondLook: () => AskerStatus | undefined;
  };
  /** Serves for as long as balancers need to notice, then refuses new requests, lets those under way finish, ends the guards' threads. */
  close(): Promise<void>;
}

export interface DataPlaneTools {
  /** Read anew for each request, so that a reload needs no restart. */
  readonly compiled: () => Compiled;
  readonly rooms: Rooms;
  readonly metrics: Metrics;
  readonly refusals: RefusalCount;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const SWEEP_MS = 60_000;
/** Turns of the loop that a long text leaves to others between two slices; one request of theirs takes about ten. */
const TURNS = 8;

export async function startDataPlane({ compiled, rooms, metrics, refusals, dataFolder, clock, log }: DataPlaneTools): Promise<DataPlane> {
  const detectors = await loadDetectors();
  const bugs = detectorBugs(log, metrics);
  const spans = createSpanScanner(detectors.spans, (error) => bugs.take(bugOf('spans', error)));
  const own = withOwnTypes(spans, () => compiled().config.detectors.custom);
  const memo = new CleanMemo();
  const variants = new VariantMemory({
    clock,
    random: systemRandom,
    settings: () => compiled().variants,
    isAccepted: (tenant, rule, fingerprint) => rooms.acceptances.covers(tenant, rule, fingerprint),
  });
  metrics.watchVariants(() => variants.counts);
  const secondLook = keepSecondLook({ compiled, rooms, metrics, clock, log, spans: own.spans, memo });
  await secondLook.start();
  const underWay = rooms.access.inFlight.count;
  const meaningGuard = createMeaningGuard({ parts: detectors.meaning, shares: metrics.stages, secondLook, onBug: bugs.take, underWay });
  const guards = guardsOf(meaningGuard, { own, underWay, asked: createAsked(dataFolder, bugs.take) });
  const imageGuard = createImageGuard(() => compiled().images);
  const gateway = createGateway({
    access: rooms.access,
    ledger: rooms.ledger,
    guards,
    memo,
    variants,
    refusals,
    formats: FORMATS,
    routes: () => compiled().routes,
    settings: () => compiled().gateway,
    predict: () => compiled().predict,
    images: () => imageGuard,
    tenantKey: tenantKeys(dataFolder, systemRandom),
    acceptances: (tenant) => ({
      isAccepted: (finding, matched) => rooms.acceptances.find(tenant, finding.rule, matched) !== undefined,
      fingerprintOf: (matched) => rooms.acceptances.fingerprintOf(matched),
    }),
    models: modelsOf(compiled),
    clock,
    random: systemRandom,
    metrics: metrics.gateway,
    yieldLoop: () => turns(isBusy(underWay) ? TURNS : 1),
    after,
    onBug: (error, requestId) => log.error({ err: error, requestId }, 'a request failed by a bug'),
  });
  const listener = await listenOn(compiled(), {
    handler: gateway.handle,
    onBug: (error) => log.error({ err: error }, 'a connection failed by a bug'),
  });
  const endKeeping = keepLittle(gateway, rooms);
  return {
    listener,
    looks: { guards, images: imageGuard, secondLook: () => secondLook.status },
    async close() {
      endKeeping();
      listener.leave();
      const { leaveMs } = compiled().config.http;
      if (leaveMs > 0) await new Promise<void>((resolve) => void after(leaveMs, resolve));
      gateway.drain();
      await listener.close(compiled().config.http.drainMs);
      await meaningGuard.close();
      await secondLook.close();
      await imageGuard.close();
      try {
        refusals.tell(true);
      } catch (error) {
        // The next start finds that counts are missing, and says so.
        log.error({ err: error }, 'could not record how many requests were refused');
      }
    },
  };
}

function guardsOf({ meaning, long }: MeaningGuard, { own, underWay, asked }: GuardTools): Guards {
  return {
    meaning,
    // A thread does not know the types that an operator defined. And where nobody waits, thread and loop share the work.
    long: (text, look, tenant) => (own.edition() === '' && isBusy(underWay) ? long(text, look, tenant) : undefined),
    ...own,
    asked,
  };
}

interface GuardTools {
  readonly own: OwnTypes;
  readonly underWay: Int32Array;
  readonly asked: NonNullable<Guards['asked']>;
}

/** Whether there are others than the one who asks. */
const isBusy = (underWay: Int32Array): boolean => (underWay[0] ?? 0) > 1;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}

function detectorBugs(log: Logger, metrics: Metrics): DetectorBugs {
  const bugs = new DetectorBugs(log);
  metrics.watchDetectorBugs(() => bugs.counts);
  return bugs;
}

/** What is kept of answers goes with its time, and at once for whomever an order stops. */
function keepLittle(gateway: Gateway, { access: { killSwitch } }: Rooms): () => void {
  const steps = [
    every(SWEEP_MS, () => gateway.sweep()),
    killSwitch.onChange(() => gateway.forget((owner) => killSwitch.killedBy({ ...owner, model: '', upstream: '' }) !== undefined)),
  ];
  return () => steps.forEach((step) => step());
}

interface Keeping extends Omit<DataPlaneTools, 'dataFolder' | 'refusals'> {
  readonly spans: SpanScanner;
  readonly memo: CleanMemo;
}

/** Which files judge is on record, so that a verdict can be asked about later. */
function keepSecondLook({ compiled, rooms, metrics, clock, log, spans, memo }: Keeping): SecondLookKeeper {
  const { secondLooks } = metrics.stages;
  return new SecondLookKeeper({
    settings: () => compiled().secondLook,
    spans,
    clock,
    random: systemRandom,
    count: (outcome) => (secondLooks[outcome] += 1),
    onChange: () => memo.forget(),
    onSettled({ state, detail, digests }) {
      if (state === 'failed') log.error(`nobody can take a second look: ${detail}`);
      const trouble = (error: unknown): void => log.error({ err: error }, 'could not record who takes second looks');
      try {
        rooms.ledger.append({ kind: 'second_look.settled', atMs: clock.nowMs(), data: { state, detail, digests } }).durable.catch(trouble);
      } catch (error) {
        trouble(error);
      }
    },
  });
}

async function listenOn({ config }: Compiled, served: Pick<Parameters<typeof listen>[0], 'handler' | 'onBug'>): Promise<Listener> {
  const { host, port } = parseAddress(config.listen);
  const tls = config.tls === undefined ? {} : { tls: readTls(config.tls) };
  try {
    return await listen({ host, port, ...tls, ...served, limits: { connectionsMax: config.http.connectionsMax } });
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw appFault('address_taken', { listen: config.listen, reason: String(error.code) }, { cause: error });
    throw error;
  }
}
