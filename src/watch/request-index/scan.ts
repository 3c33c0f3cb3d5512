// Goes through the chunks once and tells what passes: as places, as counts, as a course over time.
import { RULE_GLUE, type ColumnName, type Dictionaries } from './columns.ts';
import type { ChunkView, CompiledFilter } from './filter.ts';
import { CLASSES, VERDICTS } from './row.ts';

/** The places of a chunk that pass, oldest first. The array is used anew for the next chunk. */
export interface Passed {
  readonly chunk: ChunkView;
  readonly places: Uint16Array;
  readonly count: number;
}

/** Chunks whose rows pass, in the order in which they are given. */
export function* passing(chunks: Iterable<ChunkView>, filter: CompiledFilter): Generator<Passed, void, undefined> {
  let places = new Uint16Array(0);
  for (const chunk of chunks) {
    if (chunk.rows === 0 || !filter.mayHold(chunk)) continue;
    if (places.length < chunk.rows) places = new Uint16Array(chunk.rows);
    for (let at = 0; at < chunk.rows; at++) places[at] = at;
    let count = chunk.rows;
    for (const test of filter.tests) {
      count = test(chunk, places, count);
      if (count === 0) break;
    }
    if (count > 0) yield { chunk, places, count };
  }
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface Facets {
  readonly total: number;
  readonly tenants: readonly FacetValue[];
  readonly models: readonly FacetValue[];
  readonly upstreams: readonly FacetValue[];
  readonly verdicts: readonly FacetValue[];
  readonly rules: readonly FacetValue[];
  readonly classes: readonly FacetValue[];
}

const FACET_VALUES_MAX = 20;
const COUNTED = ['tenant', 'model', 'upstream', 'verdict', 'rules', 'classes'] as const;

export function facetsOf(chunks: Iterable<ChunkView>, filter: CompiledFilter, words: Dictionaries): Facets {
  const sizes: Readonly<Record<(typeof COUNTED)[number], number>> = {
    tenant: words.tenant.size,
    model: words.model.size,
    upstream: words.upstream.size,
    verdict: VERDICTS.length,
    rules: words.rules.size,
    classes: 1 << CLASSES.length,
  };
  const counts = COUNTED.map((name) => ({ name, counts: new Uint32Array(sizes[name]) }));
  let total = 0;
  for (const passed of passing(chunks, filter)) {
    total += passed.count;
    for (const one of counts) count(passed, one.name, one.counts);
  }
  const [tenants, models, upstreams, verdicts, rules, classes] = counts.map((one) => one.counts);
  return {
    total,
    tenants: topOf(tenants, (code) => words.tenant.textOf(code)),
    models: topOf(models, (code) => words.model.textOf(code)),
    upstreams: topOf(upstreams, (code) => words.upstream.textOf(code)),
    verdicts: topOf(verdicts, (code) => VERDICTS[code] ?? ''),
    rules: topIn(spreadSets(rules, words.rules.texts)),
    classes: topIn(spreadBits(classes)),
  };
}

function count({ chunk, places, count: passed }: Passed, name: ColumnName, counts: Uint32Array): void {
  const column = chunk.column(name);
  for (let at = 0; at < passed; at++) {
    const code = column[places[at] ?? 0] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
}

function topOf(counts: Uint32Array | undefined, textOf: (code: number) => string): readonly FacetValue[] {
  const found = new Map<string, number>();
  for (const [code, number] of (counts ?? []).entries()) if (number > 0) found.set(textOf(code), number);
  return topIn(found);
}

function topIn(found: ReadonlyMap<string, number>): readonly FacetValue[] {
  const values = [...found].filter(([value]) => value !== '').map(([value, number]) => ({ value, count: number }));
  return values.toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, FACET_VALUES_MAX);
}

function spreadSets(counts: Uint32Array | undefined, texts: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [code, number] of (counts ?? []).entries()) {
    if (number === 0) continue;
    for (const rule of (texts[code] ?? '').split(RULE_GLUE)) found.set(rule, (found.get(rule) ?? 0) + number);
  }
  return found;
}

function spreadBits(counts: Uint32Array | undefined): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [bits, number] of (counts ?? []).entries()) {
    if (number === 0) continue;
    for (const [at, name] of CLASSES.entries()) if ((bits & (1 << at)) !== 0) found.set(name, (found.get(name) ?? 0) + number);
  }
  return found;
}
