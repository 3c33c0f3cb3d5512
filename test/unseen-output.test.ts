// A secret that a model spells with characters which nobody sees, on its way out through real loopback HTTP.
import { expect, it } from 'vitest';
import type { JsonObject } from '../src/core/types.ts';
import { tokens } from '../src/detect/span/planted.fixture.ts';
import { drawn } from '../src/detect/span/unseen.ts';
import { chatAnswer, chatChunk, chatUsage, DONE } from './support/openai-replies.ts';
import { chat, post, readAll } from './support/plain-client.ts';
import { useGateway } from './support/running-gateway.ts';
import { at, eventsIn } from './support/stream-channels.ts';

const gateway = useGateway();
const SECRET = tokens(3).find(({ type }) => /aws/i.test(type))?.value ?? '';
const HIDDEN = `Your key: ${[...SECRET].join('\u200b')}\u200b, keep it. می\u200cخواهم`;
const ask = (more: JsonObject = {}): Promise<Response> => post({ url: gateway().openaiUrl, key: gateway().key }, chat('x', more));

it('is masked in a whole answer, and the rest stays as it is', async () => {
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: HIDDEN })));
  const said = String(at((await (await ask()).json()) as JsonObject, 'choices', 0, 'message', 'content'));
  expect(said).toMatch(/^Your key: \[[A-Z_]+\]\u200b, keep it\. می\u200cخواهم$/);
});

it('is masked in a stream that comes letter by letter', async () => {
  gateway().upstream.answer((_, reply) =>
    reply.events([...[...HIDDEN].map((letter) => chatChunk({ content: letter })), chatChunk({}, 'stop'), chatUsage(), DONE]),
  );
  const { text } = await readAll(await ask({ stream: true }));
  const said = eventsIn(text)
    .map((event) => String(at(event, 'choices', 0, 'delta', 'content') ?? ''))
    .join('');
  expect(said).toMatch(/^Your key: \[[A-Z_]+\]\u200b, keep it\. می\u200cخواهم$/);
});

it('does not leave in the arguments of a call, where they can be spelled as escapes', async () => {
  const spelled = JSON.stringify({ key: HIDDEN }).replaceAll('\u200b', '\\u200b');
  const call = (text: string): JsonObject => ({ tool_calls: [{ index: 0, function: { arguments: text } }] });
  const opening = { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] };
  gateway().upstream.answer((_, reply) =>
    reply.events([
      chatChunk(opening),
      ...(spelled.match(/.{1,9}/g) ?? []).map((piece) => chatChunk(call(piece))),
      chatChunk({}, 'tool_calls'),
      DONE,
    ]),
  );
  const { text } = await readAll(await ask({ stream: true }));
  expect(text).toContain('output_blocked');
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ calls: [{ id: 'c1', name: 'f', arguments: spelled }] })));
  const whole = await (await ask()).text();
  expect(drawn(whole.replaceAll('\\u200b', '').replaceAll('\\\\u200b', ''))).not.toContain(SECRET);
});

it('does not cross to the upstream in a prompt', async () => {
  gateway().upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  const response = await post({ url: gateway().openaiUrl, key: gateway().key }, chat(`Use this: ${[...SECRET].join('\u200d')} .`));
  const sent = response.status === 200 ? JSON.stringify(gateway().upstream.last.body) : '';
  expect(drawn(sent)).not.toContain(SECRET);
});
