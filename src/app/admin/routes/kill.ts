// The kill switch over the API. A key of one tenant can stop that tenant and its keys, and nothing else.
import { z } from 'zod';
import { accessFault } from '../../../access/faults.ts';
import { KILL_SCOPES, REASON_UNITS_MAX, type KillOrder } from '../../../access/kill/order.ts';
import { DECIDERS, OPERATORS, READERS, reading, taking } from '../api-route.ts';
import type { AdminDeps, ApiCall, ApiRoute } from '../api-route.ts';

const order = z.strictObject({
  scope: z.enum(KILL_SCOPES),
  subject: z.string().max(256).default(''),
  reason: z.string().trim().min(1).max(REASON_UNITS_MAX),
});

export const KILL_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/kill',
      roles: READERS,
      reach: 'tenant',
      about: 'What is stopped. A key of one tenant sees the orders on it, and that wider ones stand, not why.',
    },
    async (deps, call) => {
      const { standing, ...status } = deps.rooms.access.killSwitch.status();
      const shown = await Promise.all(standing.map((one) => showTo(deps, call, one)));
      return { body: { ...status, standing: shown.filter((one) => one !== undefined) } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/kill',
      roles: DECIDERS,
      reach: 'tenant',
      about:
        'Stops the subject at once, streams included: everything, upstream, model, tenant or key. `isKnown: false` warns of a mistyped name.',
      body: order,
    },
    async (deps, call, wanted) => {
      await assertOwn(deps, call, wanted);
      const { inFlight, killSwitch } = deps.rooms.access;
      const before = inFlight.size;
      const given = killSwitch.order({ ...wanted, who: call.who });
      const isKnown = await isKnownSubject(deps, wanted);
      return { status: 201, body: { order: given, isKnown, inFlightBefore: before, inFlightAfter: inFlight.size } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/resume',
      roles: OPERATORS,
      reach: 'tenant',
      about: 'Lifts exactly the order that it names.',
      body: order,
    },
    async (deps, call, wanted) => {
      await assertOwn(deps, call, wanted);
      const standing = deps.rooms.access.killSwitch.status().standing.filter((one) => one.scope === wanted.scope);
      const stands = standing.find((one) => sameSubject(one, wanted));
      if (stands === undefined)
        throw accessFault('kill_order_refused', { reason: `no order stands on ${wanted.scope} ${wanted.subject}`.trim() });
      assertMayLift(call, stands);
      return { body: { order: deps.rooms.access.killSwitch.resume({ ...wanted, who: call.who }) } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/kill/rebuild',
      roles: OPERATORS,
      reach: 'global',
      about: 'Begins a new record of orders after damage; what can still be read stays in force.',
      body: z.strictObject({ reason: z.string().trim().min(1).max(REASON_UNITS_MAX) }),
    },
    async ({ rooms }, { who }, { reason }) => ({ body: { order: rooms.access.killSwitch.rebuild({ who, reason }) } }),
  ),
  reading(
    {
      method: 'POST',
      path: '/api/kill/self-test',
      roles: OPERATORS,
      reach: 'global',
      about: 'Stops, cuts and resumes a canary through the disk, as another process would.',
    },
    async (deps, { who }) => ({ body: await deps.testKillSwitch(who) }),
  ),
];

/** Whether the subject exists here: an order on a mistyped name stands, and stops nothing. Null where names are free. */
async function isKnownSubject({ rooms, compiled }: AdminDeps, { scope, subject }: Named): Promise<boolean | null> {
  if (scope === 'tenant') return (await rooms.keyStore.listTenants()).some(({ id }) => id === subject);
  if (scope === 'key') return (await rooms.keyStore.listKeys()).some(({ id }) => id === subject);
  return scope === 'upstream' ? compiled().upstreams.has(subject) : null;
}

const sameSubject = (one: KillOrder, wanted: { readonly subject: string }): boolean =>
  one.scope === 'model' ? one.subject.toLowerCase() === wanted.subject.toLowerCase() : one.subject === wanted.subject;

type Named = Pick<KillOrder, 'scope' | 'subject'>;

/** Whether an order is about the tenant of this call, or about one of its keys. */
async function isOwn({ rooms }: AdminDeps, { tenant }: ApiCall, { scope, subject }: Named): Promise<boolean> {
  if (tenant === undefined) return true;
  if (scope === 'tenant') return subject === tenant;
  return scope === 'key' && (await rooms.keyStore.listKeys(tenant)).some(({ id }) => id === subject);
}

async function assertOwn(deps: AdminDeps, call: ApiCall, named: Named): Promise<void> {
  if (await isOwn(deps, call, named)) return;
  throw accessFault('other_tenant', {
    id: call.caller.keyId,
    tenant: named.scope === 'key' ? 'this key' : `${named.scope} ${named.subject}`.trim(),
  });
}

/** A tenant must not lift what an operator of the whole installation ordered upon it. */
function assertMayLift(call: ApiCall, stands: KillOrder): void {
  if (call.caller.scope === 'global' || isByTenantKey(stands.who, call.caller.tenant)) return;
  throw accessFault('other_tenant', { id: call.caller.keyId, tenant: `order ${stands.sequence}` });
}

/** `nameOf` in the admin plane writes it so; names of people at a command line never have this form. */
const isByTenantKey = (who: string, tenant: string): boolean =>
  /^(?:operator|approver) key \w+ of /.test(who) && who.endsWith(` of ${tenant}`);

async function showTo(deps: AdminDeps, call: ApiCall, one: KillOrder): Promise<object | undefined> {
  if (await isOwn(deps, call, one)) return one;
  if (one.scope === 'tenant' || one.scope === 'key') return undefined;
  const { sequence, scope, subject, atMs } = one;
  return { sequence, scope, subject, atMs };
}
