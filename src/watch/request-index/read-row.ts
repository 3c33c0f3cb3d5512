// From columns, or from what is kept of a request under way, back to a row that a list shows.
import { ID_BYTES, NONE, type ColumnName, type Dictionaries } from './columns.ts';
import type { ChunkView } from './filter.ts';
import type { OpenRow } from './fold.ts';
import type { KeyNames } from './key-names.ts';
import { CLASSES, namesOf, SEVERITIES, VERDICTS, type RequestRow } from './row.ts';

interface Place {
  readonly chunk: ChunkView;
  readonly place: number;
  readonly words: Dictionaries;
  readonly keys: KeyNames;
}

export function rowAt({ chunk, place, words, keys }: Place): RequestRow {
  const of = (name: ColumnName): number => chunk.column(name)[place] ?? 0;
  const principal = words.principal.textOf(of('principal'));
  const streamed = of('streamed');
  return {
    id: idAt(chunk, place),
    at: of('at'),
    tenant: words.tenant.textOf(of('tenant')),
    keyId: keys.keyOf(principal) ?? null,
    principal,
    model: words.model.textOf(of('model')),
    upstream: words.upstream.textOf(of('upstream')),
    format: words.format.textOf(of('format')),
    streamed: streamed === 2 ? null : streamed === 1,
    status: orNull(of('status'), 0),
    verdict: VERDICTS[of('verdict')] ?? 'error',
    because: words.because.textOf(of('because')) || null,
    findings: of('findings'),
    topRule: words.topRule.textOf(of('topRule')) || null,
    severity: namesOf(of('severities'), SEVERITIES).at(-1) ?? null,
    classes: namesOf(of('classes'), CLASSES),
    inputTokens: of('inputTokens'),
    outputTokens: of('outputTokens'),
    microUnits: of('microUnits'),
    ms: orNull(of('ms'), NONE),
    firstByteMs: orNull(of('firstByteMs'), NONE),
    opened: orNull(of('opened'), -1),
    closed: of('closed'),
  };
}

const orNull = (value: number, none: number): number | null => (value === none ? null : value);

function idAt(chunk: ChunkView, place: number): string {
  const bytes = chunk.column('id').subarray(place * ID_BYTES, (place + 1) * ID_BYTES);
  return String.fromCharCode(...bytes).replace(/\0+$/, '');
}

export function rowOfOpen({ seen, ...row }: OpenRow, keys: KeyNames): RequestRow {
  const { id, at, tenant, principal, model, upstream, format } = row;
  return {
    id,
    at,
    tenant,
    principal,
    model,
    upstream,
    format,
    keyId: keys.keyOf(principal) ?? row.keyId ?? null,
    streamed: null,
    status: null,
    verdict: 'open',
    because: null,
    findings: seen.findings,
    topRule: seen.topRule || null,
    severity: namesOf(seen.severities, SEVERITIES).at(-1) ?? null,
    classes: namesOf(seen.classes, CLASSES),
    inputTokens: 0,
    outputTokens: 0,
    microUnits: 0,
    ms: null,
    firstByteMs: null,
    opened: row.opened,
    closed: null,
  };
}
