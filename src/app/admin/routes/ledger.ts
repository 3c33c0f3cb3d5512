// The state of the record, checkpoints on demand, and taking a changed configuration over.
import { OPERATORS, READERS, reading } from '../api-route.ts';
import type { ApiRoute } from '../api-route.ts';

export const LEDGER_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/ledger',
      roles: READERS,
      reach: 'global',
      about: 'Whether the ledger records, how much it holds, and its newest checkpoint.',
    },
    async ({ rooms }) => {
      const { fault, ...status } = rooms.ledger.status();
      const reason = fault === undefined ? null : { code: fault.code, message: fault.message, fix: fault.fix };
      return { body: { ...status, reason, verifierKey: rooms.ledger.verifierKey } };
    },
  ),
  reading(
    { method: 'POST', path: '/api/ledger/checkpoint', roles: READERS, reach: 'global', about: 'Signs everything that is durable now.' },
    async ({ rooms }) => ({ body: { checkpoint: await rooms.ledger.checkpoint() } }),
  ),
  reading(
    {
      method: 'POST',
      path: '/api/reload',
      roles: OPERATORS,
      reach: 'global',
      about: 'Reads the configuration file again. A bad one is refused with its lines, and the old one goes on.',
    },
    async (deps, { who }) => {
      deps.reload(who);
      const { name, revision } = deps.compiled().policy;
      return { body: { state: 'reloaded', policy: `${name}@${revision}` } };
    },
  ),
];
