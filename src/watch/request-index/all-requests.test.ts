// The index tells what the records say: the same as a slow and plain reading of them, whatever they are and wherever it was cut.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { IndexFile } from '../../io/state/index-file.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { CHUNK_ROWS } from './columns.ts';
import { filterSchema, type RequestFilter } from './filter.ts';
import { Fold } from './fold.ts';
import { RequestIndex } from './all-requests.ts';
import { closedEvent, numbered, openedEvent, principalOf, refusedEvent, type MadeRequest } from './all-requests.fixture.ts';
import { CLASSES, FAMILIES, SEVERITIES, type RequestRow } from './row.ts';
import { Words, WORDS_MAX } from './words.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-index-'));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const newFile = (): string => join(folder, `index-${(files += 1)}.db`);

function indexOf(records: readonly LedgerRecord[], file = newFile()): RequestIndex {
  const index = new RequestIndex(IndexFile.open(file), 'ledger+1');
  index.load(records.length);
  index.apply(records);
  return index;
}

/** Both records of each request, one after the other. */
const recordsOf = (made: readonly MadeRequest[]): readonly LedgerRecord[] =>
  numbered(made.flatMap((one) => (one.status === 429 ? [refusedEvent(one)] : [openedEvent(one), closedEvent(one)])));

const all = (index: RequestIndex, filter: RequestFilter = {}): readonly RequestRow[] =>
  index.page({ filter, limit: 100_000, order: 'desc' }).items;

const ID = (at: number): string => `req_${String(at).padStart(20, 'a')}`;

const requests = fc.array(
  fc.record(
    {
      tenant: fc.constantFrom('acme', 'globex', 'umbrella'),
      keyId: fc.constantFrom('k1', 'k2'),
      model: fc.constantFrom('demo', 'large', 'm'.repeat(600), '=cmd()'),
      upstream: fc.constantFrom('main', 'other'),
      verdict: fc.constantFrom('allow', 'redact', 'block', 'would-block'),
      rules: fc.uniqueArray(fc.constantFrom('injection.a', 'injection.b', 'secrets.c'), { maxLength: 3 }),
      class: fc.constantFrom(...CLASSES),
      family: fc.constantFrom(...FAMILIES),
      severity: fc.constantFrom(...SEVERITIES),
      action: fc.constantFrom('allow', 'record', 'redact', 'block'),
      reason: fc.constantFrom(null, 'blocked_by_policy', 'upstream_timeout'),
      status: fc.constantFrom(200, 403, 429, 504),
      ms: fc.integer({ min: 0, max: 100_000 }),
      tokens: fc.integer({ min: 0, max: 10_000 }),
      microUnits: fc.integer({ min: 0, max: 1_000_000 }),
    },
    { requiredKeys: ['tenant', 'keyId', 'model', 'upstream', 'status'] },
  ),
  { maxLength: 60 },
);

const filters: fc.Arbitrary<RequestFilter> = fc.record(
  {
    tenant: fc.constantFrom('acme', 'nobody'),
    key: fc.constantFrom('k1', 'k9'),
    model: fc.constantFrom('demo', 'large'),
    upstream: fc.constantFrom('main'),
    verdict: fc.constantFrom('allow', 'redact', 'block', 'record', 'error'),
    rule: fc.constantFrom('injection.a', 'injection.*', 'none'),
    class: fc.constantFrom(...CLASSES),
    family: fc.constantFrom(...FAMILIES),
    severity: fc.constantFrom(...SEVERITIES),
    status: fc.constantFrom('200', '4xx'),
    from: fc.integer({ min: 0, max: 60_000 }),
    to: fc.integer({ min: 0, max: 60_000 }),
    q: fc.constantFrom('req_', 'req_aaaaaaaaaaaaaaaaaaa1', 'x'),
    minMs: fc.integer({ min: 0, max: 100_000 }),
  },
  { requiredKeys: [] },
);

/** The same question asked of a row, one member after the other. */
function passes(row: RequestRow, made: MadeRequest, filter: RequestFilter): boolean {
  const rules = row.opened === null ? [] : (made.rules ?? []);
  const has = { class: made.class ?? 'injection', family: made.family, severity: made.severity ?? 'high' };
  return [
    filter.tenant === undefined || filter.tenant === row.tenant,
    filter.key === undefined || filter.key === made.keyId,
    filter.model === undefined || filter.model === made.model,
    filter.upstream === undefined || filter.upstream === row.upstream,
    filter.verdict === undefined || filter.verdict === row.verdict,
    filter.rule === undefined ||
      rules.some((rule) => (filter.rule === 'injection.*' ? rule.startsWith('injection.') : rule === filter.rule)),
    filter.class === undefined || (rules.length > 0 && has.class === filter.class),
    filter.family === undefined || (rules.length > 0 && has.family === filter.family),
    filter.severity === undefined || (rules.length > 0 && has.severity === filter.severity),
    filter.status === undefined ||
      (filter.status === '4xx' ? Math.floor((row.status ?? 0) / 100) === 4 : String(row.status) === filter.status),
    row.at >= (filter.from ?? 0) && row.at < (filter.to ?? Infinity),
    row.id.startsWith(filter.q ?? ''),
    filter.minMs === undefined || (row.ms !== null && row.ms >= filter.minMs),
  ].every(Boolean);
}

const numberedRequests = (made: readonly Partial<MadeRequest>[]): readonly MadeRequest[] =>
  made.map((one, at) => ({ ...one, id: ID(at), atMs: at * 1_000 }));

describe('lists', () => {
  it('hold exactly what passes, newest first, whatever the filter', () => {
    fc.assert(
      fc.property(requests, filters, (given, filter) => {
        const made = numberedRequests(given);
        const index = indexOf(recordsOf(made));
        const every = all(index);
        const wanted = every.filter((row) => passes(row, made.find(({ id }) => id === row.id) ?? { id: '', atMs: 0 }, filter));
        expect(every).toHaveLength(made.length);
        expect(all(index, filter)).toEqual(wanted);
        expect(index.facets(filter).total).toBe(wanted.length);
        expect(every.map(({ closed }) => closed)).toEqual(every.map(({ closed }) => closed ?? 0).toSorted((a, b) => b - a));
        index.close();
      }),
      { numRuns: 60 },
    );
  });

  it('are the same in pages of any size, in both orders', () => {
    const made = numberedRequests(Array.from({ length: 37 }, (_, at) => ({ tenant: at % 3 === 0 ? 'globex' : 'acme' })));
    const index = indexOf(recordsOf(made));
    for (const order of ['desc', 'asc'] as const) {
      const filter = { tenant: 'acme' };
      const whole = index.page({ filter, limit: 1_000, order }).items;
      for (const limit of [1, 2, 5, 23, 24, 25]) {
        const pages: RequestRow[] = [];
        let cursor: number | undefined;
        for (let turns = 0; turns < 40; turns++) {
          const { items, nextCursor } = index.page({ filter, limit, cursor, order });
          pages.push(...items);
          if (nextCursor === null) break;
          cursor = nextCursor;
        }
        expect(pages).toEqual(whole);
      }
    }
    index.close();
  });

  it('show the requests under way until they end', () => {
    const made: MadeRequest = { id: ID(1), atMs: 5, tenant: 'acme' };
    const index = indexOf(numbered([openedEvent(made)]));
    expect(index.underWay({}, 10)).toMatchObject([{ id: ID(1), verdict: 'open', status: null, closed: null, opened: 0 }]);
    expect(index.underWay({ tenant: 'globex' }, 10)).toEqual([]);
    expect(index.underWay({ verdict: 'block' }, 10)).toEqual([]);
    expect(index.find(ID(1))?.verdict).toBe('open');
    index.apply(numbered([closedEvent(made)], 1));
    expect(index.underWay({}, 10)).toEqual([]);
    expect(index.find(ID(1))).toMatchObject({ verdict: 'allow', status: 200, closed: 1, opened: 0, keyId: 'k1' });
    expect(index.find('req_nobody')).toBeUndefined();
    index.close();
  });
});

describe('counts and courses', () => {
  it('count each value, and each rule of a request once', () => {
    const made = numberedRequests([
      { rules: ['injection.a', 'injection.b'], verdict: 'block', reason: 'blocked_by_policy', status: 403 },
      { rules: ['injection.a'], action: 'record' },
      { tenant: 'globex' },
    ]);
    const index = indexOf(recordsOf(made));
    expect(index.facets({})).toMatchObject({
      total: 3,
      tenants: [
        { value: 'acme', count: 2 },
        { value: 'globex', count: 1 },
      ],
      rules: [
        { value: 'injection.a', count: 2 },
        { value: 'injection.b', count: 1 },
      ],
      classes: [{ value: 'injection', count: 2 }],
      verdicts: [
        { value: 'allow', count: 1 },
        { value: 'block', count: 1 },
        { value: 'record', count: 1 },
      ],
    });
    index.close();
  });

  it('put sums and percentiles where they belong, within four per cent', () => {
    const made = numberedRequests(Array.from({ length: 100 }, (_, at) => ({ ms: (at + 1) * 10, tokens: 3, microUnits: 2 })));
    const index = indexOf(recordsOf(made));
    const buckets = index.series({}, { fromMs: 0, toMs: 200_000, bucketMs: 100_000 });
    expect(buckets).toHaveLength(2);
    expect(buckets[0]).toMatchObject({ at: 0, total: 100, inputTokens: 300, outputTokens: 300, microUnits: 200, blocked: 0 });
    expect(Math.abs((buckets[0]?.p50Ms ?? 0) / 500 - 1)).toBeLessThan(0.05);
    expect(Math.abs((buckets[0]?.p99Ms ?? 0) / 990 - 1)).toBeLessThan(0.05);
    expect(buckets[1]).toMatchObject({ total: 0, p50Ms: null, p99Ms: null });
    index.close();
  });
});

describe('what is kept', () => {
  const many = (count: number): readonly MadeRequest[] =>
    numberedRequests(Array.from({ length: count }, (_, at) => ({ tenant: at % 2 === 0 ? 'acme' : 'globex', keyId: `k${at % 5}` })));

  it('goes on where it was saved, over a full chunk and a growing one', () => {
    const records = recordsOf(many(CHUNK_ROWS + 100));
    const file = newFile();
    const cut = 2 * CHUNK_ROWS + 51;
    const before = indexOf(records.slice(0, cut), file);
    const position = { index: cut, segment: 0, offset: 99 };
    before.save(position);
    before.close();
    const after = new RequestIndex(IndexFile.open(file), 'ledger+1');
    expect(after.load(records.length)).toEqual(position);
    after.apply(records.slice(cut));
    const whole = indexOf(records);
    expect(all(after)).toEqual(all(whole));
    expect(after.facets({ tenant: 'globex' })).toEqual(whole.facets({ tenant: 'globex' }));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    after.close();
    whole.close();
  });

  it('is thrown away when it is of another ledger, ahead of this one, or damaged', () => {
    const records = recordsOf(many(3));
    const file = newFile();
    const index = indexOf(records, file);
    index.save({ index: records.length, segment: 0, offset: 1 });
    index.close();
    for (const [ledger, durable] of [
      ['another+2', 100],
      ['ledger+1', records.length - 1],
    ] as const) {
      const reopened = new RequestIndex(IndexFile.open(file), ledger);
      expect([reopened.load(durable).index, reopened.rows]).toEqual([0, 0]);
      reopened.close();
    }
    writeFileSync(file, 'this is no database, and never was one'.repeat(1_000));
    const replaced = new RequestIndex(IndexFile.open(file), 'ledger+1');
    expect(replaced.load(10).index).toBe(0);
    replaced.close();
  });

  it('forgets what retention removed from the ledger', () => {
    const records = recordsOf(many(CHUNK_ROWS + 10));
    const index = indexOf(records);
    index.save({ index: records.length, segment: 0, offset: 1 });
    index.apply(numbered([{ kind: 'ledger.pruned', atMs: 1, data: { to: 2 * CHUNK_ROWS, retainDays: 1 } }], records.length));
    index.save({ index: records.length + 1, segment: 0, offset: 1 });
    expect(index.rows).toBe(10);
    index.close();
  });
});

describe('records of any age and any damage', () => {
  it('make rows and never an exception', () => {
    const kind = fc.constantFrom('request.opened', 'request.closed', 'request.refused', 'key.created', 'ledger.pruned', 'other');
    const data = fc.dictionary(
      fc.constantFrom('principal', 'model', 'verdict', 'findings', 'usage', 'reservation', 'status', 'durationMs', 'reason', 'to'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ kind, data, id: fc.constantFrom('req_1', 'req_2', undefined) })), (given) => {
        const events = given.map((one, at) => ({
          kind: one.kind,
          atMs: at,
          data: one.data as LedgerRecord['event']['data'],
          ...(one.id === undefined ? {} : { requestId: one.id }),
        }));
        const index = indexOf(numbered(events));
        expect(all(index).length).toBeLessThanOrEqual(events.length);
        index.facets({});
        index.close();
      }),
      { numRuns: 60 },
    );
  });

  it('end a request whose process died, by its reservation, and one that was never closed after two hours', () => {
    const fold = new Fold();
    const [first, second, third] = [1, 2, 3].map((at): MadeRequest => ({ id: ID(at), atMs: at }));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three were made');
    for (const record of numbered([openedEvent(first), openedEvent(second)])) fold.take(record);
    const died = { kind: 'request.closed', atMs: 9, data: { status: 0, reason: 'process_ended', reservation: { id: `r-${ID(1)}` } } };
    expect(fold.take({ index: 2, event: died })).toMatchObject([{ id: ID(1), verdict: 'error', because: 'process_ended' }]);
    const late = openedEvent({ ...third, atMs: 7_200_003 });
    expect(fold.take({ index: 3, event: late })).toMatchObject([{ id: ID(2), because: 'never_closed', closed: 3 }]);
    expect(fold.open.map(({ id }) => id)).toEqual([ID(3)]);
  });

  it('lose no row between two pages, also of many that were never closed', () => {
    const never = Array.from({ length: 9 }, (_, at) => openedEvent({ id: ID(at), atMs: at }));
    const later = Array.from({ length: 12 }, (_, at) => openedEvent({ id: ID(20 + at), atMs: 8_000_000 + at }));
    const index = indexOf(numbered([...never, ...later]));
    for (const order of ['desc', 'asc'] as const) {
      const ids: string[] = [];
      let cursor: number | undefined;
      for (;;) {
        const { items, nextCursor } = index.page({ filter: {}, limit: 4, order, cursor });
        ids.push(...items.map(({ id }) => id));
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      expect(ids.toSorted()).toEqual(never.map(({ requestId }) => requestId));
    }
    index.close();
  });
});

describe('limits', () => {
  it('give texts beyond the last number one number together', () => {
    const words = new Words(Array.from({ length: WORDS_MAX - 1 }, (_, at) => `w${at}`));
    expect(words.codeOf('last')).toBe(WORDS_MAX - 1);
    expect(words.textOf(words.codeOf('one more'))).toBe('(others)');
    expect(words.codeOf('and another')).toBe(words.codeOf('one more'));
  });

  it('refuse a filter that means nothing', () => {
    for (const query of [
      { verdict: 'maybe' },
      { status: '600' },
      { q: 'a b' },
      { from: '-1' },
      { unknown: 'x' },
      { rule: 'r'.repeat(129) },
    ])
      expect(filterSchema.safeParse(query).success).toBe(false);
    expect(principalOf('k')).toBe('p-k');
  });
});
