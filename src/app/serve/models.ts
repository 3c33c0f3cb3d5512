// The names that GET /v1/models gives: those that routes name, those that the configuration lists, or what each upstream says, asked at
// most once a minute.
import type { Caller } from '../../access/keys/caller.ts';
import { DEMO_MODELS } from '../../gateway/demo/script.ts';
import { matchesGlob, targetsOf, type Upstream } from '../../gateway/routes.ts';
import type { Compiled } from '../config/compile.ts';

const FRESH_MS = 60_000;
const ANSWER_BYTES_MAX = 1_048_576;
const NAMES_MAX = 5_000;

interface Known {
  /** All who ask while the upstream is being asked wait for one answer. */
  readonly names: Promise<readonly string[]>;
  readonly atMs: number;
}

export function modelsOf(compiled: () => Compiled): (caller: Caller) => Promise<readonly string[]> {
  const known = new WeakMap<Upstream, Known>();
  return async (caller) => {
    const { routes } = compiled();
    const allowed = caller.limits.models ?? caller.tenantLimits.models;
    const names = new Set<string>();
    for (const route of routes) {
      // A route for one name is that name, whatever its upstreams call it.
      if (!route.models.includes('*')) names.add(route.models);
      for (const { upstream, model } of targetsOf(route)) {
        // Where the model goes under another name, names of the upstream lead there no more than any other.
        if (model !== undefined) continue;
        for (const name of await namesOf(upstream, known)) if (matchesGlob(route.models, name)) names.add(name);
      }
    }
    return [...names].filter((name) => allowed === undefined || allowed.some((pattern) => matchesGlob(pattern, name))).sort();
  };
}

function namesOf(upstream: Upstream, known: WeakMap<Upstream, Known>): readonly string[] | Promise<readonly string[]> {
  if (upstream.kind === 'demo') return Object.keys(DEMO_MODELS);
  if (upstream.models.length > 0) return upstream.models;
  const fresh = known.get(upstream);
  if (fresh !== undefined && performance.now() - fresh.atMs < FRESH_MS) return fresh.names;
  const names = ask(upstream);
  // What went wrong on our side is told to those who wait, and is not kept.
  names.catch(() => known.delete(upstream));
  known.set(upstream, { names, atMs: performance.now() });
  return names;
}

/** An upstream that cannot list its models has none to list: the route still serves them. */
function ask(upstream: Upstream): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const provider = upstream.kind === 'anthropic' ? 'anthropic' : 'openai';
    let text = '';
    const call = upstream.client.call(
      {
        method: 'GET',
        path: `${upstream.basePath}/models`,
        headers: { accept: 'application/json', ...upstream.headers[provider] },
        body: null,
      },
      {
        onHead() {},
        onData(chunk) {
          text += Buffer.from(chunk).toString('utf8');
          if (text.length > ANSWER_BYTES_MAX) call.abort();
        },
        onEnd: () => resolve(parseNames(text)),
        onFailure: () => resolve([]),
      },
    );
  });
}

function parseNames(text: string): readonly string[] {
  try {
    const parsed = JSON.parse(text) as { readonly data?: readonly { readonly id?: unknown }[] };
    const ids = (parsed.data ?? []).map((row) => row.id).filter((id) => typeof id === 'string');
    return ids.filter((id) => /^[\w.:/@+-]{1,256}$/.test(id)).slice(0, NAMES_MAX);
  } catch {
    return [];
  }
}
