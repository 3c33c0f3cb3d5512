// Findings that somebody accepted as false alarms, with a name, a reason and an end.
import { z } from 'zod';
import { accessFault } from '../../../access/faults.ts';
import { appFault } from '../../faults.ts';
import { LAST_RECORDS, recordsOf } from '../look-through.ts';
import { fingerprintsIn } from '../request-story.ts';
import { assertReach, DECIDERS, putInForce, READERS, reading, taking } from '../api-route.ts';
import type { AdminDeps, ApiCall, ApiRoute } from '../api-route.ts';

const newAcceptance = z.strictObject({
  rule: z.string().min(1).max(128),
  tenant: z.string().min(1).max(64).nullable().describe('Null accepts for every tenant.'),
  reason: z.string().trim().min(1).max(500),
  expiresAtMs: z.int().positive(),
  finding: z.union([
    z.strictObject({ requestId: z.string().min(1).max(128) }),
    z.strictObject({ fingerprint: z.string().regex(/^[0-9a-f]{32}$/) }),
  ]),
});

type NewAcceptance = z.output<typeof newAcceptance>;

export const ACCEPTANCE_ROUTES: readonly ApiRoute[] = [
  reading(
    { method: 'GET', path: '/api/acceptances', roles: READERS, reach: 'tenant', about: 'Accepted findings in force, soonest end first.' },
    async ({ rooms }, { tenant }) => ({ body: { acceptances: await rooms.acceptances.list(tenant) } }),
  ),
  taking(
    {
      method: 'POST',
      path: '/api/acceptances',
      roles: DECIDERS,
      reach: 'tenant',
      about: 'Accepts what a rule found in a request, or the text with a fingerprint, until a day at most a year away.',
      body: newAcceptance,
    },
    async (deps, call, wanted) => {
      assertReach(call, wanted.tenant);
      const { rule, tenant, reason, expiresAtMs } = wanted;
      const acceptances = [];
      for (const fingerprint of await fingerprintsOf(deps, call, wanted)) {
        acceptances.push(await deps.rooms.acceptances.accept({ rule, tenant, reason, expiresAtMs, fingerprint, author: call.who }));
      }
      return { status: 201, body: { acceptances, ...(await putInForce(deps)) } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/acceptances/:id/withdraw',
      roles: DECIDERS,
      reach: 'tenant',
      about: 'Ends an acceptance before its time.',
      body: z.strictObject({ reason: z.string().trim().min(1).max(500) }),
    },
    async (deps, call, { reason }) => {
      const id = call.params['id'] ?? '';
      const known = (await deps.rooms.acceptances.list(call.tenant)).find((one) => one.id === id);
      if (known === undefined) throw accessFault('acceptance_not_found', { id });
      assertReach(call, known.tenant);
      await deps.rooms.acceptances.withdraw(id, { who: call.who, reason });
      return { body: { id, state: 'withdrawn', ...(await putInForce(deps)) } };
    },
  ),
];

async function fingerprintsOf({ rooms }: AdminDeps, call: ApiCall, { finding, rule }: NewAcceptance): Promise<readonly string[]> {
  if ('fingerprint' in finding) return [finding.fingerprint];
  const records = await recordsOf(rooms.ledger, { id: finding.requestId, tenant: call.tenant, last: LAST_RECORDS.max });
  const found = fingerprintsIn(records, rule);
  if (found.length > 0) return found;
  throw appFault('not_found', { what: `finding of ${rule} with a fingerprint in request ${finding.requestId}` });
}
