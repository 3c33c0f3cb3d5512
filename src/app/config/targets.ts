// The upstreams of a route: one, or several of which none is less trusted than the first.
import { toLegPrice } from '../../gateway/leg-price.ts';
import { trustOf, type Route, type Target, type Upstream } from '../../gateway/routes.ts';
import { appFault } from '../faults.ts';
import type { Config } from './schema.ts';

type Asked = Pick<Route, 'upstream' | 'targets' | 'choose'>;

/** Faults: `upstream_unknown`, `route_without_upstream`, `route_less_trusted`. */
export function compileTargets(
  route: Pick<Config['routes'][number], 'models' | 'upstream' | 'upstreams' | 'choose'>,
  upstreams: ReadonlyMap<string, Upstream>,
): Asked {
  const { models, upstream, upstreams: several, choose } = route;
  const named = (name: string): Upstream => {
    const found = upstreams.get(name);
    if (found === undefined) throw appFault('upstream_unknown', { upstream: name });
    return found;
  };
  if (several === undefined) {
    if (upstream === undefined || choose !== undefined) throw appFault('route_without_upstream', { models });
    return { upstream: named(upstream) };
  }
  if (upstream !== undefined) throw appFault('route_without_upstream', { models });
  const listed = several.map((one): Target => {
    if (typeof one === 'string') return { upstream: named(one) };
    const { model, price } = one;
    return {
      upstream: named(one.upstream),
      ...(model === undefined ? {} : { model }),
      ...(price === undefined ? {} : { price: toLegPrice(price) }),
    };
  });
  const targets = sharingFields(listed);
  const [first] = targets;
  if (first === undefined) throw appFault('route_without_upstream', { models });
  for (const target of targets) {
    if (trustOf(target.upstream) < trustOf(first.upstream))
      throw appFault('route_less_trusted', { models, first: first.upstream.name, upstream: target.upstream.name });
  }
  return { upstream: first.upstream, targets, choose: choose ?? 'order' };
}

/** Members beyond the table of a format pass where all of them know them: whoever is asked, the same request is allowed. */
function sharingFields(targets: readonly Target[]): readonly Target[] {
  const [first, ...rest] = targets.map(({ upstream }) => upstream.passFields);
  if (first === undefined) return targets;
  const shared = new Set([...first].filter((field) => rest.every((fields) => fields.has(field))));
  return targets.map((target) =>
    target.upstream.passFields.size === shared.size ? target : { ...target, upstream: { ...target.upstream, passFields: shared } },
  );
}
