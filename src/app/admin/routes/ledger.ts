// The state of the record, checkpoints on demand, and taking a changed configuration over.
import { z } from 'zod';
import { ledgerFault } from '../../../ledger/faults.ts';
import { recordPage, recordProofAnswer } from '../answers.ts';
import { asking, OPERATORS, READERS, reading } from '../api-route.ts';
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
  asking(
    {
      method: 'GET',
      path: '/api/ledger/records',
      roles: READERS,
      reach: 'global',
      about: 'Records as they stand, from an index on; without one, the newest. `nextFrom` is null where they end.',
      query: z.strictObject({
        from: z.coerce.number().int().min(0).optional(),
        limit: z.coerce.number().int().min(1).max(500).default(100),
      }),
      answer: recordPage,
    },
    async ({ rooms, index }, _call, { from, limit }) => {
      const size = rooms.ledger.status().durableCount;
      const begin = from ?? Math.max(0, size - limit);
      if (begin >= size) return { body: { items: [], nextFrom: null, size } };
      const { answer } = await index.ask<'range'>({ op: 'range', from: begin, limit });
      const items = answer.records.map((record) => ({ index: record.index, ...record.event }));
      return { body: { items, nextFrom: answer.next < size ? answer.next : null, size } };
    },
  ),
  reading(
    {
      method: 'GET',
      path: '/api/ledger/proof/:index',
      roles: READERS,
      reach: 'global',
      about:
        'That one record is in the tree that the newest checkpoint signs: all that is needed to check it without trusting this answer.',
      answer: recordProofAnswer,
    },
    async ({ rooms, index }, { params }) => {
      const text = params['index'] ?? '';
      const place = /^\d{1,15}$/.test(text) ? Number(text) : -1;
      const { durableCount, checkpoint } = rooms.ledger.status();
      if (place < 0 || place >= durableCount) throw ledgerFault('record_not_found', { index: text, from: 0, to: durableCount - 1 });
      // A record that no checkpoint covers yet is covered by one that is signed now.
      if (place >= (checkpoint?.size ?? 0)) await rooms.ledger.checkpoint();
      return { body: (await index.ask<'proof'>({ op: 'proof', index: place })).answer };
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
