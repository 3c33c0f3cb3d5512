// Every request, narrowed by filters that stand in the address.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { toUrl } from '../api/client.ts';
import { countFilters, spanOf, toQuery, type RequestFilters } from '../api/filters.ts';
import { requestPage, useFacets, useRefresh, useSeries } from '../api/queries.ts';
import type { Bucket, Facets, RequestRow } from '../api/types.ts';
import { StackedBars, type Stack } from '../parts/bars.tsx';
import { Button } from '../parts/controls.tsx';
import { toCount, toShort } from '../parts/format.ts';
import { verdictWord } from '../parts/marks.tsx';
import { Grid } from '../parts/grid.tsx';
import { Icon } from '../parts/icons.tsx';
import { PageHead } from '../parts/page.tsx';
import { Answer, Empty, Failure } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { FilterBar, useFilter } from './filter-bar.tsx';
import { narrowRequest, REQUEST_COLUMNS, requestTone } from './request-columns.tsx';
import { Samples } from './samples.tsx';
import { changed } from '../shell/search.ts';

const PAGE = 100;
const BARS = 60;
/** Fewer records than this are caught up with before anybody has read the sentence. */
const BEHIND = 1_000;

export function RequestsPage() {
  const filters = useSearch({ from: '/requests' });
  const navigate = useNavigate();
  const list = useRequestList(filters);
  const refresh = useRefresh();
  const rows = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const behind = list.data?.pages[0]?.behind ?? 0;
  const onOpen = useCallback((row: RequestRow) => void navigate({ to: '/requests/$id', params: { id: row.id } }), [navigate]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <div className="page page-fill">
      <PageHead title="Requests" about={behind > BEHIND ? `The index is ${toCount(behind)} records behind and catching up.` : undefined}>
        <Button kind="quiet" icon="refresh" disabled={list.isFetching} onClick={() => void refresh('requests')}>
          Refresh
        </Button>
        <Export filters={filters} />
      </PageHead>
      <FilterBar filters={filters} />
      <Histogram filters={filters} />
      <div className="with-facets">
        <FacetList filters={filters} />
        <div className="fill">
          {list.error !== null && rows.length > 0 && <Failure error={list.error} what="More could not be read" />}
          <Answer of={list} what="The requests could not be read">
            {() =>
              rows.length === 0 ? (
                <NoRequests isFiltered={countFilters(filters) > 0} />
              ) : (
                <Grid
                  label="Requests"
                  rows={rows}
                  columns={REQUEST_COLUMNS}
                  keyOf={(row) => row.id}
                  narrow={narrowRequest}
                  onOpen={onOpen}
                  onEnd={onEnd}
                  toneOf={requestTone}
                />
              )
            }
          </Answer>
        </div>
      </div>
    </div>
  );
}

const useRequestList = (filters: RequestFilters) =>
  useInfiniteQuery({
    queryKey: ['requests', 'list', filters],
    queryFn: ({ pageParam, signal }) => requestPage({ ...toQuery(filters, Date.now()), limit: PAGE, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });

const NoRequests = ({ isFiltered }: { readonly isFiltered: boolean }) =>
  isFiltered ? (
    <Empty title="Nothing fits these filters">
      <p>Take a filter away, or look at a longer time.</p>
    </Empty>
  ) : (
    <Empty title="No requests in this time">
      <p>Send one, and it stands here:</p>
      <Samples />
    </Empty>
  );

function Histogram({ filters }: { readonly filters: RequestFilters }) {
  const navigate = useNavigate();
  const { from, to } = spanOf(filters, Date.now());
  const bucketMs = Math.max(1_000, Math.ceil((to - from) / BARS / 1_000) * 1_000);
  const series = useSeries({ query: () => ({ ...toQuery(filters, Date.now()), bucketMs }), key: [filters, bucketMs] });
  if (series.data === undefined) return <div className="bars" data-waiting="true" />;
  const stacks = toStacks(series.data.buckets, { from, to, bucketMs });
  const total = series.data.buckets.reduce((sum, bucket) => sum + bucket.total, 0);
  const blocked = series.data.buckets.reduce((sum, bucket) => sum + bucket.blocked, 0);
  return (
    <div className="histogram">
      <p className="histogram-sum">
        <strong className="num">{toCount(total)}</strong> requests, <strong className="num tone-block">{toCount(blocked)}</strong> blocked
      </p>
      <StackedBars
        label={`${total} requests over time, ${blocked} of them blocked`}
        stacks={stacks}
        bucketMs={bucketMs}
        onPick={(start, end) => void navigate({ to: '.', search: (before) => changed(before, { since: undefined, from: start, to: end }) })}
      />
    </div>
  );
}

/** Every bucket of the time, those without requests too. */
function toStacks(
  buckets: readonly Bucket[],
  { from, to, bucketMs }: { readonly from: number; readonly to: number; readonly bucketMs: number },
): readonly Stack[] {
  const first = Math.floor(from / bucketMs) * bucketMs;
  const byStart = new Map(buckets.map((bucket) => [Math.floor(bucket.at / bucketMs) * bucketMs, bucket]));
  return Array.from({ length: Math.min(BARS + 1, Math.ceil((to - first) / bucketMs)) }, (_, step) => {
    const at = first + step * bucketMs;
    const bucket = byStart.get(at);
    if (bucket === undefined) return { at, parts: [] };
    const { total, blocked, redacted, errors } = bucket;
    return {
      at,
      parts: [
        { tone: 'block', count: blocked },
        { tone: 'error', count: errors },
        { tone: 'redact', count: redacted },
        { tone: 'allow', count: Math.max(0, total - blocked - redacted - errors) },
      ],
    };
  });
}

const FACETS: readonly (readonly [facet: string, filter: keyof RequestFilters, title: string])[] = [
  ['verdicts', 'verdict', 'Verdict'],
  ['rules', 'rule', 'Rule'],
  ['classes', 'class', 'Class'],
  ['models', 'model', 'Model'],
  ['tenants', 'tenant', 'Tenant'],
];

function FacetList({ filters }: { readonly filters: RequestFilters }) {
  const facets = useFacets(toQuery(filters, Date.now()), [filters]);
  if (facets.data === undefined) return null;
  return (
    <aside className="facets" aria-label="Narrow down">
      {FACETS.map(([facet, filter, title]) => (
        <Facet key={facet} title={title} name={filter} chosen={filters[filter]} values={facets.data[facet] ?? []} />
      ))}
    </aside>
  );
}

interface FacetProps {
  readonly title: string;
  readonly name: string;
  readonly chosen: unknown;
  readonly values: NonNullable<Facets[string]>;
}

function Facet({ title, name, chosen, values }: FacetProps) {
  const set = useFilter();
  if (values.length === 0) return null;
  return (
    <section>
      <h2 className="facet-title">{title}</h2>
      <ul>
        {values.slice(0, 8).map(({ value, count }) => (
          <li key={value}>
            <button
              type="button"
              className="facet"
              aria-pressed={chosen === value}
              onClick={() => set(name, chosen === value ? undefined : value)}
            >
              <Inert text={name === 'verdict' ? verdictWord(value) : value} />
              <span className="num">{toShort(count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['ocsf', 'OCSF 1.8'],
] as const;

function Export({ filters }: { readonly filters: RequestFilters }) {
  return (
    <details className="pop">
      <summary className="button" data-kind="plain">
        <Icon name="export" />
        Export
      </summary>
      <ul>
        {FORMATS.map(([format, text]) => (
          <li key={format}>
            <a href={toUrl('/api/requests/export', { ...toQuery(filters, Date.now()), format })} download={`requests.${format}`}>
              These requests as {text}
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
