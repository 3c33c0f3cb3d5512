// The state in PostgreSQL: what the file promises holds there too, and what only a server can do wrong is told clearly.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../src/io/clock.ts';
import { openState, type State } from '../../src/io/state/open-state.ts';
import { addTenant, testState } from '../../src/io/state/state-suite.fixture.ts';
import { DATABASE_PASSWORD, startPostgres, type TestPostgres } from '../support/postgres.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let server: TestPostgres | undefined;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(async () => {
  await server?.stop();
});

const postgres = (): TestPostgres => {
  if (server === undefined) throw new Error('PostgreSQL has not started');
  return server;
};

async function withState(url: string, work: (state: State) => Promise<void>): Promise<void> {
  const state = await openState({ url, clock });
  try {
    await work(state);
  } finally {
    await state.close();
  }
}

describe('in PostgreSQL', () => {
  testState(async () => {
    const url = await postgres().freshDatabase();
    return { open: (migrations) => openState({ url, clock, ...(migrations === undefined ? {} : { migrations }) }) };
  });

  it('keys, budgets and accepted findings behave as in a file: the same tests pass', async () => {
    const url = await postgres().freshDatabase();
    const tests = ['keys', 'budgets', 'acceptances', 'leases'].map((name) => `src/access/${name}.test.ts`);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--reporter=dot', ...tests],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, SALLYPORT_TEST_DATABASE_URL: url } },
    );
    expect(status, `${stdout}${stderr}`.slice(-8_000)).toBe(0);
  }, 180_000);
});

describe('what a server can do wrong', () => {
  const refused = async (url: string): Promise<Error & { code: string }> => {
    const found: unknown = await openState({ url, clock }).then(
      () => new Error('it was opened'),
      (error: unknown) => error,
    );
    if (!(found instanceof Error && 'code' in found)) throw new Error('no fault', { cause: found });
    return found as Error & { code: string };
  };

  it('nobody there, a wrong password, no such database: each is told by its reason and never by its secret', async () => {
    const url = new URL(await postgres().freshDatabase());
    const at = (change: (one: URL) => void): string => {
      const changed = new URL(url);
      change(changed);
      return changed.href;
    };
    const urls = [
      at((one) => (one.port = '1')),
      at((one) => (one.password = 'another-hidden-one')),
      at((one) => (one.pathname = '/absent')),
    ];
    for (const one of urls) {
      const { code, message, cause } = await refused(one);
      expect(code).toBe('state_unreachable');
      expect(`${message}${String(cause)}`).not.toMatch(new RegExp(`hidden|${DATABASE_PASSWORD}|"sallyport"|sallyport@`));
      expect(message).toContain('127.0.0.1');
    }
  });

  it('a server that goes away is told as such, and is used again when it is back', async () => {
    const url = await postgres().freshDatabase();
    await withState(url, async (state) => {
      await addTenant(state, 'before');
      await postgres().pause();
      await expect(addTenant(state, 'lost')).rejects.toMatchObject({ code: 'state_unreachable', status: 503 });
      await expect(state.changedSince()).rejects.toMatchObject({ code: 'state_unreachable' });
      await postgres().resume();
      await addTenant(state, 'after');
      expect(await state.db.selectFrom('tenants').select('id').orderBy('id').execute()).toEqual([{ id: 'after' }, { id: 'before' }]);
    });
  }, 30_000);

  it('a lock that somebody holds is waited for, and then told', async () => {
    const url = await postgres().freshDatabase();
    await withState(url, async (state) => {
      const other = new pg.Client(url);
      await other.connect();
      await other.query('begin; lock table tenants in access exclusive mode');
      await expect(addTenant(state, 'late')).rejects.toMatchObject({ code: 'state_locked' });
      await other.query('rollback');
      await other.end();
      await addTenant(state, 'late');
    });
  }, 20_000);

  it('two gateways that do not share their counters may not share a database', async () => {
    const url = await postgres().freshDatabase();
    await withState(url, async (first) => {
      await first.claim('alone');
      await withState(url, async (second) => {
        await expect(second.claim('alone')).rejects.toMatchObject({ code: 'state_taken' });
        await expect(second.claim('shared')).rejects.toMatchObject({ code: 'state_taken' });
      });
    });
    await withState(url, async (first) => {
      await first.claim('shared');
      await withState(url, (second) => second.claim('shared'));
    });
  });
});
