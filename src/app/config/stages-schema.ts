// The stages of the injection cascade in the configuration file: which of them a policy goes without, and why.
import { z } from 'zod';

const off = (weakening: Weakening) => z.strictObject({ off: z.literal(true), ...weakening }).optional();

type Weakening = Readonly<Record<'author' | 'reason' | 'expires', z.ZodType<string>>>;

/** A stage that is left out is on. */
export const stagesSchema = (weakening: Weakening) =>
  z
    .strictObject({
      rules: off(weakening).describe('Phrases that mean something when they stand together.'),
      fast: off(weakening).describe('The learned weights that ship; without them the rules have the last word.'),
      strong: off(weakening).describe('The second look at texts in doubt, where one is configured.'),
      memory: off(weakening).describe(
        'Likeness to what was blocked lately; without it whoever edits a blocked text begins anew each time.',
      ),
    })
    .prefault({})
    .describe(
      'Stages of the injection cascade that this policy goes without. Each carries author, reason and expiry, and the answers say so (docs/detection-stages.md).',
    );
