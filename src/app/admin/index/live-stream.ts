// The live tail as server-sent events (WHATWG HTML section 9.2), as long as the one who looks may look.
import type { Outgoing } from '../../../io/http/exchange.ts';
import type { RequestFilter } from '../../../watch/request-index/filter.ts';
import type { AdminDeps, ApiCall, StreamAnswer } from '../api-route.ts';

const HEARTBEAT_MS = 15_000;
/** Further back a console reads the list instead. */
const RESUME_RECORDS_MAX = 10_000;

export async function liveStream(deps: AdminDeps, call: ApiCall, filter: RequestFilter): Promise<StreamAnswer> {
  const after = resumeFrom(call.headers['last-event-id'], deps.rooms.ledger.status().durableCount);
  return {
    // No proxy may gather what should be seen at once.
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
    pump: (outgoing) => stream({ deps, call, outgoing }, { filter, after }),
  };
}

/** The record after which the events go on: the last one seen, or the last one there is, so that none is missed while the thread begins. */
function resumeFrom(lastEventId: string | undefined, durableCount: number): number {
  const newest = durableCount - 1;
  if (lastEventId === undefined || !/^\d{1,16}$/.test(lastEventId)) return newest;
  const index = Number(lastEventId);
  return index <= newest && durableCount - index <= RESUME_RECORDS_MAX ? index : newest;
}

interface Open {
  readonly deps: AdminDeps;
  readonly call: ApiCall;
  readonly outgoing: Outgoing;
}

async function stream({ deps, call, outgoing }: Open, wanted: { readonly filter: RequestFilter; readonly after: number }): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  outgoing.onGone(end);
  // Two seconds until a browser that lost the connection tries again.
  outgoing.write('retry: 2000\n\n');
  // Before each event, so that nothing is told to a key that was revoked a moment ago.
  const sink = async (text: string): Promise<void> => {
    if (!call.isStillAllowed()) return end();
    if (!outgoing.write(text)) await outgoing.drained();
  };
  const stop = await deps.index.watch({ ...wanted, who: call.who, sink, onEnd: end });
  // A comment keeps the connection from looking dead, and is the moment to ask again where nothing happens.
  const heartbeat = deps.every(HEARTBEAT_MS, () => (call.isStillAllowed() ? void outgoing.write(': \n\n') : end()));
  await ended;
  heartbeat();
  stop();
}
