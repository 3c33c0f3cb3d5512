// One look at a Valkey, for whoever wants to know whether replicas could count in it. It writes nothing.
import { Redis } from 'iovalkey';
import { sharedFault } from './faults.ts';
import { parseUrl } from './valkey-url.ts';

export interface ValkeyLook {
  /** Address without user and password. */
  readonly place: string;
  readonly version: string;
  /** The quickest of a few scripts that do nothing. */
  readonly roundTripMs: number;
  /** False for a server that follows another one: it takes no counts. */
  readonly isPrimary: boolean;
  /** True where keys are spread over several servers, which scripts over several keys cannot follow. */
  readonly isCluster: boolean;
  /** What it does when its memory is full: everything but `noeviction` forgets counts. */
  readonly evicts: string;
}

const PATIENCE_MS = 3_000;
const LOOKS = 3;

/** Faults: `shared_url_refused`, `shared_unreachable`. */
export async function lookAtValkey(url: string): Promise<ValkeyLook> {
  const { place, options } = parseUrl(url);
  const settings = { lazyConnect: true, connectTimeout: PATIENCE_MS, commandTimeout: PATIENCE_MS, maxRetriesPerRequest: 0 };
  const client = new Redis({ ...options, ...settings, retryStrategy: () => null });
  let trouble: unknown;
  client.on('error', (error) => (trouble ??= error));
  try {
    await client.connect();
    const said = await client.info();
    const times: number[] = [];
    for (let look = 0; look < LOOKS; look += 1) {
      const beganMs = performance.now();
      await client.call('EVAL', ["return redis.call('TIME')", 0]);
      times.push(performance.now() - beganMs);
    }
    const valueOf = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(said)?.[1] ?? '';
    return {
      place,
      version: valueOf('valkey_version') || valueOf('redis_version'),
      roundTripMs: Math.min(...times),
      isPrimary: valueOf('role') === 'master',
      isCluster: valueOf('cluster_enabled') === '1',
      evicts: valueOf('maxmemory_policy'),
    };
  } catch (error) {
    // The first error says why; later ones only that the connection is closed.
    const cause = trouble ?? error;
    throw sharedFault('shared_unreachable', { place, reason: cause instanceof Error ? cause.message : 'unknown error' }, { cause });
  } finally {
    client.disconnect();
  }
}
