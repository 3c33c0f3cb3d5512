// The demonstration upstream: an upstream client that answers by itself. No network, no model, the same answer every time.
import type { UpstreamCall, UpstreamClient, UpstreamListener, UpstreamRequest } from '../../io/http/upstream-client.ts';
import { isObject } from '../wire/json-shape.ts';
import { encode } from './encode.ts';
import { replyTo, type Reply } from './script.ts';

/** Runs `then` after a while; returns the way to call it off. */
type After = (ms: number, then: () => void) => () => void;

export function createDemoUpstream(after: After): UpstreamClient {
  return {
    call: (request, listener) => answer(request, listener, after),
    close: async () => {},
  };
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

function answer(request: UpstreamRequest, listener: UpstreamListener, after: After): UpstreamCall {
  const path = request.path.split('?')[0] ?? '';
  const body = parseBody(request.body);
  const model = typeof body['model'] === 'string' ? body['model'] : 'demo';
  const reply = replyTo({ model, systemPrompt: lastText(body, SYSTEM), lastUser: lastText(body, USER) });
  if (reply.status !== 200)
    return deliver([JSON.stringify({ error: { message: `demonstration of status ${reply.status}`, type: 'demo' } })], {
      reply,
      listener,
      after,
      type: 'application/json',
    });
  const { input } = body;
  const encoded = encode(reply, { path, model, isStream: body['stream'] === true, inputs: Array.isArray(input) ? input.length : 1 });
  return deliver(encoded.events, { reply, listener, after, type: encoded.isStream ? 'text/event-stream' : 'application/json' });
}

interface Delivery {
  readonly reply: Reply;
  readonly listener: UpstreamListener;
  readonly after: After;
  readonly type: string;
}

function deliver(events: readonly string[], { reply, listener, after, type }: Delivery): UpstreamCall {
  let at = 0;
  let isPaused = false;
  let isOver = false;
  const last = reply.isCut ? Math.ceil(events.length / 2) : events.length;
  const step = (): void => {
    if (isOver || isPaused) return;
    if (at === 0) listener.onHead(reply.status, { 'content-type': type });
    const next = events[at];
    at++;
    if (next !== undefined && !isOver) listener.onData(bytes(next));
    if (at < last) schedule();
    else finish();
  };
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    if (reply.isCut) listener.onFailure('broken', new Error('the demonstration drops the connection'));
    else listener.onEnd();
  };
  const schedule = (): void => void after(reply.paceMs, step);
  schedule();
  return {
    abort() {
      if (isOver) return;
      isOver = true;
      listener.onFailure('aborted', new Error('aborted'));
    },
    pause() {
      isPaused = true;
    },
    resume() {
      if (!isPaused) return;
      isPaused = false;
      schedule();
    },
  };
}

function parseBody(body: string | null): Record<string, unknown> {
  const parsed: unknown = JSON.parse(body ?? '{}');
  return isObject(parsed) ? parsed : {};
}

const SYSTEM = new Set(['system', 'developer']);
const USER = new Set(['user']);

/** Text of the last turn of these roles, in whichever format the request is. */
function lastText(body: Readonly<Record<string, unknown>>, roles: ReadonlySet<string>): string {
  const own =
    roles === SYSTEM ? (body['system'] ?? body['instructions']) : typeof body['input'] === 'string' ? body['input'] : body['prompt'];
  if (own !== undefined) return flat(own);
  const turns = body['messages'] ?? body['input'];
  const turn = Array.isArray(turns)
    ? turns.findLast((candidate: unknown) => isObject(candidate) && roles.has(String(candidate['role'])))
    : undefined;
  return isObject(turn) ? flat(turn['content']) : '';
}

function flat(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : typeof part === 'string' ? part : ''))
    .join('');
}
