// A secret for each tenant, derived from one that never leaves the machine: what one tenant learns of its marks helps no other.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { RandomSource } from '../../core/ports.ts';
import { readOrMakeSecret } from '../../io/state/private-files.ts';

const KEPT_MAX = 4096;

export function tenantKeys(dataFolder: string, random: RandomSource): (tenant: string) => KeyObject {
  const root = readOrMakeSecret(join(dataFolder, 'envelope.key'), random);
  const kept = new Map<string, KeyObject>();
  return (tenant) => {
    const known = kept.get(tenant);
    if (known !== undefined) return known;
    // A key object costs its making once; bare bytes would cost it at each use.
    const key = createSecretKey(createHmac('sha256', root).update(`envelope\n${tenant}`).digest());
    if (kept.size >= KEPT_MAX) kept.clear();
    kept.set(tenant, key);
    return key;
  };
}
