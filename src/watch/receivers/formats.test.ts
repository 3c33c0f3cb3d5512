// Every event in every format, against what the format's own pages ask for.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../core/types.ts';
import { record } from '../ocsf/records.fixture.ts';
import { assertOcsf } from '../ocsf/schema.fixture.ts';
import { toCef, toSyslog } from './cef.ts';
import { toEcs } from './ecs.ts';
import { everyEvent, everyRecord, HOSTILE } from './every-record.fixture.ts';
import { ecsSchema, otlpLogsSchema, otlpTracesSchema, parseCef, parseSyslog } from './foreign-schemas.fixture.ts';
import { isRequest, toLogs, toTraces } from './otlp-encode.ts';
import type { ReceiverEvent } from './receiver.ts';

const EVENTS = everyEvent();
const FIRST = EVENTS[0] as ReceiverEvent;
const SENDER = { hostname: 'gate way.example', productVersion: '0.1.0' };
const SOURCE = { productVersion: '0.1.0', instance: 'box.example+00c0ffee' };

type Loose = { [key: string]: Loose } & { readonly length: number };
const loose = (value: unknown): Loose => value as Loose;

describe('OCSF', () => {
  it('is valid for every kind of record, on one line each', () => {
    for (const { event, line } of EVENTS) {
      assertOcsf(event);
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(event)));
      expect(line).not.toMatch(/[\n\u0085\u202e]/);
    }
  });
});

describe('ECS', () => {
  it('has fields and values of the schema only', () => {
    for (const one of EVENTS) ecsSchema.parse(toEcs(one));
  });

  it('tells a blocked request by who, what, where and why', () => {
    const [found] = EVENTS.filter(({ uid }) => uid.endsWith(':0.1'));
    const document = loose(toEcs(found ?? FIRST));
    expect(document).toMatchObject({
      event: { kind: 'alert', category: ['intrusion_detection'], type: ['info', 'denied'], action: 'request.opened' },
      rule: { id: 'injection.override', category: 'injection', ruleset: 'standard' },
      threat: { framework: 'MITRE ATLAS', technique: { id: ['AML.T0051'] } },
      user: { id: 'p_3f9c' },
      source: { ip: '2001:db8::7' },
      gen_ai: { system: 'main', operation: { name: 'chat' } },
    });
  });

  it('carries what a model cost in the fields of its own set', () => {
    const request = EVENTS.find(({ uid }) => uid.endsWith(':3'));
    expect(loose(toEcs(request ?? FIRST))['gen_ai']).toMatchObject({
      usage: { input_tokens: 50, output_tokens: 32 },
      request: { model: 'gpt-5-mini' },
    });
  });

  it('keeps an identity that no other event has', () => {
    expect(new Set(EVENTS.map((one) => loose(toEcs(one))['event']?.['id'])).size).toBe(EVENTS.length);
  });
});

describe('OTLP', () => {
  it('has logs for all events', () => {
    const logs = otlpLogsSchema.parse(JSON.parse(JSON.stringify(toLogs(EVENTS, SOURCE))));
    expect(logs.resourceLogs[0]?.scopeLogs[0]?.logRecords).toHaveLength(EVENTS.length);
  });

  it('has a span for each request, under the id of its findings', () => {
    const traces = otlpTracesSchema.parse(JSON.parse(JSON.stringify(toTraces(EVENTS.filter(isRequest), SOURCE))));
    const spans = traces.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
    expect(spans).toHaveLength(EVENTS.filter(isRequest).length);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    const logs = otlpLogsSchema.parse(toLogs(EVENTS.slice(0, 2), SOURCE)).resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
    expect(new Set([...logs.map(({ traceId }) => traceId), spans[0]?.traceId]).size).toBe(1);
  });

  it('names the call in the words of the GenAI conventions', () => {
    const request = EVENTS.find(({ uid }) => uid.endsWith(':3'));
    const span = otlpTracesSchema.parse(toTraces([request ?? FIRST], SOURCE)).resourceSpans[0]?.scopeSpans[0]?.spans[0];
    const attributes = Object.fromEntries(span?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? []);
    expect(span?.name).toBe('chat gpt-5-mini');
    expect(attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'main',
      'gen_ai.request.model': 'gpt-5-mini',
      'gen_ai.usage.input_tokens': '50',
      'gen_ai.usage.output_tokens': '32',
    });
  });
});

describe('CEF in syslog', () => {
  it('is a message of RFC 5424 with seven fields of CEF, whatever attackers name themselves', () => {
    for (const one of EVENTS) {
      const { head, text, priority } = parseSyslog(toSyslog(one, SENDER));
      expect(head[1]).toBe('gateway.example');
      expect(priority >> 3).toBe(13);
      const { header, extension } = parseCef(text);
      expect(header.slice(1, 4)).toEqual(['Sallyport', 'Sallyport', '0.1.0']);
      expect(`${extension['deviceExternalId']}:${extension['externalId']}`).toBe(one.uid);
      expect(text).not.toMatch(/[\u0000-\u001f\u0085\u202e]/);
    }
  });

  it('gives a hostile model name back as one value', () => {
    const { extension } = parseCef(toCef(FIRST, '0.1.0'));
    expect(extension['cs2Label']).toBe('Model');
    expect(extension['cs2']).toBe(HOSTILE.replaceAll(/[\n\u001b\u202e\u0085]/g, ' '));
    expect(extension['cs1']).toBe('acme');
    expect(extension['c6a2']).toBe('2001:db8::7');
  });
});

describe('any record at all', () => {
  it('becomes valid events in all formats', () => {
    const json: fc.Arbitrary<Json> = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>;
    const kinds = [...new Set(everyRecord().map(({ event }) => event.kind))];
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.dictionary(fc.constantFrom('who', 'reason', 'model', 'status', 'findings', 'usage', 'client', 'durationMs'), json),
        (kind, data) => {
          for (const one of everyEvent([record(3, kind, data, { requestId: 'req_x' })])) {
            ecsSchema.shape.event.parse(loose(toEcs(one))['event']);
            otlpLogsSchema.parse(toLogs([one], SOURCE));
            if (isRequest(one)) otlpTracesSchema.parse(toTraces([one], SOURCE));
            parseCef(parseSyslog(toSyslog(one, SENDER)).text);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
