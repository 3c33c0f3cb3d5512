// What was spent when, by whoever spent it: the course behind a budget.
import type { CompiledFilter, ChunkView } from './filter.ts';
import { passing } from './scan.ts';

export interface Spender {
  readonly principal: number;
  readonly tenant: number;
  /** Micro-units in each bucket, oldest first. */
  readonly microUnits: Float64Array;
}

export interface SpendSpan {
  readonly fromMs: number;
  readonly bucketMs: number;
  readonly buckets: number;
}

/** By principal and tenant, as the numbers of their words. One look through the chunks for all of them. */
export function spendOf(chunks: Iterable<ChunkView>, filter: CompiledFilter, span: SpendSpan): readonly Spender[] {
  const spenders = new Map<number, Spender>();
  for (const { chunk, places, count } of passing(chunks, filter)) {
    const [at, money] = [chunk.column('at'), chunk.column('microUnits')];
    const [principals, tenants] = [chunk.column('principal'), chunk.column('tenant')];
    for (let turn = 0; turn < count; turn++) {
      const place = places[turn] ?? 0;
      const spent = money[place] ?? 0;
      if (spent === 0) continue;
      const principal = principals[place] ?? 0;
      const bucket = Math.floor(((at[place] ?? 0) - span.fromMs) / span.bucketMs);
      const known = spenders.get(principal);
      const spender = known ?? { principal, tenant: tenants[place] ?? 0, microUnits: new Float64Array(span.buckets) };
      if (known === undefined) spenders.set(principal, spender);
      const sum = spender.microUnits[bucket];
      if (sum !== undefined) spender.microUnits[bucket] = sum + spent;
    }
  }
  return [...spenders.values()];
}
