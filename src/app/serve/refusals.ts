// Refused requests that are counted: what the counting is handed, and what metrics say of it.
import type Registry from 'prom-client/lib/registry.js';
import { ClientNames } from '../../gateway/client-names.ts';
import { RefusalCount } from '../../gateway/refusal-count.ts';
import { systemRandom } from '../../io/random.ts';
import type { Clock } from '../../core/ports.ts';
import type { Compiled } from '../config/compile.ts';
import type { Metrics } from './metrics.ts';
import type { Rooms } from './rooms.ts';
import { tenantKeys } from './tenant-keys.ts';
import { readGauge } from './read-gauge.ts';

export interface CountingTools {
  readonly compiled: () => Compiled;
  readonly rooms: Rooms;
  readonly metrics: Metrics;
  readonly dataFolder: string;
  readonly clock: Clock;
}

export function countRefusals({ compiled, rooms, metrics, dataFolder, clock }: CountingTools): RefusalCount {
  const clients = new ClientNames(tenantKeys(dataFolder, systemRandom));
  const refusals = new RefusalCount({
    clock,
    append: (event) => rooms.ledger.append(event),
    perMinute: () => compiled().gateway.refusalsPerMinute,
    clientName: (tenant, address) => clients.nameOf(tenant, address),
  });
  metrics.watchRefusals(() => refusals.counts, rooms.lostCounts);
  return refusals;
}

type Counts = RefusalCount['counts'];

const METRICS: Readonly<Record<string, readonly [string, (counts: Counts) => number]>> = {
  sallyport_refusals_recorded: [
    'Requests refused for a limit or an order that were recorded one by one, since the start.',
    ({ recorded }) => recorded,
  ],
  sallyport_refusals_counted: ['Such refusals beyond ledger.refusalsPerMinute, which are recorded as a number.', ({ counted }) => counted],
  sallyport_refusals_untold: ['Those of them whose number is not on record yet.', ({ untold }) => untold],
};

export function refusalGauges(registry: Registry, read: () => Counts, lost: number): void {
  for (const [name, [help, valueOf]] of Object.entries(METRICS)) readGauge(registry, name, { help, read: () => valueOf(read()) });
  readGauge(registry, 'sallyport_refusals_lost', {
    help: 'Callers whose refusals the last process was counting when it ended without telling how many.',
    read: () => lost,
  });
}
