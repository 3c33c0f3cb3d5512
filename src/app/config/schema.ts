// The configuration file as a schema. The JSON Schema for editors and docs/configuration.md are made from it.
import { z } from 'zod';
import { detectorsSchema } from './custom-schema.ts';
import { lookForSchema } from './look-for-schema.ts';
import { imagesSchema } from './images-schema.ts';
import { predictSchema } from './predict-schema.ts';
import { isProxyEntry } from '../../io/http/trusted-proxies.ts';
import { checkpointPlaceSchema } from './checkpoint-places-schema.ts';
import { oidcSchema } from './oidc-schema.ts';
import { receiverSchema } from './receivers-schema.ts';
import { secondLookSchema } from './second-look-schema.ts';
import { stagesSchema } from './stages-schema.ts';

const duration = z.number().int().min(1).max(3_600_000);
const bytes = z.number().int().min(1024).max(1_073_741_824);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'use letters, digits, dot, dash and underscore, at most 64');
const secret = z
  .string()
  .min(1)
  .max(4096)
  .describe(
    'A secret: `env:NAME`, `file:/path`, or the text itself. Prefer the first two: a file is read by more eyes than an environment.',
  );
const money = z.number().min(0).max(1_000_000_000);

const tls = z
  .strictObject({
    cert: z.string().describe('Path of the PEM certificate chain.'),
    key: z.string().describe('Path of the PEM private key.'),
    clientCa: z.string().optional().describe('Path of a PEM bundle; given, every caller needs a client certificate of it (mTLS).'),
  })
  .describe('TLS for this listener.');

const weakening = {
  author: z.string().min(1).max(200).describe('Who decided this.'),
  reason: z.string().min(1).max(1000).describe('Why.'),
  expires: z.iso.date().describe('Last day on which it holds, as YYYY-MM-DD (UTC).'),
};

export const ruleSchema = z
  .strictObject({
    on: z.enum(['input', 'output']).describe('Input goes to the model, output comes back.'),
    class: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe('injection, jailbreak, secret, personal-data, leak, exfiltration; one or several.'),
    family: z
      .enum(['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining'])
      .optional()
      .describe('How an attack goes about it.'),
    type: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe('Data types such as CREDIT_CARD; one or several.'),
    rule: z.string().max(128).optional().describe('A rule id; a trailing `*` matches a prefix.'),
    origin: z
      .union([
        z.enum(['operator', 'user', 'model', 'retrieved', 'tool']),
        z.array(z.enum(['operator', 'user', 'model', 'retrieved', 'tool'])),
      ])
      .optional(),
    at: z.enum(['info', 'low', 'medium', 'high', 'critical']).optional().describe('Least severity that this rule answers to.'),
    unless: z.literal('sent-by-caller').optional().describe('Not for personal data that the caller itself sent.'),
    do: z.enum(['allow', 'record', 'redact', 'block']).describe('What happens: nothing, a record, a mask in its place, or a refusal.'),
  })
  .describe('What to do about a finding. The first rule that matches decides.');

const onFailure = z
  .union([
    z.literal('block'),
    z.strictObject({
      input: z.enum(['block', 'allow']).default('block'),
      output: z.enum(['block', 'allow']).default('block'),
      ...weakening,
    }),
  ])
  .default('block')
  .describe(
    'What happens to text that a guard could not look at. Anything but `block` carries author, reason and expiry, and the answers say so.',
  );

const policyBasis = z
  .enum(['standard', 'strict', 'observe'])
  .default('standard')
  .describe('The policy that ships whose rules follow your own.');

const policyRules = z
  .array(ruleSchema)
  .max(1000)
  .default([])
  .describe('Your own rules, asked before those that ship; the first that matches decides.');

const policyMembers = z.strictObject({
  extends: policyBasis,
  rules: policyRules,
  lookFor: lookForSchema.optional(),
  onFailure,
  media: z
    .union([z.literal('block'), z.strictObject({ allow: z.literal(true), ...weakening })])
    .default('block')
    .describe('Audio and files, into which no guard of this version can look, and images where the packages for them are missing.'),
  stages: stagesSchema(weakening),
  shadow: z.strictObject(weakening).optional().describe('Change nothing, record what would have happened.'),
  candidate: z
    .strictObject({ extends: policyBasis, rules: policyRules })
    .optional()
    .describe('Rules to try: judged beside those in force on the same traffic, and on record. They change nothing.'),
});

const policySchema = policyMembers.prefault({}).describe('What is blocked, masked or recorded.');

const upstreamSchema = z.strictObject({
  kind: z
    .enum(['openai', 'anthropic', 'openai-compatible', 'demo', 'open-inference'])
    .describe(
      'What it speaks. openai-compatible: Ollama, vLLM, llama.cpp server, LM Studio, Azure. open-inference: Triton, KServe, MLServer and other scoring services.',
    ),
  speaks: z
    .array(z.enum(['openai', 'anthropic']))
    .min(1)
    .optional()
    .describe(
      'Whose formats it speaks: for openai-compatible servers that have only one of the two. A caller of the other format is translated.',
    ),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Root of the API, for example http://127.0.0.1:11434/v1. Known for openai, anthropic and demo.'),
  key: secret.optional(),
  keyHeader: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/)
    .optional()
    .describe('Header that carries the key instead of the usual one, for example `api-key` for Azure.'),
  headers: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/), secret)
    .default({})
    .describe('Further headers of every call.'),
  query: z.record(z.string(), z.string()).default({}).describe('Query of every call, for example `api-version` for Azure.'),
  trust: z.enum(['external', 'self-hosted']).default('external').describe('Whether texts that go there leave the house.'),
  passFields: z
    .array(z.string().max(64))
    .max(100)
    .default([])
    .describe('Top-level request fields that this server knows beyond the table of the format. Their text is judged too.'),
  models: z.array(z.string().max(256)).max(1000).default([]).describe('Names for GET /v1/models. Empty: the upstream is asked.'),
  timeouts: z
    .strictObject({
      connectMs: duration.default(5_000).describe('Until the connection stands.'),
      firstByteMs: duration.default(120_000).describe('Until the answer begins.'),
      idleMs: duration.default(60_000).describe('Between two pieces of the answer.'),
      totalMs: duration.default(600_000).describe('For the whole answer.'),
    })
    .prefault({}),
  connections: z.number().int().min(1).max(10_000).default(4_096).describe('Connections to this upstream at a time.'),
  ca: z.string().optional().describe('Path of a PEM bundle of a private certificate authority.'),
  clientCertificate: z
    .strictObject({ cert: z.string(), key: z.string() })
    .optional()
    .describe('Paths of our own certificate and key, for upstreams that ask for one.'),
  proxy: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Outbound HTTP proxy.'),
});

const sinkName = z.enum(['html', 'markdown', 'sql', 'shell', 'url', 'code', 'spreadsheet', 'terminal']);

const routeTarget = z.strictObject({
  upstream: name.describe('Name of an upstream above.'),
  model: z.string().min(1).max(256).optional().describe('How the model is called there.'),
  price: z
    .strictObject({ input: z.number().min(0).max(1_000_000), output: z.number().min(0).max(1_000_000) })
    .optional()
    .describe('US dollars per million tokens there, in the place of the table of prices.'),
});

const routeSchema = z.strictObject({
  models: z.string().min(1).max(256).default('*').describe('Model names that this route serves; `*` stands for any text.'),
  upstream: name.optional().describe('Name of an upstream above.'),
  upstreams: z
    .array(z.union([name, routeTarget]))
    .min(2)
    .max(16)
    .optional()
    .describe(
      'Several upstreams in the place of one: when one fails before its answer begins, the next is asked. None may be less trusted than the first.',
    ),
  choose: z
    .enum(['order', 'latency', 'price'])
    .optional()
    .describe('Whom of several upstreams to ask first: as listed (the default), the quickest, or the cheapest.'),
  envelope: z
    .enum(['delimit', 'datamark', 'encode', 'off'])
    .default('delimit')
    .describe('How documents and tool results are marked as untrusted.'),
  sink: z
    .union([sinkName, z.strictObject({ kind: sinkName, do: z.enum(['neutralise', 'block']).default('neutralise') })])
    .optional()
    .describe('Where the answers go, and so what is unsafe in them: made harmless in its place, or the answer is refused (`do: block`).'),
  blockAs: z.enum(['error', 'refusal']).default('error').describe('A blocked request answers 403, or as a refusal of the model.'),
  // Without the default of the whole: a route that names no policy is under that of the installation.
  policy: policyMembers.optional().describe('A policy for this route alone, in the place of the one above.'),
});

const budgets = z.strictObject({
  day: money.optional().describe('US dollars a day (UTC).'),
  month: money.optional().describe('US dollars a month (UTC).'),
  dayTokens: z.number().int().min(0).optional().describe('Tokens a day, in and out.'),
  monthTokens: z.number().int().min(0).optional().describe('Tokens a month, in and out.'),
  currency: z.literal('USD').default('USD').describe('The currency of all amounts.'),
});

export const configSchema = z
  .strictObject({
    listen: z.string().default('127.0.0.1:8787').describe('Address of the data plane.'),
    tls: tls.optional(),
    allowedHosts: z.array(z.string().max(255)).max(100).default([]).describe('Host names under which callers reach this gateway.'),
    admin: z
      .strictObject({
        listen: z.string().optional().describe('Address of the admin plane; default: loopback, data port + 1.'),
        tls: tls.optional(),
        url: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe('Address under which browsers reach the console; needed for OpenID Connect behind a proxy.'),
        oidc: oidcSchema(secret).optional(),
      })
      .prefault({}),
    auth: z.enum(['keys', 'none']).default('keys').describe('`none` is allowed on loopback only.'),
    upstreams: z.record(name, upstreamSchema).default({}).describe('Model servers. None: the built-in demonstration answers.'),
    routes: z
      .array(routeSchema)
      .max(1000)
      .default([])
      .describe('Which upstream serves which model; the first match decides. None: the first upstream serves all.'),
    detectors: detectorsSchema,
    predict: predictSchema,
    images: imagesSchema,
    secondLook: secondLookSchema(secret),
    policy: policySchema,
    limits: z
      .strictObject({
        perMinute: z.number().int().min(1).default(100).describe('Requests a minute of one key.'),
        concurrent: z
          .number()
          .int()
          .min(1)
          .default(32)
          .describe('Requests of one key at a time. Several replicas count each for itself: three let three times as many in.'),
        outputTokens: z.number().int().min(1).default(4096).describe('Cap for requests that set none.'),
        budgets: budgets.prefault({}).describe('Of one key, unless the key has its own.'),
        tenantBudgets: budgets.prefault({}).describe('Of all keys of a tenant together.'),
        tiers: z
          .record(
            name,
            z.strictObject({
              perMinute: z.number().int().min(1).optional(),
              concurrent: z.number().int().min(1).optional(),
              budgets: budgets.prefault({}),
            }),
          )
          .default({})
          .describe('Named sets of limits; a key or a tenant names its tier.'),
        failedKeysPerMinute: z
          .number()
          .int()
          .min(1)
          .max(1_000_000)
          .default(60)
          .describe('Failed authentications a minute of one client address (of one /64 in IPv6), over both planes and all replicas.'),
        attack: z
          .strictObject({
            blockedShare: z
              .number()
              .min(0.01)
              .max(2)
              .default(0.6)
              .describe(
                'Share of blocked requests at which a key, then a tenant, is turned away for a while. Above 1: never, for red-team runs.',
              ),
            samplesMin: z.number().int().min(1).default(50).describe('Requests in ten seconds below which a share means nothing.'),
            rememberedMax: z.number().int().min(1).max(8_192).default(2_000).describe('Blocked texts of one tenant that are remembered.'),
            rememberMinutes: z.number().int().min(1).max(1_440).default(30).describe('How long a blocked text is remembered.'),
          })
          .prefault({}),
        inFlight: z.number().int().min(1).default(4096).describe('Requests at a time, over all keys.'),
      })
      .prefault({}),
    prices: z
      .array(z.strictObject({ match: z.string().min(1).max(256), input: z.number().min(0), output: z.number().min(0) }))
      .max(10_000)
      .default([])
      .describe('US dollars per million tokens, before the table that ships.'),
    http: z
      .strictObject({
        bodyBytesMax: bytes.default(8_388_608).describe('Largest request body.'),
        bodyMs: duration.default(30_000).describe('Time for a request body to arrive.'),
        answerBytesMax: bytes.default(33_554_432).describe('Largest answer of an upstream.'),
        eventCharsMax: z.number().int().min(1024).default(1_048_576).describe('Largest event of a stream.'),
        clientStallMs: duration.default(30_000).describe('A caller that takes nothing for so long is dropped.'),
        turnsMax: z.number().int().min(1).default(2_000).describe('Most messages of one conversation.'),
        itemsMs: z
          .number()
          .int()
          .min(0)
          .max(86_400_000)
          .default(3_600_000)
          .describe('How long items of answers stay in memory for `item_reference`, in milliseconds. 0: not at all.'),
        connectionsMax: z.number().int().min(1).default(10_000).describe('Connections of callers at a time.'),
        trustedProxies: z
          .array(z.string().max(64).refine(isProxyEntry, 'use an IP address, a CIDR block narrower than everything, or the word loopback'))
          .max(1000)
          .default([])
          .describe(
            'Addresses, CIDR blocks or `loopback`: proxies whose `Forwarded` and `X-Forwarded-For`, `-Host` and `-Proto` are believed. Anybody else’s are not read.',
          ),
        leaveMs: z
          .number()
          .int()
          .min(0)
          .max(600_000)
          .default(0)
          .describe('After SIGTERM: how long requests are still served while /readyz says no, so that balancers send no more of them.'),
        drainMs: duration.default(30_000).describe('How long answers under way may finish after SIGTERM.'),
      })
      .prefault({}),
    replicas: z
      .strictObject({
        secret: secret
          .optional()
          .describe('The same for all gateways that work together, at least 32 characters: `env:NAME` or `file:/path`.'),
        onCounterLoss: z
          .enum(['refuse', 'local'])
          .optional()
          .describe('When rates or budgets cannot be shared: refuse what needs them, or go on alone on what was known last. No default.'),
        onKillLoss: z
          .enum(['refuse', 'local'])
          .optional()
          .describe('When the orders of other replicas cannot be read: stop everything, or obey the own ones alone. No default.'),
      })
      .prefault({})
      .describe('Several gateways on one DATABASE_URL and VALKEY_URL (docs/replicas.md).'),
    ledger: z
      .strictObject({
        retainDays: z.number().int().min(1).default(3650).describe('Days that records are kept.'),
        segmentBytesMax: bytes.default(67_108_864).describe('Size at which a new file of records begins; retention removes whole files.'),
        refusalsPerMinute: z
          .number()
          .int()
          .min(1)
          .max(1_000_000)
          .default(60)
          .describe(
            'Requests of one key refused for a limit, an order or the load that are recorded one by one in a minute; further ones are counted, and the count is recorded.',
          ),
        checkpointFile: z.string().optional().describe('A second place for checkpoints, best on another disk or machine.'),
        checkpointPlaces: z
          .array(checkpointPlaceSchema)
          .max(10)
          .default([])
          .describe('Further places for checkpoints: whoever holds one can tell that records were taken away or signed anew.'),
      })
      .prefault({}),
    events: z
      .strictObject({
        ocsfFile: z.string().optional().describe('OCSF 1.8 events as JSON lines; default: events/ocsf.jsonl in the data directory.'),
        rotateBytes: bytes.default(67_108_864).describe('Size at which a new file begins.'),
        clientAddress: z
          .boolean()
          .default(false)
          .describe(
            'Records and events hold the address of each caller, which is personal data; without it, a name that only this installation can resolve.',
          ),
        keepFiles: z.number().int().min(1).max(1000).default(10).describe('Files that are kept.'),
        receivers: z
          .record(name, receiverSchema)
          .default({})
          .describe('Places that get every event, each at its own pace, by a name of your choice.'),
      })
      .prefault({}),
  })
  .describe('Configuration of Sallyport. Three lines are a working file; everything else has a safe default.');

export type Config = z.output<typeof configSchema>;
export type PolicyConfig = z.output<typeof policySchema>;
export type UpstreamConfig = z.output<typeof upstreamSchema>;
