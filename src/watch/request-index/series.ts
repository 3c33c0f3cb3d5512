// The course over time: what passed, bucket by bucket, with percentiles from a histogram.
import type { ChunkView, CompiledFilter } from './filter.ts';
import { NONE, type Column } from './columns.ts';
import { VERDICTS } from './row.ts';
import { passing, type Passed } from './scan.ts';

export interface Bucket {
  /** Unix milliseconds at which it begins. */
  readonly at: number;
  readonly total: number;
  readonly blocked: number;
  readonly redacted: number;
  readonly errors: number;
  /** Milliseconds, to within four per cent; null without a request that ended. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly microUnits: number;
}

export interface Span {
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly bucketMs: number;
}

/** A day by minutes fits. */
export const BUCKETS_MAX = 1_500;

/** Bins of a histogram whose bounds grow by a twelfth: 4 % off at most, from a millisecond to an hour. */
const GROWTH = Math.log(13 / 12);
const BINS = Math.ceil(Math.log(3_600_000) / GROWTH) + 2;
const workOutBin = (ms: number): number => Math.min(BINS - 1, Math.round(Math.log(ms + 1) / GROWTH));
/** Most requests end within seconds, and a logarithm for each of a million takes 40 ms. */
const SHORT_BINS = Uint16Array.from({ length: 16_384 }, (_, ms) => workOutBin(ms));
const binOf = (ms: number): number => SHORT_BINS[ms] ?? workOutBin(ms);
const msOf = (bin: number): number => Math.round(Math.exp(bin * GROWTH) - 1);

const SUMS = ['total', 'blocked', 'redacted', 'errors', 'inputTokens', 'outputTokens', 'microUnits', 'timed'] as const;

class Totals {
  readonly #buckets: number;
  readonly #sums: Readonly<Record<(typeof SUMS)[number], Float64Array>>;
  readonly #bins: Uint32Array;

  constructor(buckets: number) {
    this.#buckets = buckets;
    const sum = (): Float64Array => new Float64Array(buckets);
    this.#sums = {
      total: sum(),
      blocked: sum(),
      redacted: sum(),
      errors: sum(),
      inputTokens: sum(),
      outputTokens: sum(),
      microUnits: sum(),
      timed: sum(),
    };
    this.#bins = new Uint32Array(buckets * BINS);
  }

  add({ chunk, places, count }: Passed, { fromMs, bucketMs }: Span): void {
    const [at, verdict, ms] = [chunk.column('at'), chunk.column('verdict'), chunk.column('ms')];
    const [input, output, money] = [chunk.column('inputTokens'), chunk.column('outputTokens'), chunk.column('microUnits')];
    const sums = this.#sums;
    const kinds = VERDICTS.map((name) => KIND_OF[name]);
    for (let turn = 0; turn < count; turn++) {
      const place = places[turn] ?? 0;
      const bucket = Math.floor((valueAt(at, place) - fromMs) / bucketMs);
      if (bucket < 0 || bucket >= this.#buckets) continue;
      const kind = kinds[valueAt(verdict, place)];
      bump(sums.total, bucket, 1);
      if (kind !== undefined) bump(sums[kind], bucket, 1);
      bump(sums.inputTokens, bucket, valueAt(input, place));
      bump(sums.outputTokens, bucket, valueAt(output, place));
      bump(sums.microUnits, bucket, valueAt(money, place));
      const took = valueAt(ms, place);
      if (took === NONE) continue;
      bump(sums.timed, bucket, 1);
      bump(this.#bins, bucket * BINS + binOf(took), 1);
    }
  }

  bucket(at: number, bucket: number): Bucket {
    const of = (name: (typeof SUMS)[number]): number => this.#sums[name][bucket] ?? 0;
    return {
      at,
      total: of('total'),
      blocked: of('blocked'),
      redacted: of('redacted'),
      errors: of('errors'),
      p50Ms: this.#percentile(bucket, 0.5),
      p99Ms: this.#percentile(bucket, 0.99),
      inputTokens: of('inputTokens'),
      outputTokens: of('outputTokens'),
      microUnits: of('microUnits'),
    };
  }

  #percentile(bucket: number, share: number): number | null {
    const timed = this.#sums.timed[bucket] ?? 0;
    if (timed === 0) return null;
    let left = Math.ceil(timed * share);
    for (let bin = 0; bin < BINS; bin++) {
      left -= this.#bins[bucket * BINS + bin] ?? 0;
      if (left <= 0) return msOf(bin);
    }
    return msOf(BINS - 1);
  }
}

const KIND_OF: Readonly<Partial<Record<(typeof VERDICTS)[number], 'blocked' | 'redacted' | 'errors'>>> = {
  block: 'blocked',
  redact: 'redacted',
  error: 'errors',
};

const valueAt = (column: Column, place: number): number => column[place] ?? 0;

function bump(sums: Float64Array | Uint32Array, at: number, by: number): void {
  sums[at] = (sums[at] ?? 0) + by;
}

export function seriesOf(chunks: Iterable<ChunkView>, filter: CompiledFilter, span: Span): readonly Bucket[] {
  const buckets = Math.min(BUCKETS_MAX, Math.max(1, Math.ceil((span.toMs - span.fromMs) / span.bucketMs)));
  const totals = new Totals(buckets);
  for (const passed of passing(chunks, filter)) totals.add(passed, span);
  return Array.from({ length: buckets }, (_, bucket) => totals.bucket(span.fromMs + bucket * span.bucketMs, bucket));
}
