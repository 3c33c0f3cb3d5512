// What the ledger knows of requests and findings.
import { appFault } from '../../faults.ts';
import { FindingGroups } from '../finding-groups.ts';
import { LAST_RECORDS, lookThrough, recordsOf } from '../look-through.ts';
import { tellStory } from '../request-story.ts';
import { numberIn, READERS, reading } from '../api-route.ts';
import type { AdminDeps, ApiRoute } from '../api-route.ts';

export const RECORD_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/requests/:id',
      roles: READERS,
      reach: 'tenant',
      about: 'The story of a request: stage, rule, score, place and policy rule. `last` says how many records are looked through.',
    },
    async (deps, { params, query, tenant }) => {
      const id = params['id'] ?? '';
      const last = numberIn(query, 'last', LAST_RECORDS);
      const found = await recordsOf(deps.rooms.ledger, { id, tenant, last });
      if (found.length === 0) throw appFault('not_found', { what: `request ${id} in the last ${last} records` });
      return { body: tellStory(id, found, policiesOf(deps)) };
    },
  ),
  reading(
    {
      method: 'GET',
      path: '/api/findings',
      roles: READERS,
      reach: 'tenant',
      about: 'Recent findings by rule. Filters: `tenant`, `rule` (may end in *), `since` (Unix milliseconds), `last` (records).',
    },
    async ({ rooms }, { query, tenant }) => {
      const rule = query.get('rule');
      const sinceMs = numberIn(query, 'since', { max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
      const last = numberIn(query, 'last', LAST_RECORDS);
      const groups = new FindingGroups({ sinceMs, ...(tenant === undefined ? {} : { tenant }), ...(rule === null ? {} : { rule }) });
      await lookThrough(rooms.ledger, last, (record) => groups.add(record));
      return { body: { findings: groups.list() } };
    },
  ),
];

/** Every policy in force, that of each route included. */
const policiesOf = ({ compiled }: AdminDeps) => [compiled().policy, ...compiled().routes.map(({ policy }) => policy)];
