// Operators' own types of data in the configuration file.
import { z } from 'zod';
import { CONTEXT_UNITS_MAX, customDetector } from '../../detect/custom/custom-detector.ts';
import { parsePattern, PatternError } from '../../detect/custom/pattern.ts';
import { longest } from '../../detect/custom/pattern-automaton.ts';

const check = z.union([
  z.enum(['luhn', 'verhoeff', 'ean', 'mod11', 'mod11-2', 'mod11-10', 'mod37-2', 'mod97']),
  z.strictObject({
    weights: z.array(z.number().int().min(0).max(100)).min(2).max(64).describe('One for each digit, from the left.'),
    modulo: z.number().int().min(2).max(1_000),
    remainder: z.number().int().min(0).max(999).default(0).describe('What the sum of digits times weights leaves.'),
  }),
]);

const customType = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, 'use small letters, digits and dashes, at most 63')
      .describe('Its findings have the rule `custom.<id>`.'),
    type: z
      .string()
      .regex(/^[A-Z][A-Z0-9_]{0,62}$/, 'use capital letters, digits and underscore, at most 63')
      .optional()
      .describe('What masks and rules call it; default: the id in capitals.'),
    pattern: z
      .string()
      .min(1)
      .describe(
        'What it looks like: a regular expression without `*`, `+`, look-around, references and anchors, at most 128 characters long when it fits. It is followed in linear time, also in streams.',
      ),
    ignoreCase: z.boolean().default(false),
    wholeWords: z.boolean().default(true).describe('No letter or digit may stand right before or after it.'),
    context: z
      .strictObject({
        words: z.array(z.string().min(1).max(64)).min(1).max(100).describe('One of them has to stand nearby, in any case.'),
        within: z.number().int().min(1).max(CONTEXT_UNITS_MAX).default(40).describe('Characters before and after.'),
      })
      .optional(),
    check: check.optional().describe('The check digit that letters and digits of a match must have.'),
    class: z.enum(['personal-data', 'secret', 'policy']).default('personal-data').describe('What rules of the policy speak of.'),
    severity: z.enum(['info', 'low', 'medium', 'high', 'critical']).default('high'),
    score: z.number().min(0.01).max(1).default(0.9).describe('How sure a match is.'),
    on: z
      .array(z.enum(['input', 'output']))
      .min(1)
      .default(['input', 'output'])
      .describe('Requests, answers, or both.'),
  })
  .transform((given) => ({ ...given, type: given.type ?? given.id.toUpperCase().replaceAll('-', '_') }))
  .superRefine((given, context) => {
    try {
      customDetector(given);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      context.addIssue({ code: 'custom', path: ['pattern'], message: `the pattern of "${given.id}" is not taken: ${error.message}` });
    }
  });

/** Characters that all types together could read at one place, the text being what an attacker likes. No text could be looked at to its end then. */
const READ_TOGETHER_MAX = 10_000;

const readTogether = (types: readonly { readonly pattern: string }[]): number =>
  types.reduce((sum, { pattern }) => sum + readBy(pattern), 0);

/** What is no pattern is told where it stands. */
function readBy(pattern: string): number {
  try {
    return longest(parsePattern(pattern));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return 0;
  }
}

export const detectorsSchema = z
  .strictObject({
    custom: z
      .array(customType)
      .max(200)
      .refine((types) => new Set(types.map(({ id }) => id)).size === types.length, 'two types have the same id')
      .refine(
        (types) => readTogether(types) <= READ_TOGETHER_MAX,
        `the types are too dear together: their longest matches add up to more than ${READ_TOGETHER_MAX} characters; make them shorter or fewer`,
      )
      .default([])
      .describe('Types of data of your own, looked for in requests, answers and streams.'),
  })
  .prefault({})
  .describe('What is looked for beside what ships (docs/detection-personal-data.md).');
