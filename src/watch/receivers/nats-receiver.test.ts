// Events to NATS JetStream over its real protocol on loopback.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchDelivery } from './batch-delivery.ts';
import { everyEvent } from './every-record.fixture.ts';
import { NatsParser } from './nats-protocol.ts';
import { openReceiver } from './open-receiver.ts';
import { natsSpeaker, tcpPlace } from './places.fixture.ts';
import type { Receiver } from './receiver.ts';

const EVENTS = everyEvent();
const UIDS = EVENTS.map(({ uid }) => uid);
const SHARED = { name: 'siem', startAt: 'beginning', tls: {}, timeoutMs: 2_000 } as const;

const deliver = (receiver: Receiver) => new BatchDelivery(receiver, EVENTS).attempt();

describe('NATS JetStream', () => {
  const nats = (port: number) =>
    openReceiver(
      { ...SHARED, kind: 'nats', host: '127.0.0.1', port, isTls: false, subject: 'sallyport.events', auth: { token: 't' } },
      {
        productVersion: '0.1.0',
        instance: 'x',
        pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms).unref()),
        steadyMs: () => 0,
        random: () => Buffer.alloc(16, 3),
      },
    );

  it('publishes each event under its own id and waits for each acknowledgement', async () => {
    const stored = new Map<string, string>();
    const place = await tcpPlace(natsSpeaker(stored));
    const receiver = nats(place.port);
    expect(await deliver(receiver)).toEqual([]);
    expect(await deliver(receiver)).toEqual([]);
    expect([...stored.keys()]).toEqual(UIDS);
    expect([...stored.values()]).toEqual(EVENTS.map(({ line }) => line));
    await receiver.close();
  });

  it('takes no answer for an acknowledgement that names no stream', async () => {
    const place = await tcpPlace(natsSpeaker(new Map(), () => '+OK'));
    await expect(deliver(nats(place.port))).rejects.toThrow('without an acknowledgement');
  });

  it('waits where no stream keeps the subject', async () => {
    const place = await tcpPlace(natsSpeaker(new Map(), () => 'no responders'));
    await expect(deliver(nats(place.port))).rejects.toThrow('no stream');
  });

  it('gives up what the stream says is wrong with a message, and nothing else', async () => {
    const wrong = JSON.stringify({ error: { code: 400, err_code: 10054, description: 'message size exceeds maximum allowed' } });
    const place = await tcpPlace(natsSpeaker(new Map(), (id) => (id === UIDS[2] ? wrong : undefined)));
    expect((await deliver(nats(place.port))).map(({ event }) => event.uid)).toEqual([UIDS[2]]);
  });

  it('notices a connection that ends while it waits', async () => {
    const place = await tcpPlace((socket) => {
      socket.write('INFO {"headers":true}\r\n');
      socket.on('data', (bytes: Buffer) => (bytes.includes('HPUB') ? socket.destroy() : socket.write('PONG\r\n')));
    });
    await expect(deliver(nats(place.port))).rejects.toThrow('cannot be reached');
  });

  it('reads its protocol however it is cut, and refuses what is none', () => {
    const bytes = Buffer.from(
      'INFO {"a":1}\r\nMSG x 1 5\r\nhe\r\no\r\nHMSG y 1 16 18\r\nNATS/1.0 503\r\n\r\nok\r\nPING\r\n+OK\r\n-ERR \'no\'\r\n',
    );
    const whole = new NatsParser().take(bytes);
    expect(whole.map(({ kind }) => kind)).toEqual(['info', 'msg', 'msg', 'ping', 'ok', 'error']);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
        const parser = new NatsParser();
        const ends = [...cuts.toSorted((left, right) => left - right), bytes.length];
        const found = ends.flatMap((end, at) => parser.take(bytes.subarray(ends[at - 1] ?? 0, end)));
        expect(found).toEqual(whole);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        try {
          new NatsParser().take(Buffer.from(noise));
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toContain('NATS');
        }
      }),
    );
  });
});
