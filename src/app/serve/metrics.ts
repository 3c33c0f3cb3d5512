// Prometheus metrics. Labels come from closed lists (formats, verdicts, rules), never from callers.
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Histogram from 'prom-client/lib/histogram.js';
import Registry from 'prom-client/lib/registry.js';
import { SHARED_PARTS } from '../../access/shared/health.ts';
import type { GatewayMetrics } from '../../gateway/deps.ts';
import type { RefusalCount } from '../../gateway/refusal-count.ts';
import type { VariantMemory } from '../../gateway/variant-memory.ts';
import type { Clock } from '../../core/ports.ts';
import type { FollowerStatus } from '../../watch/receivers/follower.ts';
import type { Rooms } from './rooms.ts';
import { refusalGauges } from './refusals.ts';
import { detectorBugGauge, stageGauges, variantGauges } from './stage-metrics.ts';
import { StageShares } from './stage-shares.ts';
import { readGauge } from './read-gauge.ts';

export interface Metrics {
  readonly gateway: GatewayMetrics;
  /** What each stage of the injection cascade has contributed. */
  readonly stages: StageShares;
  /** Counts what the receivers of events have taken. Their names are the operator's. */
  watchReceivers(read: () => readonly FollowerStatus[]): void;
  /** Counts what the memory of blocked texts holds and does. */
  watchVariants(read: () => VariantMemory['counts']): void;
  /** Counts refusals, recorded one by one or counted. */
  watchRefusals(read: () => RefusalCount['counts'], lost: number): void;
  /** Counts what detectors throw, by the id of the detector. */
  watchDetectorBugs(read: () => ReadonlyMap<string, number>): void;
  /** The exposition format of Prometheus. */
  text(): Promise<string>;
}

const LATENCY_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMetrics(rooms: Rooms, clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'sallyport_requests_total',
    help: 'Requests by format, status and verdict.',
    labelNames: ['format', 'status', 'verdict'],
    registers,
  });
  const findings = findingCounter(registers);
  const candidates = candidateCounter(registers);
  const duration = new Histogram({
    name: 'sallyport_request_seconds',
    help: 'Time from the request to the last byte.',
    labelNames: ['format'],
    buckets: LATENCY_SECONDS,
    registers,
  });
  const firstByte = new Histogram({
    name: 'sallyport_first_byte_seconds',
    help: 'Time from the request to the first byte of a stream.',
    buckets: LATENCY_SECONDS,
    registers,
  });
  const guard = new Histogram({
    name: 'sallyport_guard_seconds',
    help: 'Time that the input guards took.',
    buckets: [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25],
    registers,
  });
  const held = new Histogram({
    name: 'sallyport_held_characters',
    help: 'Most text held back in one stream.',
    buckets: [0, 1, 8, 32, 64, 128, 256],
    registers,
  });
  gauges(registry, rooms, clock);
  // A child looked up by its labels costs as much as all the rest of counting, and there are few of them.
  const counts = new Map<string, Counter.Internal>();
  const countOf = (
    name: string,
    labels: { readonly format: string; readonly status: string; readonly verdict: string },
  ): Counter.Internal => {
    const child = counts.get(name) ?? requests.labels(labels);
    counts.set(name, child);
    return child;
  };
  const durations = new Map<string, Histogram.Internal<'format'>>();
  const durationOf = (format: string): Histogram.Internal<'format'> => {
    const child = durations.get(format) ?? duration.labels({ format });
    durations.set(format, child);
    return child;
  };
  return {
    gateway: {
      request({ format, status, verdict, ms }) {
        countOf(`${format} ${status} ${verdict}`, { format, status: String(status), verdict }).inc();
        durationOf(format).observe(ms / 1000);
      },
      finding: ({ count, ...labels }) => findings.inc(labels, count),
      candidate: (labels) => candidates.inc(labels),
      firstByte: (ms) => firstByte.observe(ms / 1000),
      guard: (ms) => guard.observe(ms / 1000),
      held: (units) => held.observe(units),
    },
    ...outside(registry),
  };
}

const findingCounter = (registers: Registry[]): Counter<'rule' | 'class' | 'action' | 'direction'> =>
  new Counter({
    name: 'sallyport_findings_total',
    help: 'Findings by rule, class, action and direction.',
    labelNames: ['rule', 'class', 'action', 'direction'],
    registers,
  });

const candidateCounter = (registers: Registry[]): Counter<'verdict' | 'would' | 'direction'> =>
  new Counter({
    name: 'sallyport_candidate_verdicts_total',
    help: 'Requests and answers judged by a candidate policy too: what was done, and what it would have done.',
    labelNames: ['verdict', 'would', 'direction'],
    registers,
  });

function gauges(registry: Registry, rooms: Rooms, clock: Clock): void {
  const startedMs = clock.nowMs();
  const gauge = (name: string, help: string, read: () => number): void => readGauge(registry, name, { help, read });
  gauge('sallyport_in_flight', 'Requests under way.', () => rooms.access.inFlight.size);
  gauge('sallyport_reservations_open', 'Budget reservations under way.', () => rooms.access.budgets.openCount);
  gauge('sallyport_ledger_up', '1 while the ledger records.', () => (rooms.ledger.state === 'open' ? 1 : 0));
  gauge('sallyport_ledger_durable_records', 'Records that survive a power cut.', () => rooms.ledger.status().durableCount);
  gauge('sallyport_ledger_waiting_records', 'Records that wait for the disk.', () => rooms.ledger.status().waiting);
  gauge('sallyport_ledger_publish_owed', 'Second places that lack the newest checkpoint.', () => rooms.ledger.status().publishOwed);
  gauge('sallyport_kill_orders', 'Kill orders in force.', () => rooms.access.killSwitch.status().standing.length);
  for (const part of SHARED_PARTS) {
    gauge(`sallyport_shared_${part}_lost`, `1 while the ${part} of the replicas cannot be shared.`, () =>
      rooms.shared?.health.isLost(part) === true ? 1 : 0,
    );
  }
  gauge(
    'sallyport_shared_clock_skew_seconds',
    'Seconds that this machine is ahead of the database of the replicas.',
    () => (rooms.shared?.clock.skewMs ?? 0) / 1000,
  );
  gauge('sallyport_resident_bytes', 'Resident memory of this process.', () => process.memoryUsage.rss());
  gauge('sallyport_uptime_seconds', 'Seconds since the start.', () => (clock.nowMs() - startedMs) / 1000);
}

const outside = (
  registry: Registry,
): Pick<Metrics, 'stages' | 'watchReceivers' | 'watchVariants' | 'watchRefusals' | 'watchDetectorBugs' | 'text'> => ({
  stages: stageGauges(registry, new StageShares()),
  watchReceivers: (read) => receiverGauges(registry, read),
  watchVariants: (read) => variantGauges(registry, read),
  watchRefusals: (read, lost) => refusalGauges(registry, read, lost),
  watchDetectorBugs: (read) => detectorBugGauge(registry, read),
  text: () => registry.metrics(),
});

/** By metric: its help, and its value for one receiver. */
const RECEIVER_METRICS: Readonly<Record<string, readonly [string, (status: FollowerStatus) => number]>> = {
  sallyport_receiver_up: ['1 while a receiver takes events.', ({ trouble }) => (trouble === null ? 1 : 0)],
  sallyport_receiver_behind_records: ['Records that wait to be sent to a receiver.', ({ behind }) => behind],
  sallyport_receiver_delivered_events: ['Events that a receiver took since the start.', ({ delivered }) => delivered],
  sallyport_receiver_refused_events: ['Events that a receiver refused for good since the start.', ({ refused }) => refused],
  sallyport_receiver_failures: ['Failures of sending since the start.', ({ failures }) => failures],
  sallyport_receiver_skipped_records: ['Records that retention removed before they could be sent.', ({ skipped }) => skipped],
};

function receiverGauges(registry: Registry, read: () => readonly FollowerStatus[]): void {
  for (const [name, [help, valueOf]] of Object.entries(RECEIVER_METRICS)) {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['receiver'],
        registers: [],
        collect() {
          this.reset();
          for (const status of read()) this.labels({ receiver: status.name }).set(valueOf(status));
        },
      }),
    );
  }
}
