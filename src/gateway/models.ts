// GET /v1/models: the names that the caller may use, without asking any upstream on each call.
import type { JsonObject } from '../core/types.ts';
import type { Incoming } from '../io/http/exchange.ts';
import type { GatewayDeps } from './deps.ts';
import { gatewayFault } from './faults.ts';
import { presentedKey } from './hygiene.ts';
import type { Run } from './run.ts';

export async function answerModels(deps: GatewayDeps, incoming: Incoming, run: Run): Promise<void> {
  if (incoming.method !== 'GET')
    throw gatewayFault(
      'method_not_allowed',
      { path: incoming.path, method: incoming.method, allowed: 'GET' },
      { headers: { allow: 'GET' } },
    );
  const principal = deps.access.authenticate(presentedKey(incoming.headers), run.clientAddress);
  const names = await deps.models(principal);
  const isAnthropic = incoming.headers['anthropic-version'] !== undefined;
  const toModel = (id: string): JsonObject =>
    isAnthropic
      ? { type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' }
      : { id, object: 'model', created: 0, owned_by: 'sallyport' };
  const wanted = /\/models\/(.+)$/.exec(incoming.path)?.[1];
  if (wanted !== undefined) {
    const name = nameIn(wanted);
    if (name === undefined || !names.includes(name)) throw gatewayFault('no_route', { format: 'models' }, { pointer: '/model' });
    run.answer(200, toModel(name));
  } else if (isAnthropic)
    run.answer(200, { data: names.map(toModel), has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null });
  else run.answer(200, { object: 'list', data: names.map(toModel) });
}

/** Undefined for what is no percent-encoding (RFC 3986 section 2.1). */
function nameIn(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
