// What ECS and OTLP ask of a document, by hand from their pages: names, types, allowed values. Unknown names are refused.
import { z } from 'zod';

const text = z.string().min(1);
const count = z.int().nonnegative();
const iso = z.iso.datetime();
const techniques = z.strictObject({ id: z.array(text).min(1), name: z.array(text).min(1) });

/** https://www.elastic.co/docs/reference/ecs/ecs-allowed-values-event-category, and -type */
const CATEGORIES = ['api', 'authentication', 'configuration', 'iam', 'intrusion_detection', 'process', 'threat', 'web'];
const TYPES = ['access', 'admin', 'allowed', 'change', 'creation', 'deletion', 'denied', 'end', 'error', 'info', 'start', 'user'];

export const ecsSchema = z.strictObject({
  '@timestamp': iso,
  message: text,
  ecs: z.strictObject({ version: z.string().regex(/^9\.\d+\.\d+$/) }),
  event: z.strictObject({
    id: text,
    kind: z.enum(['alert', 'event']),
    category: z.array(z.enum(CATEGORIES)).min(1).optional(),
    type: z.array(z.enum(TYPES)).min(1),
    outcome: z.enum(['success', 'failure', 'unknown']),
    module: text,
    dataset: text,
    provider: text,
    severity: count,
    original: text,
    action: text.optional(),
    created: iso.optional(),
    sequence: count.optional(),
    duration: count.optional(),
    start: iso.optional(),
    end: iso.optional(),
    reason: z.string().optional(),
  }),
  log: z.strictObject({ level: text }),
  service: z.strictObject({ name: text, version: text }),
  observer: z.strictObject({ vendor: text, product: text, type: text, version: text }),
  user: z.strictObject({ id: text.optional(), name: text.optional() }).optional(),
  related: z.strictObject({ user: z.array(text), ip: z.array(text).optional() }).optional(),
  source: z.strictObject({ address: text, ip: z.union([z.ipv4(), z.ipv6()]).optional() }).optional(),
  organization: z.strictObject({ id: text }).optional(),
  transaction: z.strictObject({ id: text }).optional(),
  rule: z.strictObject({ id: text, name: text, category: text, ruleset: text.optional(), version: text.optional() }).optional(),
  threat: z.strictObject({ framework: text, technique: techniques, tactic: techniques.optional() }).optional(),
  gen_ai: z
    .strictObject({
      system: text,
      request: z.strictObject({ model: text }),
      operation: z.strictObject({ name: text }).optional(),
      usage: z.strictObject({ input_tokens: count, output_tokens: count }).optional(),
    })
    .optional(),
  http: z.strictObject({ response: z.strictObject({ status_code: count }) }).optional(),
  // Ours, flat, so that no document brings a field of its own.
  sallyport: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding: lowerCamelCase, 64-bit integers as strings, ids in hex. */
const anyValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z
  .array(z.strictObject({ key: text, value: anyValue }))
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'keys of attributes are unique');
const nanos = z.string().regex(/^\d{10,20}$/);
const traceId = z.string().regex(/^(?!0+$)[0-9a-f]{32}$/);
const spanId = z.string().regex(/^(?!0+$)[0-9a-f]{16}$/);
const scope = z.strictObject({ name: text, version: text });
const resource = z.strictObject({ attributes });

export const otlpLogsSchema = z.strictObject({
  resourceLogs: z.array(
    z.strictObject({
      resource,
      scopeLogs: z.array(
        z.strictObject({
          scope,
          logRecords: z.array(
            z.strictObject({
              timeUnixNano: nanos,
              observedTimeUnixNano: nanos,
              severityNumber: z.int().min(1).max(24),
              severityText: text,
              eventName: text,
              body: anyValue,
              attributes,
              traceId: traceId.optional(),
              spanId: spanId.optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export const otlpTracesSchema = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource,
      scopeSpans: z.array(
        z.strictObject({
          scope,
          spans: z.array(
            z
              .strictObject({
                traceId,
                spanId,
                name: text,
                kind: z.literal(3),
                startTimeUnixNano: nanos,
                endTimeUnixNano: nanos,
                attributes,
                status: z.strictObject({ code: z.union([z.literal(1), z.literal(2)]), message: z.string().optional() }),
              })
              .refine((span) => BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano), 'a span ends after it began'),
          ),
        }),
      ),
    }),
  ),
});

/** The parts of a message of RFC 5424, read by its ABNF. Throws on what is none. */
export function parseSyslog(message: string): {
  readonly priority: number;
  readonly head: readonly string[];
  readonly data: string;
  readonly text: string;
} {
  const match =
    /^<(\d{1,3})>1 (\S+) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) ((?:\[[!-~]+(?: [!-~]+?="(?:[^"\\\]]|\\.)*")*\])+|-) (.*)$/s.exec(
      message,
    );
  if (match === null) throw new Error(`no message of RFC 5424: ${message}`);
  const [, priority, time = '', ...rest] = match;
  if (Number.isNaN(Date.parse(time))) throw new Error('no time');
  return { priority: Number(priority), head: [time, ...rest.slice(0, 4)], data: rest[4] ?? '', text: rest[5] ?? '' };
}

/** Header and extension of CEF:0, with the escapes undone. Throws on what is none. */
export function parseCef(text: string): { readonly header: readonly string[]; readonly extension: Readonly<Record<string, string>> } {
  const fields = text.match(/(?:\\.|[^|\\])*(?:\||$)/g)?.map((field) => field.replace(/\|$/, '')) ?? [];
  const header = fields.slice(0, 7).map((field) => field.replaceAll(/\\(.)/g, '$1'));
  if (header[0] !== 'CEF:0' || header.length !== 7) throw new Error(`no CEF: ${text}`);
  const body = text
    .split(/(?<!\\)(?:\\\\)*\|/)
    .slice(7)
    .join('|');
  const extension: Record<string, string> = {};
  for (const [, key = '', value = ''] of body.matchAll(/(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)/gs)) {
    if (key in extension) throw new Error(`${key} stands twice`);
    extension[key] = value.replaceAll(/\\(.)/g, '$1');
  }
  return { header, extension };
}
