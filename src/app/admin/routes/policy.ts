// The policies in force, and what they would say of a text.
import { z } from 'zod';
import { matchesGlob } from '../../../gateway/routes.ts';
import { effectivePolicies } from '../effective-policies.ts';
import { explain } from '../explain.ts';
import { READERS, reading, taking } from '../api-route.ts';
import type { ApiRoute } from '../api-route.ts';

const question = z.strictObject({
  text: z.string().max(16_384),
  direction: z.enum(['input', 'output']).default('input'),
  origin: z.enum(['operator', 'user', 'model', 'retrieved', 'tool']).default('user'),
  /** Whose route and policy is meant; default: the policy of the installation. */
  model: z.string().max(256).optional(),
  systemPrompt: z.string().max(65_536).optional(),
});

export const POLICY_ROUTES: readonly ApiRoute[] = [
  reading(
    {
      method: 'GET',
      path: '/api/policy',
      roles: READERS,
      reach: 'tenant',
      about: 'The rules in force in their order, and where each comes from.',
    },
    async ({ compiled }) => ({ body: { policies: effectivePolicies(compiled()) } }),
  ),
  taking(
    {
      method: 'POST',
      path: '/api/policy/explain',
      roles: READERS,
      reach: 'tenant',
      about: 'What is found in a text, which rule decides, and what would happen. Nothing is kept.',
      body: question,
    },
    async ({ compiled, guards }, _call, { model, systemPrompt, ...text }) => {
      const { routes, policy: whole } = compiled();
      const policy = (model === undefined ? undefined : routes.find((route) => matchesGlob(route.models, model))?.policy) ?? whole;
      return { body: await explain({ guards, policy }, { ...text, ...(systemPrompt === undefined ? {} : { systemPrompt }) }) };
    },
  ),
];
