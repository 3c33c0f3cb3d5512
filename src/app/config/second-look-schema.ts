// The second look in the configuration file: at which texts, by whom, and for how long.
import { z } from 'zod';

const label = z.enum(['clean', 'injection', 'jailbreak']);

const model = z.strictObject({
  kind: z.literal('model'),
  folder: z
    .string()
    .min(1)
    .max(4096)
    .describe('Folder of a classifier of sequences: config.json, tokenizer.json, and model.onnx or onnx/model.onnx.'),
  file: z
    .string()
    .regex(/^(?!.*(?:^|\/)\.\.?(?:\/|$))[\w.-]+(?:\/[\w.-]+)*\.onnx$/, 'use a path inside the folder that ends in .onnx')
    .optional()
    .describe('Another file of the network in the folder, for example onnx/model_quantized.onnx.'),
  labels: z
    .record(z.string().max(256), label)
    .default({})
    .describe('What its classes mean, where their names do not say so, for example LABEL_1: injection.'),
});

const vectors = z.strictObject({ kind: z.literal('vectors') });

const judge = (secret: z.ZodType<string>) =>
  z.strictObject({
    kind: z.literal('judge'),
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Root of an API that speaks OpenAI’s chat completions, for example http://127.0.0.1:11434/v1.'),
    model: z.string().min(1).max(256).describe('Name of the model that judges.'),
    key: secret.optional(),
    trust: z
      .enum(['external', 'self-hosted'])
      .default('external')
      .describe('Whether texts that go there leave the house. An external judge is only asked about texts whose upstream is external too.'),
  });

export const secondLookSchema = (secret: z.ZodType<string>) =>
  z
    .strictObject({
      by: z
        .discriminatedUnion('kind', [vectors, model, judge(secret)])
        .describe('Who looks: sentence vectors with weights of ours, a classifier in a folder, or a model behind an API.'),
      from: z
        .number()
        .min(0.01)
        .max(0.49)
        .optional()
        .describe('Texts that score less are not looked at again: 0.12 if not said, and 0.06 for vectors.'),
      to: z
        .number()
        .min(0.51)
        .max(0.99)
        .optional()
        .describe('Texts that score so much or more are not in doubt: 0.9 if not said, and 0.97 for vectors.'),
      deadlineMs: z
        .number()
        .int()
        .min(10)
        .max(30_000)
        .default(2_000)
        .describe('Waiting included; after that the look has failed, and policy.onFailure says what that means.'),
      perMinute: z.number().int().min(1).max(1_000_000).default(600).describe('Second looks of one tenant a minute; one more has failed.'),
    })
    .optional()
    .describe('A second look by a stronger judge at texts that the first stages leave in doubt (docs/detection-stages.md).');

export type SecondLookConfig = NonNullable<z.output<ReturnType<typeof secondLookSchema>>>;
