// Where events go beside the file: places of a SIEM. Secrets are references, never the text itself.
import { z } from 'zod';

const reference = z
  .string()
  .regex(/^(?:env:|file:)./, 'write env:NAME or file:/path; a secret has no place in this file')
  .max(4_096)
  .describe('A secret: `env:NAME` or `file:/path`, never the text itself.');

const url = (what: string) => z.url({ protocol: /^https?$/ }).describe(what);

const shared = {
  startAt: z.enum(['beginning', 'now']).default('beginning').describe('Where a place begins that never got an event of this ledger.'),
  ca: z.string().optional().describe('Path of a PEM bundle of a private certificate authority.'),
  clientCertificate: z
    .strictObject({ cert: z.string(), key: z.string() })
    .optional()
    .describe('Paths of our own certificate and key, for places that ask for one.'),
  timeoutMs: z.number().int().min(100).max(300_000).default(30_000).describe('For one exchange with the place.'),
};

const overHttp = {
  ...shared,
  headers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/), reference)
    .default({})
    .describe('Further headers, for example `authorization`.'),
  gzip: z.boolean().default(true).describe('Compress what is sent.'),
};

const login = z.union([z.strictObject({ token: reference }), z.strictObject({ user: z.string().min(1).max(256), password: reference })]);

const port = z.number().int().min(1).max(65_535);

/** One place; `kind` says what it is. */
export const receiverSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z
        .literal('http')
        .describe('`http`, `splunk`, `elastic`, `otlp`, `syslog` or `nats`. Each has members of its own: see [SIEM](siem.md).'),
      url: url('Where batches of OCSF events are posted to.'),
      body: z.enum(['array', 'lines']).default('array').describe('A JSON array, or JSON lines.'),
      ...overHttp,
    }),
    z.strictObject({
      kind: z.literal('splunk'),
      url: url('Of the HTTP event collector, for example https://splunk.example:8088.'),
      token: reference,
      index: z.string().max(80).optional().describe('Index to write to, where the token allows more than one.'),
      sourcetype: z.string().min(1).max(80).default('ocsf'),
      ackMs: z.number().int().min(100).max(600_000).default(60_000).describe('How long an acknowledgement by an indexer may take.'),
      ...overHttp,
    }),
    z.strictObject({
      kind: z.literal('elastic'),
      url: url('Of Elasticsearch.'),
      index: z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]{0,199}$/)
        .default('logs-sallyport.events-default')
        .describe('Data stream or index.'),
      auth: z
        .union([z.strictObject({ apiKey: reference }), z.strictObject({ user: z.string().min(1).max(256), password: reference })])
        .optional()
        .describe('An API key, or a user with a password.'),
      ...overHttp,
    }),
    z.strictObject({
      kind: z.literal('otlp'),
      url: url('Of the collector, without /v1/logs, for example http://127.0.0.1:4318.'),
      signals: z
        .array(z.enum(['logs', 'traces']))
        .min(1)
        .max(2)
        .default(['logs', 'traces']),
      ...overHttp,
    }),
    z.strictObject({
      kind: z.literal('syslog'),
      host: z.string().min(1).max(255),
      port: port.default(6514),
      tls: z.boolean().default(true).describe('Without it everybody on the way reads and changes what is sent.'),
      settleMs: z
        .number()
        .int()
        .min(0)
        .max(60_000)
        .default(1_000)
        .describe('How long a connection must stand before what it carried counts as taken: syslog has no acknowledgement.'),
      ...shared,
    }),
    z.strictObject({
      kind: z.literal('nats'),
      host: z.string().min(1).max(255),
      port: port.default(4222),
      tls: z.boolean().default(true),
      subject: z
        .string()
        .regex(/^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/)
        .max(200)
        .default('sallyport.events')
        .describe('Subject that a stream of JetStream keeps.'),
      auth: login.optional().describe('A token, or a user with a password.'),
      ...shared,
    }),
  ])
  .describe('A place that gets every event.');

export type ReceiverConfig = z.output<typeof receiverSchema>;
