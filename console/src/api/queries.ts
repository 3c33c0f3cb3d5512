// What the pages ask, each under one name, so that whoever changes something knows what to ask again.
import { keepPreviousData, MutationCache, QueryCache, QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { get, Problem, type Query } from './client.ts';
import type {
  Acceptance, Budget, Bucket, CandidateAnswer, EffectivePolicy, Facets, FindingGroup, Health, KeyCard, KillStatus, LedgerPage, LedgerProof, LedgerStatus,
  PolicyDiff, RequestPage, Session, Story, TenantCard,
} from './types.ts'; // prettier-ignore

export function createQueries(): QueryClient {
  const onError = (error: unknown): void => {
    // The session ended somewhere else: the shell then asks to sign in.
    if (error instanceof Problem && error.status === 401) void client.invalidateQueries({ queryKey: ['session'] });
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error, query) => (query.queryKey[0] === 'session' ? undefined : onError(error)) }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 4_000,
        // What was refused will be refused again; what did not answer may answer.
        retry: (count, error) => count < 2 && error instanceof Problem && (error.status === 0 || error.status === 503),
        retryDelay: (count) => 500 * 2 ** count,
      },
    },
  });
  return client;
}

const SLOW_MS = 15_000;
const QUICK_MS = 5_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => get<Session>('/api/session', { signal }),
  staleTime: 60_000,
  refetchInterval: (query) => (query.state.error === null ? false : QUICK_MS),
});
export const useSession = () => useQuery(sessionQuery);

export const useKills = () =>
  useQuery({ queryKey: ['kill'], queryFn: ({ signal }) => get<KillStatus>('/api/kill', { signal }), refetchInterval: QUICK_MS });

export const useKeys = (tenant: string | undefined) =>
  useQuery({
    queryKey: ['keys', tenant],
    queryFn: ({ signal }) => get<{ readonly keys: readonly KeyCard[] }>('/api/keys', { query: { tenant }, signal }),
  });

export const useTenants = () =>
  useQuery({
    queryKey: ['tenants'],
    queryFn: ({ signal }) => get<{ readonly tenants: readonly TenantCard[] }>('/api/tenants', { signal }),
    staleTime: SLOW_MS,
  });

export const useBudgets = (tenant: string | undefined) =>
  useQuery({
    queryKey: ['budgets', tenant],
    queryFn: ({ signal }) => get<readonly Budget[] | { readonly items: readonly Budget[] }>('/api/budgets', { query: { tenant }, signal }),
    refetchInterval: SLOW_MS,
  });

export const requestPage = (query: Query, signal: AbortSignal) => get<RequestPage>('/api/requests', { query, signal });

export const useFacets = (query: Query, key: readonly unknown[]) =>
  useQuery({
    queryKey: ['requests', 'facets', ...key],
    queryFn: ({ signal }) => get<Facets>('/api/requests/facets', { query, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

interface Series {
  /** Worked out anew at each asking, so that “the last hour” moves on. */
  readonly query: () => Query;
  readonly key: readonly unknown[];
}

export const useSeries = ({ query, key }: Series) =>
  useQuery({
    queryKey: ['requests', 'series', ...key],
    queryFn: ({ signal }) => get<{ readonly buckets: readonly Bucket[] }>('/api/requests/series', { query: query(), signal }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useStory = (id: string) =>
  useQuery({
    queryKey: ['requests', 'story', id],
    queryFn: ({ signal }) => get<Story>(`/api/requests/${encodeURIComponent(id)}`, { signal }),
    // Until it is closed, more will be known soon.
    refetchInterval: (query) => (query.state.data?.stage === 'under way' ? 1_000 : false),
  });

export const useFindings = (query: Query, key: readonly unknown[]) =>
  useQuery({
    queryKey: ['findings', ...key],
    queryFn: ({ signal }) => get<{ readonly findings: readonly FindingGroup[] }>('/api/findings', { query, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_MS,
  });

export const useAcceptances = (tenant: string | undefined) =>
  useQuery({
    queryKey: ['acceptances', tenant],
    queryFn: ({ signal }) => get<{ readonly acceptances: readonly Acceptance[] }>('/api/acceptances', { query: { tenant }, signal }),
  });

export const usePolicies = () =>
  useQuery({
    queryKey: ['policy'],
    queryFn: ({ signal }) => get<{ readonly policies: readonly EffectivePolicy[] }>('/api/policy', { signal }),
    staleTime: SLOW_MS,
  });

export const usePolicyDiff = () =>
  useQuery({
    queryKey: ['policy', 'diff'],
    queryFn: ({ signal }) => get<PolicyDiff>('/api/policy/diff', { signal }),
    refetchInterval: QUICK_MS,
  });

export const useCandidate = () =>
  useQuery({
    queryKey: ['policy', 'candidate'],
    queryFn: ({ signal }) => get<CandidateAnswer>('/api/policy/candidate', { signal }),
    refetchInterval: QUICK_MS,
  });

export const useLedger = () =>
  useQuery({ queryKey: ['ledger'], queryFn: ({ signal }) => get<LedgerStatus>('/api/ledger', { signal }), refetchInterval: QUICK_MS });

export const useRecords = (from: number | undefined) =>
  useQuery({
    queryKey: ['ledger', 'records', from],
    queryFn: ({ signal }) => get<LedgerPage>('/api/ledger/records', { query: { from, limit: 100 }, signal }),
    placeholderData: keepPreviousData,
    enabled: from !== undefined,
  });

export const proofOf = (index: number, signal: AbortSignal) => get<LedgerProof>(`/api/ledger/proof/${index}`, { signal });

export const useHealth = () =>
  useQuery({ queryKey: ['health'], queryFn: ({ signal }) => get<Health>('/api/health', { signal }), refetchInterval: QUICK_MS });

/** Asks everything under these names again. */
export function useRefresh(): (...names: readonly string[]) => Promise<void> {
  const client = useQueryClient();
  return async (...names) => {
    await Promise.all(names.map((name) => client.invalidateQueries({ queryKey: [name] })));
  };
}
