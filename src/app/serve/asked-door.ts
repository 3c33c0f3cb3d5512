// Word lists and models for what a policy asks beyond what always is looked for: loaded with the first policy that asks, because a
// gateway without one would keep three megabytes for nothing.
import { createRequire } from 'node:module';
import { TellingWatch, type OnDetectorBug } from './detector-bugs.ts';
import type { Asked } from '../../gateway/guards.ts';
import type { LookFor } from '../../policy/look-for.ts';
import type * as AskedGuards from './asked-guards.ts';

// By its own ending: `.ts` from the sources, `.js` in the build. Node loads modules that wait for nothing this way too.
const load = (): typeof AskedGuards =>
  createRequire(import.meta.url)(`./asked-guards.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`) as typeof AskedGuards;

/** `dataFolder`: where the corpora lie. `onBug` is told of what a watch throws; commands show that it failed anyway. */
export const createAsked =
  (dataFolder: string, onBug: OnDetectorBug = () => undefined): ((lookFor: LookFor) => Asked) =>
  (lookFor) => {
    const asked = load().askedOnce(lookFor, dataFolder);
    return { ...asked, watches: (stretch) => asked.watches(stretch).map((watch) => new TellingWatch(watch, onBug)) };
  };

/** Before a configuration is taken over: what its policies ask for can be had. Throws where it cannot. */
export function assertCanBeAsked(policies: readonly { readonly lookFor?: LookFor }[], dataFolder: string): void {
  for (const { lookFor } of policies) if (lookFor !== undefined) load().askedOnce(lookFor, dataFolder);
}
