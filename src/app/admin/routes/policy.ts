// The policies in force, what they would say of a text, what another one would have done, and what a reload would change.
import { z } from 'zod';
import type { Origin } from '../../../core/types.ts';
import { matchesGlob, type Route } from '../../../gateway/routes.ts';
import type { AcceptanceDoor } from '../../../gateway/sentry.ts';
import { IMAGE_LIMITS } from '../../../lens/images/limits.ts';
import type { Policy } from '../../../policy/policy.ts';
import type { TriedPolicy } from '../candidate-view.ts';
import { configDiff } from '../config-diff.ts';
import { effectivePolicies } from '../effective-policies.ts';
import { explain } from '../explain.ts';
import { explainConversation, type Said } from '../explain-conversation.ts';
import { LAST_RECORDS } from '../look-through.ts';
import { READERS, reading, taking } from '../api-route.ts';
import type { AdminDeps, ApiRoute } from '../api-route.ts';

/** Base64 of the largest picture that the image door looks into. */
const IMAGE_BASE64_MAX = 4 * Math.ceil(IMAGE_LIMITS.bytesMax / 3);
const TEXT_BYTES_MAX = 262_144;

const origin = z.enum(['operator', 'user', 'model', 'retrieved', 'tool']);
const model = z.string().max(256).optional().describe('Whose route and policy is meant; default: the policy of the installation.');

const textQuestion = z.strictObject({
  text: z.string().max(16_384),
  direction: z.enum(['input', 'output']).default('input'),
  origin: origin.default('user'),
  model,
  systemPrompt: z.string().max(65_536).optional(),
});

const turn = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  text: z.string().max(65_536).default(''),
  origin: origin.optional(),
  image: z.base64().max(IMAGE_BASE64_MAX).optional().describe('A picture that is said with the text.'),
});

/** One text, or a whole conversation stage by stage. */
const question = z.union([textQuestion, z.strictObject({ conversation: z.array(turn).min(1).max(200), model })]);

const replayQuestion = z.strictObject({
  yaml: z.string().max(131_072).describe('A configuration, or its policy alone: what stands under `policy`.'),
  from: z.int().nonnegative().default(0).describe('Unix milliseconds.'),
  last: z.int().min(1).max(LAST_RECORDS.max).default(LAST_RECORDS.otherwise).describe('Records to look through.'),
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
      about: 'What is found in a text, or in a conversation stage by stage; which rule decides, and what would happen. Nothing is kept.',
      body: question,
      bodyBytesMax: IMAGE_BASE64_MAX + TEXT_BYTES_MAX,
    },
    async (deps, call, asked) => {
      const policy = policyFor(deps, asked.model);
      if ('conversation' in asked) {
        const tenant = call.tenant ?? 'default';
        const { guards, images, clock } = deps;
        const tools = { guards, images, policy, tenant, acceptances: doorOf(deps, tenant), clock };
        return { body: await explainConversation(tools, asked.conversation.map(toSaid)) };
      }
      const { model: _model, systemPrompt, ...text } = asked;
      return {
        body: await explain(
          { guards: deps.guards, policy, sink: routeFor(deps, asked.model)?.sink },
          { ...text, ...(systemPrompt === undefined ? {} : { systemPrompt }) },
        ),
      };
    },
  ),
  reading(
    {
      method: 'GET',
      path: '/api/policy/diff',
      roles: READERS,
      reach: 'global',
      about:
        'What a reload would change: the configuration that runs against the file, with every default and without secrets; or what is wrong in the file, by line.',
    },
    async ({ clock, compiled, readConfig }) => ({ body: configDiff({ clock, running: compiled(), readConfig }) }),
  ),
  reading(
    {
      method: 'GET',
      path: '/api/policy/candidate',
      roles: READERS,
      reach: 'tenant',
      about: 'What the candidate policies of the configuration would have done to the requests that came since they are tried.',
    },
    async (deps, { tenant }) => {
      const candidates = candidatesOf(deps);
      const revisions = candidates.map(({ revision }) => revision);
      const { answer } = await deps.index.ask<'candidate'>({ op: 'candidate', revisions, tenant, last: LAST_RECORDS.max });
      return { body: { candidates, ...answer } };
    },
  ),
  taking(
    {
      method: 'POST',
      path: '/api/policy/replay',
      roles: READERS,
      reach: 'tenant',
      about: 'What another policy would have done to what was found lately. Nothing is asked again, and nothing changes.',
      body: replayQuestion,
    },
    async (deps, { tenant }, { yaml, from, last }) => {
      const { policy, routes } = deps.compiled();
      const policies = [policy, ...routes.map((route) => route.policy)];
      const ask = { op: 'replay', yaml, policies, fromMs: from, tenant, last } as const;
      return { body: (await deps.index.ask<'replay'>(ask)).answer };
    },
  ),
];

/** The policies that are tried, each with the models it is tried on. */
function candidatesOf({ compiled }: AdminDeps): readonly TriedPolicy[] {
  const { policy, routes } = compiled();
  const all = [{ models: '*', policy }, ...routes.filter((route) => route.policy !== policy)];
  return all.flatMap(({ models, policy: { candidate } }) =>
    candidate === undefined ? [] : [{ models, name: candidate.name, revision: candidate.revision }],
  );
}

const policyFor = (deps: AdminDeps, named: string | undefined): Policy => routeFor(deps, named)?.policy ?? deps.compiled().policy;

const routeFor = ({ compiled }: AdminDeps, named: string | undefined): Route | undefined =>
  named === undefined ? undefined : compiled().routes.find((route) => matchesGlob(route.models, named));

const doorOf = ({ rooms }: AdminDeps, tenant: string): AcceptanceDoor => ({
  isAccepted: (finding, matched) => rooms.acceptances.find(tenant, finding.rule, matched) !== undefined,
  fingerprintOf: (matched) => rooms.acceptances.fingerprintOf(matched),
});

interface AskedTurn {
  readonly role: Said['role'];
  readonly text: string;
  readonly origin?: Origin | undefined;
  readonly image?: string | undefined;
}

const toSaid = ({ role, text, origin: from, image }: AskedTurn): Said => ({
  role,
  text,
  ...(from === undefined ? {} : { origin: from }),
  ...(image === undefined ? {} : { image }),
});
