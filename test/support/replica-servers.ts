// PostgreSQL and Valkey for tests of several replicas: started once for a file, Valkey anew before each test.
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { startValkey, type TestValkey } from './valkey.ts';

export interface ReplicaServers {
  readonly postgres: TestPostgres;
  readonly valkey: TestValkey;
}

/** Call it once, outside of tests; what it gives hands out the servers inside of them. */
export function useReplicaServers(): () => ReplicaServers {
  let started: ReplicaServers | undefined;
  beforeAll(async () => {
    const [postgres, valkey] = await Promise.all([startPostgres(), startValkey()]);
    started = { postgres, valkey };
  }, 60_000);
  beforeEach(async () => {
    await started?.valkey.kill();
    await started?.valkey.start();
  });
  afterAll(async () => {
    await started?.postgres.stop();
    await started?.valkey.stop();
  });
  return () => {
    if (started === undefined) throw new Error('the servers have not started');
    return started;
  };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Milliseconds until it is so. Throws where it is not so in time. */
export async function until(isSo: () => boolean | Promise<boolean>, ms = 15_000): Promise<number> {
  const beganMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - beganMs > ms) throw new Error(`it was not so within ${ms} ms`);
    await pause(5);
  }
  return performance.now() - beganMs;
}
