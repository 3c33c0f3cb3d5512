// What a policy asks to be looked for beyond what always is.
import { z } from 'zod';
import { HAZARDS } from '../../detect/harm/hazards.ts';
import { CORPUS_NAME } from '../corpus/corpora-folder.ts';
import { READING_LEVELS } from '../../detect/topics/reading-levels.ts';

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

const topics = z
  .strictObject({
    allow: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(100).describe('For people; findings do not quote it.'),
          examples: z
            .array(z.string().min(1).max(500))
            .min(3)
            .max(1_000)
            .describe('Sentences as people write them; twenty are a good beginning.'),
          words: z
            .array(z.string().min(1).max(64))
            .max(5_000)
            .default([])
            .describe('Words of the topic that the examples leave out. They matter most.'),
        }),
      )
      .min(1)
      .max(100),
    threshold: score
      .default(0.2)
      .describe('How much of what a request says must be known of the nearest topic; for answers, six tenths of it.'),
    on,
  })
  .describe('What may be talked about (rule `policy.topic`): everything else is off topic. Narrow assistants and children need it.');

const vocabulary = z
  .strictObject({
    level: z
      .enum(READING_LEVELS)
      .describe(
        'early: the first years of school; middle: about age twelve; both English. own: the words of `allow` and no others, in any language.',
      ),
    language: z
      .literal('en', { error: 'early and middle are lists of English words: say en, or use level: own with words of your own' })
      .optional()
      .describe('Of the lists that ship.'),
    allow: z
      .array(z.string().min(1).max(64))
      .max(10_000)
      .default([])
      .describe('Further words, in any language. Endings of English are taken off, those of other languages are not.'),
    atMost: z.number().min(0).max(1).default(0.1).describe('Share of words beyond the level that is let pass.'),
    on: z
      .array(z.enum(['input', 'output']))
      .min(1)
      .default(['output'])
      .describe('Requests, answers, or both.'),
  })
  .refine(({ level, allow }) => level !== 'own' || allow.length > 0, { path: ['allow'], message: 'level: own needs words of your own' })
  .transform(({ level, allow, atMost, on: directions }) => ({ level, allow, atMost, on: directions }))
  .describe('Words of a reading level (rule `policy.vocabulary`).');

const corpora = z
  .strictObject({
    names: z
      .array(z.string().regex(CORPUS_NAME, 'use small letters, digits and dashes, at most 63'))
      .min(1)
      .max(20)
      .describe('Corpora of `sallyport corpus add`.'),
    on: z
      .array(z.enum(['input', 'output']))
      .min(1)
      .default(['output'])
      .describe('Requests, answers, or both.'),
  })
  .describe('Text of registered corpora, word for word (rule `leak.verbatim`).');

export const lookForSchema = z
  .strictObject({
    names: names.optional(),
    harm: harm.optional(),
    topics: topics.optional(),
    vocabulary: vocabulary.optional(),
    corpora: corpora.optional(),
  })
  .describe(
    'What is looked for beyond what always is: it costs time, or is not everybody’s wish. What then happens is for the rules to say.',
  );
