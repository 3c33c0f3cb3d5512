// One of several gateways: nothing is shared by halves, and what its operator must decide is asked for.
import { describe, expect, it } from 'vitest';
import { parseConfig } from './load.ts';
import { compileReplicas } from './replicas.ts';

const DATABASE = { DATABASE_URL: 'postgres://user:hidden@host/db' };
const VALKEY = { VALKEY_URL: 'valkey://:hidden@host:6379' };
const SECRET = 'x'.repeat(32);
const WHOLE = { secret: SECRET, onCounterLoss: 'refuse', onKillLoss: 'local' };

const compiled = (replicas: object, environment: Readonly<Record<string, string>>) =>
  compileReplicas(parseConfig(JSON.stringify({ replicas }), 'test'), environment, (reference) => reference);

describe('a gateway', () => {
  it('alone needs nothing', () => expect(compiled({}, {})).toEqual({}));
  it('alone on a database may have a secret', () => expect(compiled({ secret: SECRET }, DATABASE)).toEqual({ secret: SECRET }));
  it('of several has all of it', () =>
    expect(compiled(WHOLE, { ...DATABASE, ...VALKEY })).toEqual({ secret: SECRET, valkeyUrl: VALKEY.VALKEY_URL }));

  const refusals: readonly (readonly [string, object, Readonly<Record<string, string>>, string, string])[] = [
    ['Valkey without a database', WHOLE, VALKEY, 'replicas_without_database', 'DATABASE_URL'],
    ['choices without Valkey, as when a variable got lost', WHOLE, DATABASE, 'replicas_without_valkey', 'replicas.onCounterLoss'],
    [
      'no choice for counters',
      { ...WHOLE, onCounterLoss: undefined },
      { ...DATABASE, ...VALKEY },
      'replica_choice_missing',
      'onCounterLoss',
    ],
    ['no choice for orders', { ...WHOLE, onKillLoss: undefined }, { ...DATABASE, ...VALKEY }, 'replica_choice_missing', 'onKillLoss'],
    ['no secret', { ...WHOLE, secret: undefined }, { ...DATABASE, ...VALKEY }, 'replica_secret_missing', 'secret'],
    ['a secret of 31 characters', { ...WHOLE, secret: 'x'.repeat(31) }, { ...DATABASE, ...VALKEY }, 'replica_secret_weak', '31'],
  ];
  it.each(refusals)('with %s is refused, and no password is told', (_title, replicas, environment, code, names) => {
    const start = (): unknown => compiled(replicas, environment);
    expect(start).toThrow(expect.objectContaining({ code, message: expect.stringContaining(names) as string }));
    expect(start).not.toThrow('hidden');
  });
});
