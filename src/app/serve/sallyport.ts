// Starts everything and stops it again: rooms, guards, gateway, listeners. Wiring only.
import { mkdirSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { Clock } from '../../core/ports.ts';
import type { LedgerEvent } from '../../core/types.ts';
import { createMeaningJudge } from '../../detect/meaning/judge.ts';
import { createSpanScanner } from '../../detect/span/scanner.ts';
import type { GatewayDeps } from '../../gateway/deps.ts';
import { createDemoUpstream } from '../../gateway/demo/demo-upstream.ts';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import { systemClock } from '../../io/clock.ts';
import { listen, type Listener } from '../../io/http/listener.ts';
import { systemRandom } from '../../io/random.ts';
import { ADMIN_KEY_VARIABLE } from '../admin/admin-key.ts';
import { startAdmin } from '../admin/start-admin.ts';
import { parseAddress } from '../config/address.ts';
import { compile, type Compiled } from '../config/compile.ts';
import type { Config } from '../config/schema.ts';
import { appFault } from '../faults.ts';
import { FORMATS } from './formats.ts';
import { loadDetectors } from './guards.ts';
import { createMeaningGuard } from './meaning-guard.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { modelsOf } from './models.ts';
import { openRooms, type Rooms } from './rooms.ts';
import { readTls } from './tls.ts';
import { runSelfTest, testKillSwitchDaily } from './self-test.ts';
import { tenantKeys } from './tenant-keys.ts';

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

const HOUSEKEEPING_MS = 250;
const SAVE_EVERY_MS = 30_000;

export async function startSallyport(options: StartOptions): Promise<Sallyport> {
  const { log, dataFolder } = options;
  const clock = options.clock ?? systemClock;
  const demo = () => createDemoUpstream(after);
  const compileNow = (config: Config): Compiled => compile(config, { clock, environment: options.environment, demo });
  let compiled = compileNow(options.config);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const { ledger: ledgerConfig } = options.config;
  const rooms = await openRooms({
    dataFolder,
    clock,
    random: systemRandom,
    settings: compiled.access,
    ledger: {
      segmentBytesMax: ledgerConfig.segmentBytesMax,
      ...(ledgerConfig.checkpointFile === undefined ? {} : { checkpointFile: ledgerConfig.checkpointFile }),
    },
    onTrouble: (what, error) => log.error({ err: error }, `could not ${what}`),
  });
  const presetKey = options.environment[ADMIN_KEY_VARIABLE];
  if (presetKey !== undefined && presetKey !== '') rooms.keyring.preset(presetKey);
  const metrics = createMetrics(rooms, clock);
  const detectors = await loadDetectors();
  const meaningGuard = createMeaningGuard(createMeaningJudge(detectors.meaning));
  const deps: GatewayDeps = {
    access: rooms.access,
    ledger: rooms.ledger,
    guards: { meaning: meaningGuard.meaning, spans: createSpanScanner(detectors.spans) },
    formats: FORMATS,
    routes: () => compiled.routes,
    settings: () => compiled.gateway,
    tenantKey: tenantKeys(dataFolder, systemRandom),
    acceptances: (tenant) => ({
      isAccepted: (finding, matched) => rooms.acceptances.find(tenant, finding.rule, matched) !== undefined,
      fingerprintOf: (matched) => rooms.acceptances.fingerprintOf(matched),
    }),
    models: modelsOf(() => compiled),
    clock,
    random: systemRandom,
    metrics: metrics.gateway,
    yieldLoop: () => new Promise((resolve) => setImmediate(resolve)),
    after,
    onBug: (error, requestId) => log.error({ err: error, requestId }, 'a request failed by a bug'),
  };
  const gateway = createGateway(deps);
  const data = await listenOn(compiled, gateway, log);
  const stopHousekeeping = keepHouse(rooms, log);
  const selfTest = { rooms, dataFolder, clock, random: systemRandom, log };
  const stopSelfTest = testKillSwitchDaily(selfTest);
  const reload = (config: Config, who: string): void => {
    const next = compileNow(config);
    const before = compiled;
    rooms.access.configure(next.access);
    compiled = next;
    record(rooms, log, {
      kind: 'config.reloaded',
      atMs: clock.nowMs(),
      data: { who, policy: next.policy.name, revision: next.policy.revision },
    });
    // Requests under way hold the old clients; they are closed when the longest of them can have ended.
    for (const upstream of before.upstreams.values()) after(upstream.totalMs, () => void upstream.client.close());
  };
  let isDraining = false;
  let admin: Listener | undefined;
  const stop = async (): Promise<void> => {
    isDraining = true;
    gateway.drain();
    await data.close(compiled.config.http.drainMs);
    stopHousekeeping();
    stopSelfTest();
    for (const upstream of compiled.upstreams.values()) await upstream.client.close();
    await meaningGuard.close();
    await admin?.close(0);
    await rooms.close();
  };
  try {
    admin = await startAdmin(
      {
        rooms,
        metrics,
        clock,
        guards: deps.guards,
        compiled: () => compiled,
        isDraining: () => isDraining,
        reload: (who) => reload((options.readConfig ?? (() => compiled.config))(), who),
        testKillSwitch: () => runSelfTest(selfTest),
        onBug: (error) => log.error({ err: error }, 'a request to the admin plane failed by a bug'),
      },
      data.port,
    );
  } catch (error) {
    // A gateway that nobody can stop or look at is not started by halves.
    await stop();
    throw error;
  }
  return {
    data,
    admin,
    rooms,
    metrics,
    get compiled() {
      return compiled;
    },
    reload,
    stop,
  };
}

/** For what has happened already, whether or not it can be recorded. */
function record(rooms: Rooms, log: Logger, event: LedgerEvent): void {
  const trouble = (error: unknown): void => log.error({ err: error }, `could not record ${event.kind}`);
  try {
    rooms.ledger.append(event).durable.catch(trouble);
  } catch (error) {
    trouble(error);
  }
}

function after(ms: number, then: () => void): () => void {
  const timer = ms === 0 ? setImmediate(then) : setTimeout(then, ms);
  return () => {
    if ('hasRef' in timer && ms === 0) clearImmediate(timer as NodeJS.Immediate);
    else clearTimeout(timer as NodeJS.Timeout);
  };
}

async function listenOn(compiled: Compiled, gateway: Gateway, log: Logger): Promise<Listener> {
  const { config } = compiled;
  const { host, port } = parseAddress(config.listen);
  try {
    return await listen({
      host,
      port,
      ...(config.tls === undefined ? {} : { tls: readTls(config.tls) }),
      handler: gateway.handle,
      onBug: (error) => log.error({ err: error }, 'a connection failed by a bug'),
      limits: { connectionsMax: config.http.connectionsMax },
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw appFault('address_taken', { listen: config.listen, reason: String(error.code) }, { cause: error });
    throw error;
  }
}

/** What has to happen now and then, whoever calls. */
function keepHouse(rooms: Rooms, log: Logger): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const unwatch = rooms.access.killSwitch.watch();
  const trouble = (what: string) => (error: unknown) => log.error({ err: error }, `could not ${what}`);
  const often = setInterval(() => {
    rooms.access.observeLoad(delay.percentile(99) / 1e6);
    delay.reset();
    rooms.access.budgets.sweep();
    rooms.ledger.tick().catch(trouble('tend the ledger'));
    rooms.catchUp().catch(trouble('take over changes'));
  }, HOUSEKEEPING_MS);
  const seldom = setInterval(() => void rooms.saveBudgets().catch(trouble('keep the budgets')), SAVE_EVERY_MS);
  return () => {
    clearInterval(often);
    clearInterval(seldom);
    unwatch();
    delay.disable();
  };
}
