// Two hundred tenants, each with a marker of its own, over shared connections, with aborts and retries: no byte of one tenant ever
// reaches another. The upstream answers with the caller's own marker, slowly and out of order, and misbehaves now and then.
import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/types.ts';
import { anthropicAnswer, anthropicStream, textBlock } from '../support/anthropic-replies.ts';
import { chatAnswer, chatStream, DONE, messageItem, openaiErrorBody, responseAnswer, responseStream } from '../support/openai-replies.ts';
import { useGateway } from '../support/running-gateway.ts';
import { at, eventsIn } from '../support/stream-channels.ts';
import type { Received, Reply } from '../support/scripted-upstream.ts';

const TENANTS = 200;
const ROUNDS = 6;
/** Far fewer than tenants, so that callers of many tenants share each connection. */
const CONNECTIONS = 24;

const gateway = useGateway();
const markerOf = (tenant: number): string => `marker-q${tenant.toString().padStart(4, '0')}z`;
const MARKERS = /marker-q\d{4}z/g;

const kinds = ['chat', 'chat-stream', 'responses', 'responses-stream', 'messages', 'messages-stream'] as const;
type Kind = (typeof kinds)[number];

function bodyOf(kind: Kind, marker: string): { readonly path: string; readonly body: JsonObject } {
  const stream = kind.endsWith('stream');
  const content = `Please say ${marker} back to me.`;
  if (kind.startsWith('chat')) return { path: '/v1/chat/completions', body: { model: 'm', messages: [{ role: 'user', content }], stream } };
  if (kind.startsWith('responses')) return { path: '/v1/responses', body: { model: 'm', input: content, stream } };
  return { path: '/v1/messages', body: { model: 'm', max_tokens: 50, messages: [{ role: 'user', content }], stream } };
}

/** Answers with the marker that the request holds; every ninth call fails, every eleventh stream breaks off. */
async function answer(received: Received, reply: Reply, count: number): Promise<void> {
  const marker = MARKERS.exec(received.text)?.[0] ?? 'no marker';
  MARKERS.lastIndex = 0;
  const words = `You said ${marker}, and I say ${marker} again.`;
  await new Promise((resolve) => void setTimeout(resolve, count % 7));
  if (count % 9 === 0) return reply.json(openaiErrorBody(`too busy for ${marker}`), 429, { 'retry-after': '0' });
  const isStreamed = received.body['stream'] === true;
  if (!isStreamed) {
    if (received.path.endsWith('completions')) return reply.json(chatAnswer({ content: words }));
    return reply.json(received.path.endsWith('responses') ? responseAnswer([messageItem(words)]) : anthropicAnswer([textBlock(words)]));
  }
  const events = received.path.endsWith('completions')
    ? chatStream(words.match(/.{1,5}/g) ?? [])
    : received.path.endsWith('responses')
      ? responseStream([messageItem(words)], 8)
      : anthropicStream([textBlock(words)]);
  reply.open();
  for (const [index, event] of events.entries()) {
    if (reply.isGone) return;
    if (count % 11 === 0 && index === events.length - 2) return reply.drop();
    await reply.write(event);
  }
  if (events.at(-1) !== DONE || !reply.isGone) reply.end();
}

interface Heard {
  readonly status: number;
  readonly text: string;
  readonly isAborted: boolean;
}

/** Streams cut words anywhere: their pieces put together again. */
const assembled = (heard: string): string =>
  eventsIn(heard.slice(0, heard.lastIndexOf('\n\n') + 1))
    .map(
      (event) =>
        at(event, 'choices', 0, 'delta', 'content') ??
        at(event, 'delta', 'text') ??
        (event['type'] === 'response.output_text.delta' ? event['delta'] : ''),
    )
    .join('');

describe('two hundred tenants over shared connections', () => {
  it('each hears its own marker and nobody else’s', async () => {
    const { upstream, port } = gateway();
    let count = 0;
    upstream.answer((received, reply) => answer(received, reply, count++));
    const keys: string[] = [];
    for (let tenant = 0; tenant < TENANTS; tenant++) keys.push((await gateway().newKey(`tenant-${tenant}`)).key);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    const ask = (tenant: number, kind: Kind, abortAfterBytes: number): Promise<Heard> =>
      new Promise((resolve) => {
        const { path, body } = bodyOf(kind, markerOf(tenant));
        const text = JSON.stringify(body);
        let heard = '';
        let isAborted = false;
        const headers = {
          host: 'localhost',
          authorization: `Bearer ${keys[tenant]}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        };
        const call = request({ agent, port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
          heard += `${JSON.stringify(response.headers)}\n`;
          response.on('data', (chunk: Buffer) => {
            heard += chunk.toString('utf8');
            if (heard.length > abortAfterBytes) {
              isAborted = true;
              call.destroy();
            }
          });
          response.on('close', () => resolve({ status: response.statusCode ?? 0, text: heard, isAborted }));
        });
        call.on('error', () => resolve({ status: 0, text: heard, isAborted }));
        call.end(text);
      });

    const outcomes = { answered: 0, aborted: 0, retried: 0, broken: 0 };
    const foreign: string[] = [];
    const run = async (tenant: number, round: number): Promise<void> => {
      const kind = kinds[(tenant + round) % kinds.length] ?? 'chat';
      const abortAfterBytes = (tenant + 3 * round) % 5 === 0 ? 700 : Infinity;
      for (let attempt = 0; attempt < 6; attempt++) {
        const { status, text, isAborted } = await ask(tenant, kind, abortAfterBytes);
        const said = text + (kind.endsWith('stream') ? assembled(text) : '');
        foreign.push(
          ...(said.match(MARKERS) ?? [])
            .filter((marker) => marker !== markerOf(tenant))
            .map((marker) => `${markerOf(tenant)} heard ${marker}`),
        );
        if (isAborted) outcomes.aborted++;
        else if (status === 429) {
          outcomes.retried++;
          continue;
        } else if (status === 200 && !text.includes('"error"')) {
          outcomes.answered++;
          if (!said.includes(markerOf(tenant))) foreign.push(`${markerOf(tenant)} heard nothing of itself`);
        } else outcomes.broken++;
        return;
      }
    };
    for (let round = 0; round < ROUNDS; round++) await Promise.all(keys.map((_, tenant) => run(tenant, round)));
    agent.destroy();
    expect(foreign).toEqual([]);
    // The journey is worth something only when all of it happened. A fifth is aborted, and which calls fail depends on their order.
    expect(outcomes.answered).toBeGreaterThan(TENANTS * ROUNDS * 0.4);
    for (const kind of ['aborted', 'retried', 'broken'] as const) expect(outcomes[kind]).toBeGreaterThan(20);
  });

  it('what went upstream carried one marker a request, and the record names each tenant’s requests as its own', async () => {
    for (const { text } of gateway().upstream.received) expect(new Set(text.match(MARKERS)).size).toBe(1);
    const tenantOf = new Map<string, string>();
    for (const { kind, requestId, tenant } of await gateway().records()) {
      if (!kind.startsWith('request.') || requestId === undefined) continue;
      expect(tenantOf.get(requestId) ?? tenant).toBe(tenant);
      tenantOf.set(requestId, tenant ?? '');
    }
    expect(new Set(tenantOf.values()).size).toBe(TENANTS);
    expect(gateway().sallyport.rooms.access.inFlight.size).toBe(0);
    expect(gateway().log).toEqual([]);
  });
});
