// The shares of the stages as Prometheus metrics. Labels are the names of the stages.
import Gauge from 'prom-client/lib/gauge.js';
import type Registry from 'prom-client/lib/registry.js';
import type { VariantMemory } from '../../gateway/variant-memory.ts';
import type { StageShare, StageShares } from './stage-shares.ts';
import { readGauge } from './read-gauge.ts';

const METRICS: Readonly<Record<string, readonly [string, (share: StageShare) => number]>> = {
  sallyport_stage_texts: ['Texts that a stage of the injection cascade has judged since the start.', ({ texts }) => texts],
  sallyport_stage_flagged: ['Texts that a stage would flag by itself.', ({ flagged }) => flagged],
  sallyport_stage_alone: ['Texts that were flagged, and that no other stage would have flagged.', ({ alone }) => alone],
};

/** The same shares, which are told from now on. */
export function stageGauges(registry: Registry, shares: StageShares): StageShares {
  for (const [name, [help, valueOf]] of Object.entries(METRICS)) {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['stage'],
        registers: [],
        collect() {
          for (const [stage, share] of Object.entries(shares.of)) this.labels({ stage }).set(valueOf(share));
        },
      }),
    );
  }
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_second_looks',
      help: 'Second looks since the start, by how they ended.',
      labelNames: ['outcome'],
      registers: [],
      collect() {
        for (const [outcome, count] of Object.entries(shares.secondLooks)) this.labels({ outcome }).set(count);
      },
    }),
  );
  return shares;
}

type Counts = VariantMemory['counts'];

const VARIANT_METRICS: Readonly<Record<string, readonly [string, (counts: Counts) => number]>> = {
  sallyport_remembered_blocked_texts: ['Sketches of blocked texts that are held, over all tenants.', ({ held }) => held],
  sallyport_remembered_comparisons: ['Texts that were compared with blocked ones since the start.', ({ compared }) => compared],
  sallyport_remembered_variants: ['Texts that were high for resembling a blocked one alone, since the start.', ({ raised }) => raised],
};

export function variantGauges(registry: Registry, read: () => Counts): void {
  for (const [name, [help, valueOf]] of Object.entries(VARIANT_METRICS)) readGauge(registry, name, { help, read: () => valueOf(read()) });
}

export function detectorBugGauge(registry: Registry, read: () => ReadonlyMap<string, number>): void {
  registry.registerMetric(
    new Gauge({
      name: 'sallyport_detector_bugs',
      help: 'What detectors threw since the start, by detector: these texts were not looked at by it.',
      labelNames: ['detector'],
      registers: [],
      collect() {
        for (const [detector, count] of read()) this.labels({ detector }).set(count);
      },
    }),
  );
}
