// What a policy asks to be looked for beyond what always is.
import { z } from 'zod';
import { HAZARDS } from '../../detect/harm/harm-model.ts';

/** What the model of names tells apart, and what is looked for with it. */
const NAME_TYPES = [
  'PERSON', 'LOCATION', 'ORGANIZATION', 'ADDRESS', 'AGE', 'NRP', 'DATE_TIME', 'TITLE', 'DOMAIN_NAME', 'EMAIL_ADDRESS', 'IBAN_CODE',
] as const; // prettier-ignore

const on = z
  .array(z.enum(['input', 'output']))
  .min(1)
  .default(['input', 'output'])
  .describe('Requests, answers, or both.');
const score = z.number().min(0.01).max(1);

const names = z
  .strictObject({
    types: z
      .array(z.enum(NAME_TYPES))
      .min(1)
      .default(['PERSON', 'LOCATION', 'ORGANIZATION', 'ADDRESS', 'AGE', 'NRP', 'EMAIL_ADDRESS', 'IBAN_CODE'])
      .describe('Which kinds. E-mail addresses and account numbers are those that are spelled out.'),
    on,
  })
  .describe(
    'Names of people, places and organisations, guessed by a model (rule `pii.names`). Costs about 0.5 ms for 1,000 characters; streamed answers come sentence by sentence.',
  );

const harm = z
  .strictObject({
    threshold: score.default(0.7).describe('Score from which on a text is harmful.'),
    thresholds: z.partialRecord(z.enum(HAZARDS), score).default({}).describe('The same for single hazards.'),
    on,
  })
  .describe('Harmful requests and answers by hazard (rule `harm.request`). Streamed answers come sentence by sentence.');

export const lookForSchema = z
  .strictObject({ names: names.optional(), harm: harm.optional() })
  .describe(
    'What is looked for beyond what always is: it costs time, or is not everybody’s wish. What then happens is for the rules to say.',
  );
