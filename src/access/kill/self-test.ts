// Proves, on a canary that no request ever matches, that an order from outside cuts and is lifted again.
import type { Clock } from '../../core/ports.ts';
import type { InFlight } from '../in-flight.ts';
import type { KillSwitch } from './kill-switch.ts';

/** No upstream can be called so: the configuration's names have no spaces. */
export const SELF_TEST_SUBJECT = 'kill switch self-test';
const SUBJECT = { tenant: '', keyId: '', model: '', upstream: SELF_TEST_SUBJECT };
const BY = { scope: 'upstream', subject: SELF_TEST_SUBJECT, who: 'sallyport self-test' } as const;

export type SelfTestResult =
  /** `cutMs`: from the order to the cut. */
  { readonly state: 'passed'; readonly cutMs: number } | { readonly state: 'failed'; readonly reason: string };

export interface SelfTestOptions {
  /** The switch that serves, and that is being watched. */
  readonly serving: KillSwitch;
  /** Another one over the same folder: it orders, as another process would. */
  readonly ordering: KillSwitch;
  readonly inFlight: InFlight;
  readonly clock: Clock;
  /** Ends after the longest time that a cut may take, one second by default in `app`. */
  readonly deadline: () => Promise<void>;
}

/** Orders, waits for the cut of a registered canary, resumes, and looks whether it is lifted. Any fault on the way is a failed test. */
export async function testKillSwitch(options: SelfTestOptions): Promise<SelfTestResult> {
  const { serving, ordering } = options;
  try {
    if (serving.killedBy(SUBJECT) !== undefined) return { state: 'failed', reason: 'the canary was stopped before the test' };
    const cutMs = await cutOfCanary(options);
    const isStopped = serving.killedBy(SUBJECT) !== undefined;
    ordering.resume({ ...BY, reason: 'daily self-test, second half' });
    serving.look();
    if (cutMs === undefined) return { state: 'failed', reason: 'the canary was not cut in time' };
    if (!isStopped) return { state: 'failed', reason: 'the canary was cut, but a new request would have passed' };
    return serving.killedBy(SUBJECT) === undefined ? { state: 'passed', cutMs } : { state: 'failed', reason: 'the canary was not resumed' };
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : 'unknown error' };
  }
}

async function cutOfCanary({ ordering, inFlight, clock, deadline }: SelfTestOptions): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const leave = inFlight.register(SUBJECT, () => resolve(clock.steadyMs()));
  const orderedAtMs = clock.steadyMs();
  ordering.order({ ...BY, reason: 'daily self-test' });
  const cutAtMs = await Promise.race([promise, deadline()]);
  leave();
  return cutAtMs === undefined ? undefined : cutAtMs - orderedAtMs;
}
