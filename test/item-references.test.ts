// References to items of earlier answers, through the front door: for whom they lead somewhere, and for how long.
import { expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { messageItem, responseAnswer, responseStream } from './support/openai-replies.ts';
import { post, readAll } from './support/plain-client.ts';
import { useGateway } from './support/running-gateway.ts';
import { at } from './support/stream-channels.ts';

const gateway = useGateway();
const send = (key: string, input: unknown, more: JsonObject = {}): Promise<Response> =>
  post({ url: gateway().openaiUrl, key }, { model: 'm', input, ...more }, { path: '/responses' });

async function answered(key: string, isStreamed = false): Promise<string> {
  const item = messageItem('The capital is Paris.');
  gateway().upstream.answer((_, reply) => (isStreamed ? reply.events(responseStream([item])) : reply.json(responseAnswer([item]))));
  await readAll(await send(key, 'Capital of France?', isStreamed ? { stream: true } : {}));
  gateway().upstream.answer((_, reply) => reply.json(responseAnswer([messageItem('Yes.')])));
  return String(at(item, 'id'));
}

async function refer(key: string, id: string): Promise<unknown> {
  gateway().upstream.forget();
  const input = [
    { type: 'item_reference', id },
    { role: 'user', content: 'Sure?' },
  ];
  const response = await send(key, input);
  const text = await response.text();
  return response.status === 200
    ? JSON.stringify(gateway().upstream.last.body).includes('Paris')
    : (JSON.parse(text) as { error: { code: unknown } }).error.code;
}

it.each([false, true])('lead to what the same key got (streamed: %s), and nobody else', async (isStreamed) => {
  const [one, other] = [await gateway().newKey('default'), await gateway().newKey('other')];
  const id = await answered(one.key, isStreamed);
  expect(await refer(one.key, id)).toBe(true);
  expect(await refer(other.key, id)).toBe('opaque_reference');
});

it.each(['key', 'tenant', 'everything'] as const)(
  'an order on %s drops what was kept, and lifting it brings nothing back',
  async (scope) => {
    const tenant = `stopped-by-${scope}`;
    const [{ key, id: keyId }, other] = [await gateway().newKey(tenant), await gateway().newKey('unharmed')];
    const [mine, theirs] = [await answered(key), await answered(other.key)];
    const { killSwitch } = gateway().sallyport.rooms.access;
    const subject = { key: keyId, tenant, everything: '' }[scope];
    killSwitch.order({ scope, subject, who: 'test', reason: 'test' });
    killSwitch.resume({ scope, subject, who: 'test', reason: 'test' });
    expect(await refer(key, mine)).toBe('opaque_reference');
    expect(await refer(other.key, theirs)).toBe(scope === 'everything' ? 'opaque_reference' : true);
  },
);

it('lead nowhere where nothing is kept', async () => {
  const { key } = await gateway().newKey('forgetful');
  const before = await answered(key);
  gateway().sallyport.reload(gateway().configOf({ http: { itemsMs: 0 } }), 'test');
  expect(await refer(key, before)).toBe('opaque_reference');
  expect(await refer(key, await answered(key))).toBe('opaque_reference');
});
