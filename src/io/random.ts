// The real source of chance behind the `RandomSource` port.
import { randomBytes } from 'node:crypto';
import type { RandomSource } from '../core/ports.ts';

const POOL_BYTES = 8192;
let pool = Buffer.alloc(0);
let used = 0;

/** Cryptographic bytes from a pool, because a system call for each 32 bytes costs more than the bytes. */
export const systemRandom: RandomSource = {
  bytes(count) {
    if (count > POOL_BYTES) return randomBytes(count);
    if (used + count > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const taken = pool.subarray(used, used + count);
    used += count;
    return taken;
  },
};
