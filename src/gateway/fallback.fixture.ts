// A gateway in front of two upstreams, over real loopback HTTP.
import { afterAll, beforeAll } from 'vitest';
import type { JsonObject, LedgerEvent } from '../core/types.ts';
import { chatAnswer } from '../../test/support/openai-replies.ts';
import { chat, post } from '../../test/support/plain-client.ts';
import { useGateway, type RunningGateway, type Settings } from '../../test/support/running-gateway.ts';
import { startUpstream, type ScriptedUpstream } from '../../test/support/scripted-upstream.ts';

export interface Pair {
  readonly gateway: RunningGateway;
  readonly a: ScriptedUpstream;
  readonly b: ScriptedUpstream;
  readonly nameOf: (upstream: string) => string;
  readonly ask: (more?: JsonObject, key?: string) => Promise<Response>;
  /** Records of the last request. */
  readonly records: () => Promise<readonly LedgerEvent[]>;
}

type Pairing = (route?: Settings, upstreams?: { readonly a?: Settings; readonly b?: Settings }) => Pair;

/** Names are used once: what one test taught about an upstream must not be known in the next. */
let pairs = 0;

/** Call it at the top of a file. */
export function usePair(): { readonly running: () => RunningGateway; readonly pair: Pairing } {
  const running = useGateway();
  let second: ScriptedUpstream | undefined;
  beforeAll(async () => {
    second = await startUpstream();
  });
  afterAll(() => second?.close());
  /** A gateway in front of two upstreams; both answer with their name until a test says otherwise. */
  const pair: Pairing = (route = {}, upstreams = {}) => {
    const gateway = running();
    const a = gateway.upstream;
    const b = second;
    if (b === undefined) throw new Error('the second upstream has not started');
    a.forget();
    b.forget();
    pairs += 1;
    const nameOf = (name: string): string => `${name}${pairs}`;
    a.answer((_, reply) => reply.json(chatAnswer({ content: 'from a' })));
    b.answer((_, reply) => reply.json(chatAnswer({ content: 'from b' })));
    const common = { kind: 'openai-compatible', trust: 'self-hosted' };
    const listed = ((route['upstreams'] as (string | { upstream: string })[] | undefined) ?? ['a', 'b']).map((one) =>
      typeof one === 'string' ? nameOf(one) : { ...one, upstream: nameOf(one.upstream) },
    );
    const settings = {
      upstreams: {
        [nameOf('a')]: { ...common, url: a.url, ...upstreams.a },
        [nameOf('b')]: { ...common, url: b.url, ...upstreams.b },
      },
      routes: [{ models: '*', ...route, upstreams: listed }],
    };
    gateway.sallyport.reload(gateway.configOf(settings), 'test');
    return {
      gateway,
      a,
      b,
      nameOf,
      ask: (more = {}, key = gateway.key) => post({ url: gateway.openaiUrl, key }, chat('Hello', more)),
      records: async () => {
        const all = await gateway.records();
        const last = all.findLast(({ requestId }) => requestId !== undefined)?.requestId;
        const plain = (value: unknown): LedgerEvent => JSON.parse(JSON.stringify(value).replaceAll(/"([ab])\d+"/g, '"$1"')) as LedgerEvent;
        return all.filter(({ requestId }) => requestId === last).map(plain);
      },
    };
  };
  return { running, pair };
}

export const contentOf = async (response: Response): Promise<unknown> => {
  const body = (await response.json()) as { choices?: { message: { content: string } }[]; error?: { code: string } };
  return body.choices?.[0]?.message.content ?? body.error?.code;
};
