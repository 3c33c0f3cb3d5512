// Keys over the API: list, make, revoke, limit, and what a key has used.
import { z } from 'zod';
import { accessFault } from '../../../access/faults.ts';
import { ROLES, SCOPES } from '../../../access/keys/caller.ts';
import type { KeyCard } from '../../../access/keys/key-store.ts';
import { combineLimits, limitsSchema } from '../../../access/keys/limits.ts';
import { assertReach, OPERATORS, putInForce, READERS, reading, taking } from '../api-route.ts';
import { usageOfAll } from '../usage.ts';
import type { AdminDeps, ApiCall, ApiRoute } from '../api-route.ts';

const newKey = z.strictObject({
  tenant: z.string().max(64),
  role: z.enum(ROLES).optional(),
  scope: z.enum(SCOPES).optional(),
  label: z.string().max(200).optional(),
  limits: limitsSchema.optional(),
  expiresAtMs: z.int().positive().optional(),
});

const reasoned = z.strictObject({ reason: z.string().trim().min(1).max(200) });

export const KEY_ROUTES: readonly ApiRoute[] = [
  reading(
    { method: 'GET', path: '/api/keys', roles: READERS, reach: 'tenant', about: 'Keys, the revoked ones included; never their text.' },
    async ({ rooms }, { tenant }) => ({ body: { keys: await rooms.keyStore.listKeys(tenant) } }),
  ),
  taking(
    {
      method: 'POST',
      path: '/api/keys',
      roles: OPERATORS,
      reach: 'tenant',
      about: 'Makes a key and shows it once. Money limits are micro-units.',
      body: newKey,
    },
    async (deps, call, wanted) => {
      assertReach(call, wanted.tenant);
      // A key of one tenant must not make itself one for all.
      if (wanted.scope === 'global' && call.caller.scope !== 'global') assertReach({ ...call, tenant: call.caller.tenant }, null);
      const made = await deps.rooms.keyStore.createKey({ ...present(wanted), who: call.who });
      return { status: 201, body: { ...made, ...(await putInForce(deps)) } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/keys/:id/revoke',
      roles: OPERATORS,
      reach: 'tenant',
      about: 'Ends a key for good and cuts its requests, streams included.',
      body: reasoned,
    },
    async (deps, call, { reason }) => {
      const { id } = await keyOf(deps, call);
      await deps.rooms.keyStore.revokeKey(id, { who: call.who, reason });
      return { body: { id, state: 'revoked', ...(await putInForce(deps)) } };
    },
  ),
  taking(
    {
      method: 'PUT',
      path: '/api/keys/:id/limits',
      roles: OPERATORS,
      reach: 'tenant',
      about: 'Replaces the limits of a key.',
      body: z.strictObject({ limits: limitsSchema }),
    },
    async (deps, call, { limits }) => {
      const { id } = await keyOf(deps, call);
      await deps.rooms.keyStore.limitKey(id, limits, call.who);
      return { body: { id, limits, ...(await putInForce(deps)) } };
    },
  ),
  reading(
    {
      method: 'GET',
      path: '/api/keys/:id/usage',
      roles: READERS,
      reach: 'tenant',
      about:
        'What a key has spent and reserved today and this month (UTC), at all replicas, and the limits it is held to; null is no limit.',
    },
    async (deps, call) => {
      const { id, limits, tenant } = await keyOf(deps, call);
      const { settings } = deps.rooms.access;
      const tier = limits.tier ?? settings.limits.tier;
      const effective = combineLimits([limits, settings.tiers[tier ?? ''] ?? {}, settings.limits]);
      return { body: { id, tenant, limits: spelled(effective), ...(await usageOfAll(deps.rooms, [`key:${id}`]))(`key:${id}`) } };
    },
  ),
];

/** A key that the call may see. One of another tenant is not there for it. */
async function keyOf({ rooms }: AdminDeps, { tenant, params }: ApiCall): Promise<KeyCard> {
  const id = params['id'] ?? '';
  const card = (await rooms.keyStore.listKeys(tenant)).find((one) => one.id === id);
  if (card === undefined) throw accessFault('key_not_found', { id });
  return card;
}

/** JSON has no Infinity. */
const spelled = (limits: object): object =>
  Object.fromEntries(Object.entries(limits).map(([name, value]: [string, unknown]) => [name, value === Infinity ? null : (value ?? null)]));

type Present<Value> = { [Key in keyof Value]: Exclude<Value[Key], undefined> };

/** Drops members that are undefined: absent and undefined are two things to the stores. */
function present<Value extends object>(value: Value): Present<Value> {
  return parsePresent(Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));
}

const parsePresent = <Value extends object>(value: object): Present<Value> => value as Present<Value>;
