// Orders reach what is under way: kill orders cut it, an order to end lets it finish, a reload does not touch it.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../src/app/config/schema.ts';
import { KillSwitch } from '../src/access/kill/kill-switch.ts';
import { tokens } from '../src/detect/span/planted.fixture.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemRandom } from '../src/io/random.ts';
import { openKillFiles } from '../src/io/state/kill-files.ts';
import { chatAnswer, chatChunk, chatStream } from './support/openai-replies.ts';
import { chat, post, readAll, type Door, type Read } from './support/plain-client.ts';
import { freshGateway, type RunningGateway } from './support/running-gateway.ts';
import { at, eventsIn } from './support/stream-channels.ts';

const SECRET = tokens(3).find(({ type }) => /aws/i.test(type))?.value ?? '';

const doorOf = ({ openaiUrl, key }: RunningGateway): Door => ({ url: openaiUrl, key });

describe('a kill order', () => {
  const BOUND_MS = 2_000;

  async function expectCut(gateway: RunningGateway, order: () => void): Promise<void> {
    const count = 40;
    gateway.upstream.answer(async (_, reply) => {
      reply.open();
      for (let tick = 0; !reply.isGone && tick < 2_000; tick++) {
        await reply.write(chatChunk({ content: `tick ${tick} ` }));
        await new Promise((resolve) => void setTimeout(resolve, 20));
      }
    });
    const streams: Promise<Read>[] = [];
    await Promise.all(
      Array.from({ length: count }, async () => {
        const hasBegun = Promise.withResolvers<void>();
        streams.push(
          readAll(
            await post(doorOf(gateway), chat('Go.', { stream: true })),
            (soFar) => void (soFar.includes('tick ') && hasBegun.resolve()),
          ),
        );
        await hasBegun.promise;
      }),
    );
    order();
    // The order is given when it is on disk; how long the disk takes for that is another matter.
    const orderedAtMs = performance.now();
    const reads = await Promise.all(streams);
    expect(Math.max(...reads.map(({ endedAtMs }) => endedAtMs)) - orderedAtMs).toBeLessThan(BOUND_MS);
    for (const { text } of reads) {
      expect(text.split('"error"')).toHaveLength(2);
      expect(text).not.toContain('[DONE]');
    }
    await Promise.all(gateway.upstream.received.map(({ closed }) => closed));
    gateway.upstream.forget();
    const refused = await post(doorOf(gateway), chat('Hello'));
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain('stopped');
    expect(gateway.upstream.received).toHaveLength(0);
  }

  const orderFrom = (gateway: RunningGateway) => (): void =>
    void gateway.sallyport.rooms.access.killSwitch.order({ scope: 'everything', subject: '', who: 'ada', reason: 'drill' });
  /** Another process with the same data folder, as the command line is. */
  const orderFromOutside = (gateway: RunningGateway) => (): void =>
    void new KillSwitch({ files: openKillFiles(gateway.dataFolder, systemRandom), clock: systemClock }).order({
      scope: 'tenant',
      subject: 'default',
      who: 'ada',
      reason: 'drill',
    });

  it('cuts streams in flight, and new requests are refused', async () => {
    const gateway = await freshGateway();
    await expectCut(gateway, orderFrom(gateway));
  });

  it('given by another process works the same', async () => {
    const gateway = await freshGateway();
    await expectCut(gateway, orderFromOutside(gateway));
  });

  it('works with the database locked', async () => {
    const gateway = await freshGateway();
    const database = new DatabaseSync(join(gateway.dataFolder, 'state.db'));
    database.exec('BEGIN EXCLUSIVE');
    onTestFinished(() => database.close());
    await expectCut(gateway, orderFromOutside(gateway));
    database.exec('ROLLBACK');
  });

  it('works with the database gone', async () => {
    const gateway = await freshGateway();
    for (const name of readdirSync(gateway.dataFolder)) if (name.startsWith('state.db')) rmSync(join(gateway.dataFolder, name));
    await expectCut(gateway, orderFromOutside(gateway));
  });

  it('cuts answers that are not streamed as well', async () => {
    const gateway = await freshGateway();
    const arrived = Promise.withResolvers<void>();
    gateway.upstream.answer(() => arrived.resolve());
    const asked = post(doorOf(gateway), chat('Hello'));
    await arrived.promise;
    orderFromOutside(gateway)();
    const orderedAtMs = performance.now();
    const response = await asked;
    expect(performance.now() - orderedAtMs).toBeLessThan(BOUND_MS);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ error: { code: 'stopped' } });
    await gateway.upstream.last.closed;
    expect(gateway.upstream.last.goneAtMs).toBeDefined();
  });

  it('on one tenant leaves the others alone', async () => {
    const gateway = await freshGateway();
    const other = await gateway.newKey('other');
    gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    orderFromOutside(gateway)();
    gateway.sallyport.rooms.access.killSwitch.look();
    expect((await post(doorOf(gateway), chat('Hello'))).status).toBe(503);
    expect((await post({ url: gateway.openaiUrl, key: other.key }, chat('Hello'))).status).toBe(200);
  });
});

describe('an order to end', () => {
  it('lets a stream under way finish, and takes nothing new', async () => {
    const gateway = await freshGateway({ http: { drainMs: 20_000 } });
    const hasBegun = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    gateway.upstream.answer(async (_, reply) => {
      const events = chatStream(['one ', 'two ', 'three']);
      await reply.open().write(events.slice(0, 2).join(''));
      await mayGoOn.promise;
      await reply.write(events.slice(2).join(''));
      reply.end();
    });
    const response = await post(doorOf(gateway), chat('Go.', { stream: true }));
    const read = readAll(response, (soFar) => void (soFar.includes('one') && hasBegun.resolve()));
    await hasBegun.promise;
    const stopped = gateway.stop();
    const refused = await post(doorOf(gateway), chat('Hello')).then(
      (answer) => answer.status,
      () => 'no connection',
    );
    expect(refused === 503 || refused === 'no connection').toBe(true);
    mayGoOn.resolve();
    const { text, isBroken } = await read;
    expect(isBroken).toBe(false);
    expect(
      eventsIn(text)
        .map((event) => (at(event, 'choices', 0, 'delta', 'content') ?? '') as string)
        .join(''),
    ).toBe('one two three');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    // Connections that callers keep open do not hold it up.
    const finishedAtMs = performance.now();
    await stopped;
    expect(performance.now() - finishedAtMs).toBeLessThan(5_000);
  });
});

describe('a reload', () => {
  it('drops no request, and the new policy holds from then on', async () => {
    const gateway = await freshGateway();
    const reload = (config: Config): void => gateway.sallyport.reload(config, 'test');
    gateway.upstream.answer((_, reply) => reply.events(chatStream(['one ', 'two ', 'three'])));
    const statuses: number[] = [];
    const callers = Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 10; round++) {
        const response = await post(doorOf(gateway), chat('Hello', { stream: true }));
        const { text } = await readAll(response);
        statuses.push(text.endsWith('data: [DONE]\n\n') ? response.status : 0);
        reload(gateway.configOf({ limits: { outputTokens: 100 + round } }));
      }
    });
    await Promise.all(callers);
    expect(statuses).toEqual(Array.from({ length: 80 }, () => 200));
    reload(gateway.configOf({ policy: { rules: [{ on: 'output', class: 'secret', do: 'block' }] } }));
    gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: `It is ${SECRET}.` })));
    expect((await post(doorOf(gateway), chat('Hello'))).status).toBe(403);
  });

  it('with a bad configuration changes nothing', async () => {
    const gateway = await freshGateway();
    const { revision } = gateway.sallyport.compiled.policy;
    const reload = (config: Config): void => gateway.sallyport.reload(config, 'test');
    expect(() => reload(gateway.configOf({ routes: [{ upstream: 'nowhere' }] }))).toThrow(/nowhere/);
    expect(gateway.sallyport.compiled.policy.revision).toBe(revision);
  });
});
