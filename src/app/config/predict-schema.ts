// Predictive models in the configuration file: what goes in, what comes out, and how much of it.
import { z } from 'zod';

const name = z.string().regex(/^[\w.-]{1,128}$/, 'use letters, digits, dot, dash and underscore, at most 128');

const tensor = {
  name: z.string().min(1).max(128),
  datatype: z
    .enum(['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP32', 'FP64', 'BYTES'])
    .describe('As the protocol names them. Whole numbers beyond 2^53 cannot be carried exactly, and are refused.'),
  shape: z
    .array(z.number().int().min(-1).max(1_000_000))
    .min(1)
    .max(8)
    .describe('Sizes of its dimensions; -1 stands for any. Where the first is -1, it counts the rows of the request.'),
  min: z.number().optional().describe('Least value of a number.'),
  max: z.number().optional().describe('Largest value of a number.'),
  values: z
    .array(z.union([z.string(), z.number(), z.boolean()]))
    .min(1)
    .max(10_000)
    .optional()
    .describe('All values that there are.'),
  maxLength: z.number().int().min(1).max(1_048_576).optional().describe('Most characters of one text.'),
};

const model = z.strictObject({
  upstream: z.string().describe('Name of an upstream of kind open-inference.'),
  versions: z
    .array(z.string().regex(/^[\w.-]{1,64}$/))
    .max(100)
    .default([])
    .describe('Versions that may be asked by name.'),
  inputs: z
    .array(z.strictObject({ ...tensor, optional: z.boolean().default(false).describe('Whether a request may leave it out.') }))
    .min(1)
    .max(1_000)
    .describe('Everything that may go in. What is not listed is refused.'),
  outputs: z
    .array(
      z.strictObject({
        ...tensor,
        decimals: z
          .number()
          .int()
          .min(0)
          .max(15)
          .optional()
          .describe('Scores are rounded to so many decimals: exact ones help whoever copies a model.'),
      }),
    )
    .min(1)
    .max(1_000)
    .describe('Everything that may come out. What is not listed is dropped.'),
  batch: z.number().int().min(1).max(100_000).default(64).describe('Most rows of one request.'),
  valuesMax: z.number().int().min(1).max(200_000).default(100_000).describe('Most values of one request, over all inputs.'),
  price: z
    .number()
    .min(0)
    .max(1_000)
    .default(0)
    .describe('US dollars for one request, charged to the budgets. It counts as one token beside.'),
});

export const predictSchema = z
  .strictObject({ models: z.record(name, model).default({}) })
  .prefault({})
  .describe('Predictive models behind the Open Inference Protocol v2.');

export type PredictConfig = z.output<typeof predictSchema>;
