// Word lists and models for what a policy asks beyond what always is looked for: loaded with the first policy that asks, because a
// gateway without one would keep three megabytes for nothing.
import { createRequire } from 'node:module';
import type { Asked } from '../../gateway/guards.ts';
import type { LookFor } from '../../policy/look-for.ts';
import type * as AskedGuards from './asked-guards.ts';

// By its own ending: `.ts` from the sources, `.js` in the build. Node loads modules that wait for nothing this way too.
const load = (): typeof AskedGuards =>
  createRequire(import.meta.url)(`./asked-guards.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`) as typeof AskedGuards;

/** `dataFolder`: where the corpora lie. */
export const createAsked =
  (dataFolder: string): ((lookFor: LookFor) => Asked) =>
  (lookFor) =>
    load().askedOnce(lookFor, dataFolder);

/** Before a configuration is taken over: what its policies ask for can be had. Throws where it cannot. */
export function assertCanBeAsked(policies: readonly { readonly lookFor?: LookFor }[], dataFolder: string): void {
  for (const { lookFor } of policies) if (lookFor !== undefined) load().askedOnce(lookFor, dataFolder);
}
