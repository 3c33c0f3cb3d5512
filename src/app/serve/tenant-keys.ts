// A secret for each tenant, derived from one that never leaves the machine: what one tenant learns of its marks helps no other.
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { RandomSource } from '../../core/ports.ts';
import { readOrMakeSecret } from '../../io/state/private-files.ts';

const KEPT_MAX = 4096;

export function tenantKeys(dataFolder: string, random: RandomSource): (tenant: string) => Uint8Array {
  const root = readOrMakeSecret(join(dataFolder, 'envelope.key'), random);
  const kept = new Map<string, Uint8Array>();
  return (tenant) => {
    const known = kept.get(tenant);
    if (known !== undefined) return known;
    const key = createHmac('sha256', root).update(`envelope\n${tenant}`).digest();
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(tenant, key);
    return key;
  };
}
