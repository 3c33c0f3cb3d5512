// Step 7: which upstream answers for a model.
import type { Policy } from '../policy/policy.ts';
import type { UpstreamClient } from '../io/http/upstream-client.ts';
import type { EnvelopeMode } from './envelope.ts';
import { gatewayFault } from './faults.ts';
import type { FormatId } from './wire/format.ts';

export type UpstreamKind = 'openai' | 'anthropic' | 'openai-compatible' | 'demo';

export interface Upstream {
  readonly name: string;
  readonly kind: UpstreamKind;
  /** Path prefix of the API below the origin, for example `/v1`. */
  readonly basePath: string;
  /** Query string that every call carries, without the question mark (Azure's `api-version=…`). */
  readonly query: string;
  /** Credentials and fixed headers, by wire provider. */
  readonly headers: Readonly<Record<'openai' | 'anthropic', Readonly<Record<string, string>>>>;
  readonly passFields: ReadonlySet<string>;
  readonly trust: 'external' | 'self-hosted';
  /** Names for GET /v1/models; empty: the upstream is asked. */
  readonly models: readonly string[];
  readonly client: UpstreamClient;
  /** Longest time one answer may take, in milliseconds. */
  readonly totalMs: number;
}

export interface Route {
  /** Glob over model names: `*` matches any run of characters. */
  readonly models: string;
  readonly upstream: Upstream;
  readonly envelope: EnvelopeMode;
  readonly blockAs: 'error' | 'refusal';
  readonly policy: Policy;
}

const SPEAKS: Readonly<Record<UpstreamKind, (format: FormatId) => boolean>> = {
  openai: (format) => format.startsWith('openai-'),
  anthropic: (format) => format.startsWith('anthropic-'),
  'openai-compatible': () => true,
  demo: () => true,
};

/** The first route that matches the model and whose upstream speaks the format. Throws `no_route`. */
export function chooseRoute(routes: readonly Route[], model: string, format: FormatId): Route {
  const route = routes.find((candidate) => matchesGlob(candidate.models, model) && SPEAKS[candidate.upstream.kind](format));
  if (route === undefined) throw gatewayFault('no_route', { format }, { pointer: '/model' });
  return route;
}

/** Linear-time match of a glob with `*` only. */
export function matchesGlob(glob: string, name: string): boolean {
  if (glob === '*') return true;
  const [head = '', ...rest] = glob.split('*');
  if (rest.length === 0) return glob === name;
  const tail = rest.pop() ?? '';
  if (!name.startsWith(head) || !name.endsWith(tail) || name.length < head.length + tail.length) return false;
  let at = head.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > name.length - tail.length) return false;
    at = found + piece.length;
  }
  return true;
}
