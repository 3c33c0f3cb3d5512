// What the newer routes answer, as schemas: for the OpenAPI document, and for the test that holds real answers against it.
import { z } from 'zod';
import { CLASSES, VERDICTS } from '../../watch/request-index/row.ts';

const count = z.int().min(0);
const time = z.int().describe('Unix milliseconds.');
const micro = z.number().min(0).describe('Micro-units: 1,000,000 is one US dollar.');
const indexed = {
  indexedUpTo: count.describe('Records that the answer rests on.'),
  behind: count.describe('Durable records that it does not know yet.'),
};
const facet = z.array(z.strictObject({ value: z.string(), count })).max(20);

const requestRow = z.strictObject({
  id: z.string(),
  at: time,
  tenant: z.string(),
  keyId: z.string().nullable(),
  principal: z.string(),
  model: z.string(),
  upstream: z.string(),
  format: z.string(),
  streamed: z.boolean().nullable(),
  status: z.int().nullable(),
  verdict: z.enum(VERDICTS),
  because: z.string().nullable().describe('Fault code of an early end; docs/errors.md.'),
  findings: count,
  topRule: z.string().nullable(),
  severity: z.string().nullable(),
  classes: z.array(z.enum(CLASSES)),
  inputTokens: count,
  outputTokens: count,
  microUnits: micro,
  ms: z.int().nullable(),
  firstByteMs: z.int().nullable(),
  opened: z.int().nullable().describe('Place in the ledger of its first record.'),
  closed: z.int().nullable().describe('Place in the ledger of the record that ended it.'),
});

export const requestPage = z.strictObject({ items: z.array(requestRow), nextCursor: z.string().nullable(), ...indexed });

export const requestFacets = z.strictObject({
  total: count,
  tenants: facet,
  models: facet,
  upstreams: facet,
  verdicts: facet,
  rules: facet,
  classes: facet,
  ...indexed,
});

export const requestSeries = z.strictObject({
  bucketMs: count,
  buckets: z.array(
    z.strictObject({
      at: time,
      total: count,
      blocked: count,
      redacted: count,
      errors: count,
      p50Ms: z.int().nullable(),
      p99Ms: z.int().nullable(),
      inputTokens: count,
      outputTokens: count,
      microUnits: micro,
    }),
  ),
  ...indexed,
});

export const budgetPage = z.strictObject({
  items: z.array(
    z.strictObject({
      tenant: z.string(),
      keyId: z.string().nullable(),
      window: z.enum(['day', 'month']),
      limitMicro: micro.nullable(),
      spentMicro: micro,
      reservedMicro: micro,
      resetsAt: time,
      series: z.array(z.strictObject({ at: time, microUnits: micro })),
    }),
  ),
  nextCursor: z.null(),
  ...indexed,
});

export const recordPage = z.strictObject({
  items: z.array(
    z.strictObject({
      index: count,
      kind: z.string(),
      atMs: z.number(),
      tenant: z.string().optional(),
      requestId: z.string().optional(),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
  nextFrom: z.int().nullable(),
  size: count,
});

export const recordProofAnswer = z.strictObject({
  index: count,
  size: count,
  recordBase64: z.base64(),
  leafHash: z.base64(),
  path: z.array(z.base64()),
  root: z.base64(),
  checkpoint: z.string().describe('Signed note, https://c2sp.org/signed-note.'),
  publicKey: z.base64().describe('Raw Ed25519 key.'),
  verifierKey: z.string(),
});

export const sessionAnswer = z.strictObject({
  principal: z
    .strictObject({ role: z.string(), scope: z.string(), tenant: z.string().nullable(), label: z.string(), via: z.enum(['key', 'oidc']) })
    .nullable(),
  signIn: z.strictObject({ key: z.boolean(), oidc: z.strictObject({ label: z.string() }).nullable() }),
  version: z.string(),
  dataPlane: z.strictObject({ url: z.url() }),
  needsFirstRun: z.boolean(),
});

export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  fix: z.string().describe('The way out.'),
  pointer: z.string().optional().describe('RFC 6901, of the member of the body that is wrong.'),
});
