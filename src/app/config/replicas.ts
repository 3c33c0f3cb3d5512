// Whether this gateway is one of several: what it needs for that, and what its operator has to decide.
import { appFault } from '../faults.ts';
import { DATABASE_VARIABLE, VALKEY_VARIABLE } from '../serve/state-place.ts';
import type { Config } from './schema.ts';

/** As long as the keys that are made from it are wide. */
const SECRET_UNITS_MIN = 32;

export interface Replicas {
  /** The same for all: keys, marks and orders of one replica are known to the others by it. */
  readonly secret?: string;
  readonly valkeyUrl?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Faults: `replicas_without_database`, `replicas_without_valkey`, `replica_choice_missing`, `replica_secret_missing`,
 * `replica_secret_weak`, and those of reading the secret.
 */
export function compileReplicas(config: Config, environment: Environment, readSecret: (reference: string) => string): Replicas {
  const { secret: reference, ...choices } = config.replicas;
  const secret = reference === undefined ? undefined : strong(readSecret(reference));
  const valkeyUrl = environment[VALKEY_VARIABLE] ?? '';
  if (valkeyUrl === '') {
    // Counters that were meant to be shared must not become one set for each replica because a variable is missing.
    const [choice] = Object.keys(choices);
    if (choice !== undefined) throw appFault('replicas_without_valkey', { setting: `replicas.${choice}` });
    return secret === undefined ? {} : { secret };
  }
  if ((environment[DATABASE_VARIABLE] ?? '') === '') throw appFault('replicas_without_database');
  assertChosen(choices);
  if (secret === undefined) throw appFault('replica_secret_missing');
  return { secret, valkeyUrl };
}

function strong(secret: string): string {
  if (secret.length < SECRET_UNITS_MIN) throw appFault('replica_secret_weak', { length: secret.length, needed: SECRET_UNITS_MIN });
  return secret;
}

function assertChosen(choices: Omit<Config['replicas'], 'secret'>): void {
  for (const setting of ['onCounterLoss', 'onKillLoss'] as const) {
    if (choices[setting] === undefined) throw appFault('replica_choice_missing', { setting: `replicas.${setting}` });
  }
}
