// What a list is narrowed to, made into tests over columns: each test thins out the places that the one before it left.
import { z } from 'zod';
import { ID_BYTES, RULE_GLUE, type Column, type ColumnName, type Dictionaries, type WordColumn } from './columns.ts';
import { bitOf, CLASSES, FAMILIES, SEVERITIES, VERDICTS } from './row.ts';

const millis = z.coerce.number().int().min(0).max(8.64e15);

/** The members of a query that narrow it. Texts must fit exactly; `q` is the beginning of an id. */
export const filterSchema = z.strictObject({
  tenant: z.string().max(64).optional(),
  key: z.string().max(64).optional().describe('Id of a key.'),
  model: z.string().max(512).optional(),
  upstream: z.string().max(512).optional(),
  verdict: z.enum(VERDICTS).optional(),
  rule: z.string().max(128).optional().describe('A rule id; a trailing * matches a prefix.'),
  class: z.enum(CLASSES).optional(),
  family: z.enum(FAMILIES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  status: z
    .string()
    .regex(/^[1-5](?:\d\d|xx)$/)
    .optional()
    .describe('A status, or a class of them such as 4xx.'),
  streamed: z.enum(['true', 'false']).optional(),
  from: millis.optional().describe('Unix milliseconds of the first record, inclusive.'),
  to: millis.optional().describe('Unix milliseconds of the first record, exclusive.'),
  q: z
    .string()
    .max(ID_BYTES)
    .regex(/^[\w-]*$/)
    .optional()
    .describe('Beginning of a request id.'),
  minMs: z.coerce.number().int().min(0).max(86_400_000).optional().describe('Shortest duration.'),
});

export type RequestFilter = Readonly<z.output<typeof filterSchema>>;

/** A chunk as tests see it. */
export interface ChunkView {
  readonly rows: number;
  column(name: ColumnName | 'id'): Column;
  /** Least and greatest `at`. */
  readonly atMin: number;
  readonly atMax: number;
  /** Least and greatest `closed`. */
  readonly closedMin: number;
  readonly closedMax: number;
}

/** Keeps the places that pass, in order; returns how many. */
type Test = (chunk: ChunkView, places: Uint16Array, count: number) => number;

export interface CompiledFilter {
  /** False where nothing in this chunk can pass. */
  mayHold(chunk: ChunkView): boolean;
  readonly tests: readonly Test[];
}

export interface FilterTools {
  readonly words: Dictionaries;
  /** Names under which the records know a key. */
  principalOf(keyId: string): string | undefined;
}

export function compileFilter(filter: RequestFilter, tools: FilterTools): CompiledFilter {
  const { words } = tools;
  const { from = 0, to = Infinity } = filter;
  const isText = (name: WordColumn, text: string | undefined): Test => {
    const code = text === undefined ? undefined : words[name].find(text);
    return code === undefined ? NOTHING : equals(name, code);
  };
  const tests = [
    // The tests that leave the least come first.
    ...given(filter.q, idBegins),
    ...given(filter.key, (keyId) => isText('principal', tools.principalOf(keyId))),
    ...given(filter.tenant, (text) => isText('tenant', text)),
    ...given(filter.model, (text) => isText('model', text)),
    ...given(filter.upstream, (text) => isText('upstream', text)),
    ...given(filter.verdict, (wanted) => equals('verdict', VERDICTS.indexOf(wanted))),
    ...given(filter.rule, (wanted) => oneOf('rules', ruleSets(words, wanted))),
    ...given(filter.class, (name) => hasBit('classes', bitOf(name, CLASSES))),
    ...given(filter.family, (wanted) => hasBit('families', bitOf(wanted, FAMILIES))),
    ...given(filter.severity, (wanted) => hasBit('severities', bitOf(wanted, SEVERITIES))),
    ...given(filter.status, (wanted) => statusIn(wanted)),
    ...given(filter.streamed, (wanted) => equals('streamed', Number(wanted === 'true'))),
    ...given(filter.minMs, (wanted) => within('ms', wanted, 0xffff_fffe)),
  ];
  const timed = within('at', from, to === Infinity ? Infinity : to - 1);
  return {
    mayHold: ({ atMin, atMax }) => atMax >= from && atMin < to,
    tests: [...tests, (chunk, places, count) => (chunk.atMin >= from && chunk.atMax < to ? count : timed(chunk, places, count))],
  };
}

const NOTHING: Test = () => 0;

const given = <Value>(value: Value | undefined, test: (value: Value) => Test): readonly Test[] =>
  value === undefined ? [] : [test(value)];

const equals =
  (name: ColumnName, wanted: number): Test =>
  (chunk, places, count) => {
    const column = chunk.column(name);
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const place = places[at] ?? 0;
      if (column[place] === wanted) places[kept++] = place;
    }
    return kept;
  };

const hasBit =
  (name: ColumnName, bit: number): Test =>
  (chunk, places, count) => {
    const column = chunk.column(name);
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const place = places[at] ?? 0;
      if (((column[place] ?? 0) & bit) !== 0) places[kept++] = place;
    }
    return kept;
  };

/** Both ends included. */
const within =
  (name: ColumnName, least: number, most: number): Test =>
  (chunk, places, count) => {
    const column = chunk.column(name);
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const place = places[at] ?? 0;
      const value = column[place] ?? 0;
      if (value >= least && value <= most) places[kept++] = place;
    }
    return kept;
  };

const oneOf =
  (name: WordColumn, isWanted: Uint8Array): Test =>
  (chunk, places, count) => {
    const column = chunk.column(name);
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const place = places[at] ?? 0;
      if (isWanted[column[place] ?? 0] === 1) places[kept++] = place;
    }
    return kept;
  };

const statusIn = (status: string): Test =>
  status.endsWith('xx')
    ? within('status', Number(status.charAt(0)) * 100, Number(status.charAt(0)) * 100 + 99)
    : equals('status', Number(status));

function idBegins(beginning: string): Test {
  const wanted = Buffer.from(beginning, 'latin1');
  return (chunk, places, count) => {
    const ids = chunk.column('id');
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const place = places[at] ?? 0;
      const start = place * ID_BYTES;
      // From the last byte on: all ids begin alike.
      let left = wanted.length;
      while (left > 0 && ids[start + left - 1] === wanted[left - 1]) left--;
      if (left === 0) places[kept++] = place;
    }
    return kept;
  };
}

/** Which sets of rules hold one that is asked for. */
function ruleSets({ rules }: Dictionaries, rule: string): Uint8Array {
  const fits = rule.endsWith('*') ? (one: string) => one.startsWith(rule.slice(0, -1)) : (one: string) => one === rule;
  return Uint8Array.from(rules.texts, (text) => Number(text !== '' && text.split(RULE_GLUE).some(fits)));
}
