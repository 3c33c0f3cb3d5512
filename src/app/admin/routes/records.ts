// What the ledger knows of requests and findings.
import { z } from 'zod';
import type { LedgerRecord } from '../../../ledger/record.ts';
import { appFault } from '../../faults.ts';
import { LAST_RECORDS, recordsOf } from '../look-through.ts';
import { tellStory } from '../request-story.ts';
import { asking, numberIn, READERS, reading, taking } from '../api-route.ts';
import type { AdminDeps, ApiCall, ApiRoute } from '../api-route.ts';

export const RECORD_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/requests/:id',
      roles: READERS,
      reach: 'tenant',
      about:
        'The story of a request: stages, timings, findings with the policy rule that decided, records. `last` looks through so many records instead of asking the index.',
      query: z.strictObject({ tenant: z.string().optional(), last: z.int().min(0).max(LAST_RECORDS.max).optional() }),
    },
    async (deps, call) => {
      const id = call.params['id'] ?? '';
      return { body: tellStory(id, await recordsNamed(deps, call, id), policiesOf(deps)) };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/requests/:id/test-case',
      roles: READERS,
      reach: 'tenant',
      about:
        'The findings of a request as rows for `sallyport detect` and a corpus. The text is in them only if it is sent along: it is not on record.',
      body: z.strictObject({
        text: z.string().max(65_536).optional(),
        expected: z.boolean().default(true).describe('Whether a detector should flag it.'),
      }),
    },
    async (deps, call, { text, expected }) => {
      const id = call.params['id'] ?? '';
      const { findings } = tellStory(id, await recordsNamed(deps, call, id), []);
      const rows = findings.map(({ rule, class: kind, family, type, severity, score, origin, direction, pointer }, at) => ({
        id: `${id}#${at}`,
        ...(text === undefined ? {} : { text }),
        origin,
        direction,
        pointer,
        rule,
        class: kind,
        severity,
        score,
        flag: expected,
        ...(family === undefined ? {} : { family }),
        ...(type === undefined ? {} : { type }),
      }));
      return { body: { rows, jsonl: rows.map((row) => `${JSON.stringify(row)}\n`).join('') } };
    },
  ),
  asking(
    {
      method: 'GET',
      path: '/api/findings',
      roles: READERS,
      reach: 'tenant',
      about: 'Recent findings by rule. Filters: `tenant`, `rule` (may end in *), `since` (Unix milliseconds), `last` (records).',
      query: z.strictObject({
        tenant: z.string().max(64).optional(),
        rule: z.string().max(128).optional(),
        since: z.coerce.number().int().min(0).default(0).describe('Unix milliseconds.'),
        last: z.coerce.number().int().min(0).max(LAST_RECORDS.max).default(LAST_RECORDS.otherwise),
      }),
    },
    async ({ index, clock }, { tenant }, { rule, since: sinceMs, last }) => {
      const filter = {
        sinceMs,
        nowMs: clock.nowMs(),
        ...(tenant === undefined ? {} : { tenant }),
        ...(rule === undefined ? {} : { rule }),
      };
      return { body: { findings: (await index.ask<'findings'>({ op: 'findings', filter, last })).answer } };
    },
  ),
];

/** Throws `not_found`, also for a request of another tenant, and `index_unavailable` while it may be in what is not read yet. */
async function recordsNamed({ rooms, index }: AdminDeps, { tenant, query }: ApiCall, id: string): Promise<readonly LedgerRecord[]> {
  if (query.has('last')) {
    const last = numberIn(query, 'last', LAST_RECORDS);
    const found = await recordsOf(rooms.ledger, { id, tenant, last });
    if (found.length === 0) throw appFault('not_found', { what: `request ${id} in the last ${last} records` });
    return found;
  }
  const { durableCount } = rooms.ledger.status();
  const { answer, indexedUpTo } = await index.ask<'records'>({ op: 'records', requestId: id });
  const own = answer.filter(({ event }) => tenant === undefined || event.tenant === tenant);
  if (own.length > 0) return own;
  if (indexedUpTo < durableCount)
    throw appFault('index_unavailable', { reason: `${durableCount - indexedUpTo} records are still to be read` });
  throw appFault('not_found', { what: `request ${id}` });
}

/** Every policy in force, that of each route included. */
const policiesOf = ({ compiled }: AdminDeps) => [compiled().policy, ...compiled().routes.map(({ policy }) => policy)];
