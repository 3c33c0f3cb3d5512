// Whatever goes wrong on the way: nothing stays set aside, nothing is kept without end, nothing is said in the wrong place.
import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import type { Caller } from '../src/access/keys/caller.ts';
import type { GatewayDeps } from '../src/gateway/deps.ts';
import { openaiChat } from '../src/gateway/formats/openai-chat.ts';
import type { Route } from '../src/gateway/routes.ts';
import { ClientNames } from '../src/gateway/client-names.ts';
import { Run } from '../src/gateway/run.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemRandom } from '../src/io/random.ts';
import type { Outgoing } from '../src/io/http/exchange.ts';
import { listen } from '../src/io/http/listener.ts';
import { chatAnswer, chatChunk } from './support/openai-replies.ts';
import { chat, post, readAll } from './support/plain-client.ts';
import { useGateway } from './support/running-gateway.ts';
import { NEEDLE, SECRET } from './support/stream-events.ts';
import { connect } from 'node:net';

const gateway = useGateway({ http: { answerBytesMax: 65_536, bodyMs: 300 } });
const ask = (body: JsonObject, path = '/chat/completions'): Promise<Response> =>
  post({ url: gateway().openaiUrl, key: gateway().key }, body, { path });

describe('a cap that nobody can reserve', () => {
  it.each([1.5, 1e300, Number.MAX_SAFE_INTEGER])('%s tokens are refused as what they are', async (tokens) => {
    const response = await ask(chat('Hello', { max_tokens: tokens }));
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('/max_tokens');
    const other = await ask({ model: 'm', input: 'Hello', max_output_tokens: tokens }, '/responses');
    expect(other.status).toBe(400);
    expect(await other.text()).toContain('/max_output_tokens');
  });

  it('none of two caps hides behind the other, and the greater counts', () => {
    expect(openaiChat.demand({ max_completion_tokens: 0, max_tokens: 100 }).outputTokensMax).toBeNaN();
    expect(openaiChat.demand({ max_completion_tokens: 9, max_tokens: 100 }).outputTokensMax).toBe(100);
    expect(openaiChat.demand({ max_tokens: 7 }).outputTokensMax).toBe(7);
  });
});

describe('an upstream', () => {
  it('that fails with a secret in its words has that on record, and not in its answer', async () => {
    gateway().upstream.answer((_, reply) => reply.json({ error: { message: `${'x '.repeat(490)}${SECRET} is wrong` } }, 400));
    const response = await ask(chat('Hello'));
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(NEEDLE.slice(0, 4));
    const id = response.headers.get('x-sallyport-request-id');
    const closed = (await gateway().records()).find(({ kind, requestId }) => kind === 'request.closed' && requestId === id);
    expect(closed?.data['findings']).toMatchObject({ count: 1 });
  });

  it('that never ends is ended', async () => {
    gateway().upstream.answer(async (_, reply) => {
      reply.open();
      for (let tick = 0; !reply.isGone && tick < 20_000; tick++) await reply.write(chatChunk({ content: `tick ${tick} ` }));
      reply.end();
    });
    const { text } = await readAll(await ask(chat('Go.', { stream: true })));
    expect(text).toContain('more than 65536 bytes');
    expect(text.length).toBeLessThan(70_000);
  });
});

describe('a connection', () => {
  const talk = (bytes: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(gateway().port, '127.0.0.1');
      let heard = '';
      socket.on('data', (chunk) => (heard += chunk.toString('latin1')));
      socket.on('close', () => resolve(heard));
      socket.on('error', () => resolve(heard));
      socket.write(bytes);
    });
  const head = (length: number): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${gateway().key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`;

  it('with garbage behind a request gets no word about it in the place of the answer', async () => {
    gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    const body = JSON.stringify(chat('Hello'));
    expect(await talk(`${head(Buffer.byteLength(body))}${body}GARBAGE\r\n\r\n`)).not.toContain('400');
    expect(await talk('GARBAGE\r\n\r\n')).toContain('400');
  });

  it('whose caller takes nothing of a finished answer is dropped', async () => {
    const gone = Promise.withResolvers<void>();
    const listener = await listen({
      host: '127.0.0.1',
      port: 0,
      limits: { idleMs: 150 },
      onBug() {},
      async handler(_, outgoing) {
        outgoing.onGone(gone.resolve);
        outgoing.begin(200, {});
        outgoing.end('x'.repeat(30_000_000));
      },
    });
    const socket = connect(listener.port, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await gone.promise;
    socket.destroy();
    await listener.close(0);
  });

  it('that is slow again and again leaves no listeners behind', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const listener = await listen({
      host: '127.0.0.1',
      port: 0,
      onBug() {},
      async handler(_, outgoing) {
        outgoing.begin(200, {});
        for (let round = 0; round < 30; round++) if (!outgoing.write('x'.repeat(1_000_000))) await outgoing.drained();
        outgoing.end();
      },
    });
    await (await fetch(`http://127.0.0.1:${listener.port}/`)).text();
    await listener.close(0);
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('on which no body comes is closed', async () => {
    const heard = await talk(`${head(500)}{`);
    expect(heard).toContain('408');
  });
});

describe('a caller who left', () => {
  it('before the upstream was asked is not asked for, and gets all back', async () => {
    const { sallyport, upstream } = gateway();
    upstream.forget();
    upstream.answer(() => {});
    const body = JSON.stringify(chat('4111 1111 1111 1111, '.repeat(40_000)));
    const socket = connect(gateway().port, '127.0.0.1');
    const text = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${gateway().key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    // The guards are at work on a long text when the caller goes.
    await new Promise<void>((resolve) => void socket.write(text, () => resolve()));
    await expect.poll(() => sallyport.rooms.access.load.inFlight).toBe(1);
    socket.resetAndDestroy();
    await expect.poll(() => sallyport.rooms.access.load, { timeout: 8_000 }).toMatchObject({ inFlight: 0, reservations: 0 });
    expect(upstream.received).toHaveLength(0);
    const closed = (await gateway().records()).findLast(({ kind }) => kind === 'request.closed');
    expect(closed?.data).toMatchObject({ reason: 'client_gone', reservation: { tokens: 0 } });
  }, 20_000);
});

describe('a record that cannot be written', () => {
  const costs: string[] = [];
  const reservation = {
    opened: { microUnits: 9, tokens: 9 },
    release: () => void costs.push('released'),
    settle: () => void costs.push('settled'),
  };
  const runWith = (written: Promise<void>, durable: Promise<void>): Run => {
    const deps = {
      clock: systemClock,
      random: systemRandom,
      settings: () => ({ outputTokens: 1 }),
      metrics: { request() {}, finding() {} },
      guards: { spans: { inspect: () => ({ findings: [] }) } },
      access: { priceOf: () => 1, reserving: () => reservation },
      ledger: { append: () => ({ index: 0, written, durable }), commit: () => ({ nonce: 0, hmac: '' }) },
    } as unknown as GatewayDeps;
    const outgoing = { hasBegun: true, isGone: false, destroy() {} } as unknown as Outgoing;
    const run = new Run(deps, outgoing, new ClientNames(() => createSecretKey(new Uint8Array(32))));
    const route = { upstream: { name: 'u', trust: 'external' }, policy: { name: 'p', revision: 'r', mode: 'enforce' } } as unknown as Route;
    run.begin({ principal: { tenant: 't', pseudonym: 'p' } as unknown as Caller, format: openaiChat, route, model: 'm' });
    return run;
  };
  const judgement = { action: 'allow', findings: [], masks: new Map(), sentValues: new Set<string>(), failure: undefined } as const;
  const open = (run: Run): Promise<void> =>
    run.open(judgement, [{ route: run.route, format: openaiChat, body: '{}', demand: { outputTokensMax: 1, choices: 1 } }]);

  it.each([
    ['before the upstream was asked gives all back', 'released', true],
    ['while the upstream works charges the bound', 'settled', false],
  ])('%s', async (_, expected, failsAtOnce) => {
    costs.length = 0;
    const lost = Promise.reject(new Error('no space'));
    lost.catch(() => undefined);
    const run = runWith(failsAtOnce ? lost : Promise.resolve(), lost);
    await open(run).catch((error: unknown) => run.fail(error as never, () => ({})));
    if (!failsAtOnce) await run.recorded().catch((error: unknown) => run.fail(error as never, () => ({})));
    run.finish();
    expect(costs).toEqual([expected]);
  });
});
