// Tenants over the API: list, suspend, resume, limit.
import { z } from 'zod';
import { accessFault } from '../../../access/faults.ts';
import { limitsSchema } from '../../../access/keys/limits.ts';
import { OPERATORS, putInForce, READERS, reading, taking } from '../api-route.ts';
import { usageOfAll } from '../usage.ts';
import type { AdminDeps, ApiCall, ApiRoute } from '../api-route.ts';

const reasoned = z.strictObject({ reason: z.string().trim().min(1).max(150) });

export const TENANT_ROUTES: readonly ApiRoute[] = [
  reading(
    { method: 'GET', path: '/api/tenants', roles: READERS, reach: 'tenant', about: 'Tenants with their limits and what they have used.' },
    async ({ rooms }, { tenant }) => {
      const cards = (await rooms.keyStore.listTenants()).filter(({ id }) => tenant === undefined || id === tenant);
      const usageOf = await usageOfAll(
        rooms,
        cards.map(({ id }) => `tenant:${id}`),
      );
      return { body: { tenants: cards.map((card) => ({ ...card, usage: usageOf(`tenant:${card.id}`) })) } };
    },
  ),
  // Only a global key suspends or resumes: a tenant that could resume itself would not be suspended.
  stateRoute('suspend', 'suspended', 'Refuses a tenant from now on and cuts its requests, streams included.'),
  stateRoute('resume', 'active', 'Lets a suspended tenant in again.'),
  taking(
    {
      method: 'PUT',
      path: '/api/tenants/:id/limits',
      roles: OPERATORS,
      reach: 'global',
      about: 'Replaces the limits of a tenant as a whole.',
      body: z.strictObject({ limits: limitsSchema }),
    },
    async (deps, call, { limits }) => {
      const id = await tenantOf(deps, call);
      await deps.rooms.keyStore.setTenant(id, { limits, who: call.who });
      return { body: { id, limits, ...(await putInForce(deps)) } };
    },
  ),
];

function stateRoute(verb: string, state: 'active' | 'suspended', about: string): ApiRoute {
  return taking(
    { method: 'POST', path: `/api/tenants/:id/${verb}`, roles: OPERATORS, reach: 'global', about, body: reasoned },
    async (deps, call, { reason }) => {
      const id = await tenantOf(deps, call);
      await deps.rooms.keyStore.setTenant(id, { state, who: `${call.who}: ${reason}` });
      if (state === 'suspended') deps.sessions.endTenant(id);
      return { body: { id, state, ...(await putInForce(deps)) } };
    },
  );
}

/** Tenants are made with their first key; a mistyped name must not make one here. */
async function tenantOf({ rooms }: AdminDeps, { params }: ApiCall): Promise<string> {
  const id = params['id'] ?? '';
  if ((await rooms.keyStore.listTenants()).some((card) => card.id === id)) return id;
  throw accessFault('tenant_not_found', { tenant: id });
}
