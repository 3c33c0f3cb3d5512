// Second places for checkpoints of the ledger, beside a file.
import { z } from 'zod';

const reference = z
  .string()
  .regex(/^(?:env:|file:)./, 'write env:NAME or file:/path; a secret has no place in this file')
  .max(4_096)
  .describe('A secret: `env:NAME` or `file:/path`, never the text itself.');

const ca = z.string().optional().describe('Path of a PEM bundle of a private certificate authority.');

export const checkpointPlaceSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('webhook').describe('`webhook` (url, headers), `s3` (endpoint, bucket and its keys) or `syslog` (host, port, tls).'),
      url: z.url({ protocol: /^https?$/ }).describe('The signed note is posted here as text.'),
      headers: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/), reference).default({}),
      ca,
    }),
    z.strictObject({
      kind: z.literal('s3'),
      endpoint: z.url({ protocol: /^https?$/ }).describe('Of the storage, for example https://s3.eu-central-1.amazonaws.com.'),
      bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/),
      prefix: z
        .string()
        .regex(/^[A-Za-z0-9/_.-]{0,200}$/)
        .default('sallyport/')
        .describe('Before the name of each object.'),
      region: z
        .string()
        .regex(/^[a-z0-9-]{1,40}$/)
        .default('us-east-1'),
      accessKeyId: reference,
      secretAccessKey: reference,
      ca,
    }),
    z.strictObject({
      kind: z.literal('syslog'),
      host: z.string().min(1).max(255),
      port: z.number().int().min(1).max(65_535).default(6514),
      tls: z.boolean().default(true),
      ca,
    }),
  ])
  .describe('A place for checkpoints.');

export type CheckpointPlace = z.output<typeof checkpointPlaceSchema>;
