// Each receiver over its real protocol on loopback: what it is sent, what counts as taken, and what a lie does.
import { describe, expect, it } from 'vitest';
import { BatchDelivery } from './batch-delivery.ts';
import { everyEvent } from './every-record.fixture.ts';
import { ecsSchema, otlpLogsSchema, otlpTracesSchema, parseCef, parseSyslog } from './foreign-schemas.fixture.ts';
import { openReceiver } from './open-receiver.ts';
import { httpPlace, tcpPlace, type Answer, type Asked } from './places.fixture.ts';
import type { ReceiverSettings } from './settings.ts';
import { ReceiverTrouble, type Receiver } from './receiver.ts';

const EVENTS = everyEvent();
const UIDS = EVENTS.map(({ uid }) => uid);
const SHARED = { name: 'siem', startAt: 'beginning', tls: {}, timeoutMs: 2_000 } as const;
const HTTP = { ...SHARED, headers: { 'x-tenant': 'soc' }, gzip: true } as const;

const pause = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
let steadyMs = 0;

function open(settings: ReceiverSettings): Receiver {
  return openReceiver(settings, {
    productVersion: '0.1.0',
    instance: 'box.example+00c0ffee',
    pause,
    steadyMs: () => (steadyMs += 10),
    random: () => Buffer.alloc(16, 7),
  });
}

const deliver = (receiver: Receiver) => new BatchDelivery(receiver, EVENTS).attempt();
const objectsIn = (text: string): Record<string, unknown>[] => JSON.parse(text) as Record<string, unknown>[];
const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('OCSF over HTTP', () => {
  const http = (url: string, body: 'array' | 'lines' = 'array') => open({ ...HTTP, kind: 'http', url, body });

  it('posts a batch as one zipped array, with the headers of the operator', async () => {
    const place = await httpPlace(() => ({ status: 202 }));
    expect(await deliver(http(`${place.url}/in?source=gate`))).toEqual([]);
    const [asked] = place.asked;
    expect(asked).toMatchObject({ method: 'POST', path: '/in?source=gate', headers: { 'x-tenant': 'soc', 'content-encoding': 'gzip' } });
    expect(objectsIn(asked?.text ?? '').map((event) => (event['metadata'] as { uid: string }).uid)).toEqual(UIDS);
  });

  it('posts JSON lines where that is wanted', async () => {
    const place = await httpPlace(() => ({}));
    await deliver(http(place.url, 'lines'));
    expect(lines(place.asked[0]?.text ?? '')).toHaveLength(EVENTS.length);
    expect(place.asked[0]?.headers['content-type']).toBe('application/x-ndjson');
  });

  it.each<[string, Answer]>([
    ['an error', { body: { error: 'queue full' } }],
    ['errors', { body: { errors: [{ at: 3 }] } }],
    ['too small a count', { body: { accepted: 3 } }],
    ['no success', { body: { success: false } }],
    ['a bad status', { body: { status: 'error', message: 'index is closed' } }],
    ['a status of another answer', { body: { status: 503 } }],
    ['a bad result', { body: { result: 'Failed' } }],
    ['a count of failures', { body: { accepted: EVENTS.length, failed: 2 } }],
    ['a list of what was rejected', { body: { rejected: [3] } }],
  ])('does not believe a 200 with %s inside', async (_, answer) => {
    const place = await httpPlace(() => answer);
    await expect(deliver(http(place.url))).rejects.toThrow(/refuses everything: status 200|means nothing/);
  });

  it.each<[string, Answer]>([
    ['a count of no failures', { body: { accepted: EVENTS.length, failed: 0, errors: [] } }],
    ['a good status', { body: { status: 'ok', result: 'created' } }],
    ['a status of its own', { body: { status: 200 } }],
    ['nothing', { status: 204, body: '' }],
  ])('believes a success with %s inside', async (_, answer) => {
    const place = await httpPlace(() => answer);
    expect(await deliver(http(place.url))).toEqual([]);
  });

  it('finds the one event that a place counts out', async () => {
    const place = await httpPlace(({ text }) => ({
      body: { accepted: objectsIn(text).length - Number(text.includes(`"uid":"${UIDS[4]}"`)) },
    }));
    expect((await deliver(http(place.url))).map(({ event }) => event.uid)).toEqual([UIDS[4]]);
  });

  it.each<[number, string]>([
    [401, 'refuses our credentials'],
    [404, 'status 404'],
    [500, 'status 500'],
    [302, 'status 302'],
  ])('waits when the answer is %i', async (status, says) => {
    const place = await httpPlace(() => ({ status, headers: { location: 'http://127.0.0.1:1/' } }));
    const failing = deliver(http(place.url));
    await expect(failing).rejects.toBeInstanceOf(ReceiverTrouble);
    await expect(failing).rejects.toThrow(says);
    expect(place.asked).toHaveLength(1);
  });

  it('heeds Retry-After', async () => {
    const place = await httpPlace(() => ({ status: 429, headers: { 'retry-after': '17' } }));
    await expect(deliver(http(place.url))).rejects.toMatchObject({ retryAfterMs: 17_000 });
  });

  it('takes a connection that ends without an answer for no answer', async () => {
    const place = await httpPlace(() => 'cut');
    await expect(deliver(http(place.url))).rejects.toThrow('cannot be reached');
  });

  it.each([
    'ftp://x/',
    'http://user:pass@127.0.0.1/',
    'http://169.254.169.254/latest',
    'http://[::ffff:169.254.169.254]/',
    'http://0.0.0.0/',
  ])('refuses to send to %s', (url) => {
    expect(() => http(url)).toThrow(/URL|address/);
  });
});

describe('Splunk', () => {
  const splunk = (url: string, ackMs = 500) =>
    open({ ...HTTP, kind: 'splunk', url, token: 'a-token', index: 'ai', sourcetype: 'ocsf', ackMs });
  const path = '/services/collector/event';

  it('sends envelopes with time, source type, index and the uid as an indexed field', async () => {
    const place = await httpPlace(() => ({ body: { text: 'Success', code: 0 } }));
    expect(await deliver(splunk(`${place.url}/services/collector`))).toEqual([]);
    expect(place.asked[0]).toMatchObject({
      path,
      headers: { authorization: 'Splunk a-token', 'x-splunk-request-channel': expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(lines(place.asked[0]?.text ?? '')[0]).toMatchObject({
      time: 1_795_348_800,
      sourcetype: 'ocsf',
      index: 'ai',
      fields: { uid: UIDS[0] },
      event: { metadata: { uid: UIDS[0] } },
    });
  });

  it('waits for the indexer where the token asks for acknowledgement', async () => {
    let polls = 0;
    const place = await httpPlace(({ path: asked }) =>
      asked.startsWith('/services/collector/ack') ? { body: { acks: { 9: ++polls > 2 } } } : { body: { code: 0, ackId: 9 } },
    );
    expect(await deliver(splunk(place.url))).toEqual([]);
    expect(polls).toBe(3);
    expect(JSON.parse(place.asked[1]?.text ?? '')).toEqual({ acks: [9] });
  });

  it('sends again what no indexer acknowledges in time', async () => {
    const place = await httpPlace(({ path: asked }) => ({ body: asked.includes('/ack') ? { acks: { 9: false } } : { code: 0, ackId: 9 } }));
    await expect(deliver(splunk(place.url, 100))).rejects.toThrow('did not acknowledge');
  });

  it('does not believe a proxy that answers 200 to everything', async () => {
    const place = await httpPlace(() => ({ body: '<html>welcome</html>' }));
    await expect(deliver(splunk(place.url))).rejects.toThrow("without the collector's code 0");
  });

  it('tells an event that Splunk cannot read from settings that it does not accept', async () => {
    const place = await httpPlace(({ text }) =>
      text.includes(`"uid":"${UIDS[2]}"`)
        ? { status: 400, body: { code: 6, text: 'Invalid data format', 'invalid-event-number': 2 } }
        : { body: { code: 0 } },
    );
    expect((await deliver(splunk(place.url))).map(({ event }) => event.uid)).toEqual([UIDS[2]]);
    place.answer = () => ({ status: 400, body: { code: 7, text: 'Incorrect index' } });
    await expect(deliver(splunk(place.url))).rejects.toThrow('refuses our settings');
  });

  it('knows at a look whether the token is right', async () => {
    const place = await httpPlace(() => ({ status: 400, body: { code: 5, text: 'No data' } }));
    expect(await splunk(place.url).check()).toMatchObject({ state: 'ok' });
    place.answer = () => ({ status: 403, body: { code: 4, text: 'Invalid token' } });
    expect(await splunk(place.url).check()).toMatchObject({ state: 'fail', fix: expect.stringContaining('token') });
  });
});

describe('Elasticsearch', () => {
  const elastic = (url: string) => open({ ...HTTP, kind: 'elastic', url, index: 'logs-sallyport.events-default', auth: { apiKey: 'k' } });
  type Item = { readonly _id: string; readonly status: number; readonly error?: unknown };
  const idsOf = ({ text }: Asked): string[] => lines(text).flatMap((line) => (line as { create?: { _id: string } }).create?._id ?? []);
  const answering = (item: (id: string, call: number) => Omit<Item, '_id'>) => {
    let call = 0;
    return (asked: Asked): Answer => {
      call += 1;
      const items = idsOf(asked).map((id) => ({ create: { _id: id, ...item(id, call) } }));
      return { body: { took: 1, errors: items.some(({ create }) => create.status !== 201), items } };
    };
  };

  it('creates ECS documents under their own ids, and takes what is there already for done', async () => {
    const place = await httpPlace(answering((id) => ({ status: id === UIDS[1] ? 409 : 201 })));
    expect(await deliver(elastic(`${place.url}/es/`))).toEqual([]);
    expect(place.asked[0]).toMatchObject({ path: '/es/logs-sallyport.events-default/_bulk', headers: { authorization: 'ApiKey k' } });
    expect(idsOf(place.asked[0] as Asked)).toEqual(UIDS);
    for (const document of lines(place.asked[0]?.text ?? '').filter((_, at) => at % 2 === 1)) ecsSchema.parse(document);
  });

  it('looks at each item of a 200: refused for good, put off, taken', async () => {
    const place = await httpPlace(
      answering((id, call) => {
        if (id === UIDS[3]) return { status: 400, error: { type: 'document_parsing_exception' } };
        return { status: call === 1 && id === UIDS[5] ? 429 : 201 };
      }),
    );
    const refused = await deliver(elastic(place.url));
    expect(refused.map(({ event, reason }) => [event.uid, reason])).toEqual([
      [UIDS[3], expect.stringContaining('document_parsing_exception')],
    ]);
    expect(idsOf(place.asked[1] as Asked)).toEqual([UIDS[5]]);
  });

  it.each<[string, (asked: Asked) => Answer]>([
    ['no items', () => ({ body: { errors: false } })],
    [
      'too few items',
      (asked) => ({
        body: {
          errors: false,
          items: idsOf(asked)
            .slice(1)
            .map((_id) => ({ create: { _id, status: 201 } })),
        },
      }),
    ],
    [
      'items of others',
      (asked) => ({ body: { errors: false, items: idsOf(asked).map(() => ({ create: { _id: 'other', status: 201 } })) } }),
    ],
    ['no statuses', (asked) => ({ body: { errors: false, items: idsOf(asked).map((_id) => ({ create: { _id } })) } })],
    ['no right to write', answering(() => ({ status: 403, error: { type: 'security_exception' } }))],
  ])('believes no 200 with %s', async (_, answer) => {
    const place = await httpPlace(answer);
    await expect(deliver(elastic(place.url))).rejects.toBeInstanceOf(ReceiverTrouble);
  });

  it('takes the failure store for what it is: kept, where nobody looks for it', async () => {
    const place = await httpPlace((asked) => ({
      body: {
        errors: false,
        items: idsOf(asked).map((_id) => ({
          create: _id === UIDS[3] ? { _id: 'another', status: 201, failure_store: 'used' } : { _id, status: 201 },
        })),
      },
    }));
    const refused = await deliver(elastic(place.url));
    expect(refused.map(({ event, reason }) => [event.uid, reason])).toEqual([[UIDS[3], expect.stringContaining('failure store')]]);
  });

  it('believes no item that says created and names an error', async () => {
    const place = await httpPlace(answering((id) => ({ status: 201, ...(id === UIDS[3] ? { error: { type: 'shard_failed' } } : {}) })));
    await expect(deliver(elastic(place.url))).rejects.toThrow('shard_failed');
  });

  it('is recognised by its version', async () => {
    const place = await httpPlace(() => ({ body: { version: { number: '9.3.1' } } }));
    expect(await elastic(place.url).check()).toEqual({ state: 'ok', detail: 'Elasticsearch 9.3.1' });
    place.answer = () => ({ body: 'hello' });
    expect(await elastic(place.url).check()).toMatchObject({ state: 'warn' });
  });
});

describe('OTLP', () => {
  const otlp = (url: string) => open({ ...HTTP, kind: 'otlp', url, signals: ['logs', 'traces'] });

  it('sends logs of everything and spans of requests', async () => {
    const place = await httpPlace(() => ({ body: {} }));
    expect(await deliver(otlp(place.url))).toEqual([]);
    expect(place.asked.map(({ path }) => path)).toEqual(['/v1/logs', '/v1/traces']);
    otlpLogsSchema.parse(JSON.parse(place.asked[0]?.text ?? ''));
    otlpTracesSchema.parse(JSON.parse(place.asked[1]?.text ?? ''));
  });

  it('does not send logs anew because traces were not taken', async () => {
    const place = await httpPlace(({ path }) => ({ status: path === '/v1/traces' && place.asked.length < 3 ? 503 : 200, body: {} }));
    const delivery = new BatchDelivery(otlp(place.url), EVENTS);
    await expect(delivery.attempt()).rejects.toThrow('503');
    expect(await delivery.attempt()).toEqual([]);
    expect(place.asked.map(({ path }) => path)).toEqual(['/v1/logs', '/v1/traces', '/v1/traces']);
  });

  it('does not believe a proxy that answers 200 to everything', async () => {
    const place = await httpPlace(() => ({ body: '<html>welcome</html>' }));
    await expect(deliver(otlp(place.url))).rejects.toThrow('not as a collector does');
    place.answer = () => ({ body: '' });
    expect(await deliver(otlp(place.url))).toEqual([]);
  });

  it.each<[string, object]>([
    ['as the specification writes it', { partialSuccess: { rejectedLogRecords: '1', errorMessage: 'too old' } }],
    ['under the names of the protocol files', { partial_success: { rejected_log_records: 1, error_message: 'too old' } }],
  ])('hears a partial success, which is a 200 that takes only some: %s', async (_, body) => {
    const place = await httpPlace(({ path, text }) => ({ body: path === '/v1/logs' && text.includes(`"${UIDS[6]}"`) ? body : {} }));
    const refused = await deliver(otlp(place.url));
    expect(refused.map(({ event, reason }) => [event.uid, reason])).toEqual([
      [UIDS[6], expect.stringContaining('rejects 1 logs: too old')],
    ]);
  });
});

describe('syslog', () => {
  const syslog = (port: number, settleMs = 0) =>
    open({ ...SHARED, kind: 'syslog', host: '127.0.0.1', port, isTls: false, hostname: 'gate', settleMs });

  it('frames each message by its length in octets', async () => {
    let bytes = Buffer.alloc(0);
    const place = await tcpPlace((socket) => socket.on('data', (chunk: Buffer) => void (bytes = Buffer.concat([bytes, chunk]))));
    const receiver = syslog(place.port);
    expect(await deliver(receiver)).toEqual([]);
    await receiver.close();
    const messages: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const space = bytes.indexOf(' ', at);
      const length = Number(bytes.toString('latin1', at, space));
      messages.push(bytes.toString('utf8', space + 1, space + 1 + length));
      at = space + 1 + length;
    }
    const found = messages.map((message) => parseCef(parseSyslog(message).text).extension);
    expect(found.map((one) => `${one['deviceExternalId']}:${one['externalId']}`)).toEqual(UIDS);
  });

  it('counts nothing as taken that a connection carried which then ended', async () => {
    const place = await tcpPlace((socket) => socket.once('data', () => socket.destroy()));
    const slow = openReceiver(
      { ...SHARED, kind: 'syslog', host: '127.0.0.1', port: place.port, isTls: false, hostname: 'gate', settleMs: 60_000 },
      { productVersion: '0', instance: 'x', pause: () => new Promise(() => undefined), steadyMs: () => 0, random: () => Buffer.alloc(16) },
    );
    await expect(slow.deliver(EVENTS.slice(0, 1))).rejects.toBeInstanceOf(ReceiverTrouble);
  });

  it('warns of a connection that everybody can read', async () => {
    const place = await tcpPlace(() => undefined);
    const receiver = syslog(place.port);
    expect(await receiver.check()).toMatchObject({ state: 'warn' });
    await receiver.close();
  });
});
