// For tests: what every kind of state must do. The file's own test and that of PostgreSQL call it, so that both stay alike.
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { raiseMark, readMark } from './marks.ts';
import { MIGRATIONS, type Migration } from './migrate.ts';
import type { State } from './open-state.ts';
import { forgetChanges, readChanges, recordChange } from './outbox.ts';

export interface StatePlace {
  /** Opens the same state again at each call. */
  open(migrations?: readonly Migration[]): Promise<State>;
}

export const EXTRA: Migration = {
  name: '9999-extra',
  up: async (db) => {
    await db.schema.createTable('extra').addColumn('id', 'text').execute();
  },
};

export const addTenant = (state: State, id: string): Promise<unknown> =>
  state.transact(async (transaction) => {
    const revision = await recordChange(transaction, { kind: 'tenant.created', atMs: 0, tenant: id, data: {} });
    await transaction.insertInto('tenants').values({ id, state: 'active', limits: '{}', createdAtMs: 0, revision }).execute();
  });

async function using<Result>(opened: Promise<State>, work: (state: State) => Promise<Result>): Promise<Result> {
  const state = await opened;
  try {
    return await work(state);
  } finally {
    await state.close();
  }
}

/** `fresh` gives a place where nothing is yet. */
export function testState(fresh: () => Promise<StatePlace>): void {
  testNews(fresh);
  testVersions(fresh);
  testOutbox(fresh);
}

function testNews(fresh: () => Promise<StatePlace>): void {
  test('what one process commits, another one notices once', async () => {
    const place = await fresh();
    await using(place.open(), (mine) =>
      using(place.open(), async (other) => {
        expect(await mine.changedSince()).toBe(false);
        await addTenant(other, 'theirs');
        expect(await mine.changedSince()).toBe(true);
        expect(await mine.changedSince()).toBe(false);
      }),
    );
  });

  test('a change between opening and the first look is not missed', async () => {
    const place = await fresh();
    await using(place.open(), (mine) =>
      using(place.open(), async (other) => {
        await addTenant(other, 'theirs');
        expect(await mine.changedSince()).toBe(true);
      }),
    );
  });

  test('writers in several processes never take the same revision', async () => {
    const place = await fresh();
    const states = await Promise.all([place.open(), place.open(), place.open()]);
    await Promise.all(states.flatMap((state, at) => Array.from({ length: 10 }, (_, turn) => addTenant(state, `t${at}-${turn}`))));
    const [first] = states;
    const sequences = (await readChanges(first ?? (await place.open()))).map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    for (const state of states) await state.close();
  });

  test('links between tables are enforced', async () => {
    const place = await fresh();
    await using(place.open(), async (state) => {
      const row = { id: 'k', tenant: 'nobody', role: 'caller', scope: 'tenant', label: '', digest: '', limits: '{}', createdBy: 'test' };
      const orphan = { ...row, createdAtMs: 0, expiresAtMs: null, revokedAtMs: null, revision: 1 };
      await expect(state.transact((transaction) => transaction.insertInto('keys').values(orphan).execute())).rejects.toThrow(
        /foreign key/i,
      );
    });
  });
}

function testVersions(fresh: () => Promise<StatePlace>): void {
  test('a database that is newer than the program is refused and left as it is', async () => {
    const place = await fresh();
    await using(place.open([...MIGRATIONS, EXTRA]), async () => undefined);
    await expect(place.open()).rejects.toMatchObject({ code: 'state_newer_than_program' });
    await using(place.open([...MIGRATIONS, EXTRA]), async (state) =>
      expect(await state.db.selectFrom('migrations').selectAll().execute()).toHaveLength(MIGRATIONS.length + 1),
    );
  });

  test('a database of another program is refused', async () => {
    const place = await fresh();
    await using(place.open(MIGRATIONS.map((step) => ({ name: `${step.name}-elsewhere`, up: (db) => step.up(db) }))), async () => undefined);
    await expect(place.open()).rejects.toMatchObject({ code: 'state_foreign' });
  });

  test('an upgrade keeps the data', async () => {
    const place = await fresh();
    await using(place.open(MIGRATIONS.slice(0, 2)), async (state) => {
      await addTenant(state, 'old');
      await sql`insert into budget_spent (subject, period, micro_units, tokens) values ('key:k', '2026-11', 7, 9)`.execute(state.db);
    });
    await using(place.open(), async (state) => {
      expect(await state.db.selectFrom('tenants').select('id').execute()).toEqual([{ id: 'old' }]);
      expect(await state.db.selectFrom('budgetSpent').selectAll().execute()).toEqual([
        { log: '', subject: 'key:k', period: '2026-11', microUnits: 7, tokens: 9 },
      ]);
    });
  });

  test('a step that fails leaves nothing of itself behind', async () => {
    const place = await fresh();
    const broken: Migration = {
      name: '9998-broken',
      up: async (db) => {
        await db.schema.createTable('half').addColumn('id', 'text').execute();
        await db.schema.createTable('half').addColumn('id', 'text').execute();
      },
    };
    await expect(place.open([...MIGRATIONS, broken])).rejects.toThrow('half');
    await using(place.open(), async (state) =>
      expect(await state.db.introspection.getTables()).not.toContainEqual(expect.objectContaining({ name: 'half' })),
    );
  });

  const harms: readonly { readonly title: string; readonly harm: string; readonly names: string }[] = [
    { title: 'a step in the middle', harm: 'delete from migrations where version = 2', names: 'step 2' },
    { title: 'a table', harm: 'drop table acceptances', names: 'acceptances' },
    { title: 'a column', harm: 'alter table keys drop column digest', names: 'digest' },
    { title: 'all record of its steps', harm: 'delete from migrations', names: 'no record' },
  ];
  test.each(harms)('a database that lost $title is refused with what is missing', async ({ harm, names }) => {
    const place = await fresh();
    await using(place.open(), (state) => sql.raw(harm).execute(state.db));
    const refusal: unknown = await place.open().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'state_half_migrated' });
    expect(String(refusal)).toContain(names);
  });

  test('several programs that open a new database at once all find it ready', async () => {
    const place = await fresh();
    const states = await Promise.all([place.open(), place.open(), place.open()]);
    for (const state of states) {
      expect(await state.db.selectFrom('migrations').selectAll().execute()).toHaveLength(MIGRATIONS.length);
      await state.close();
    }
  });
}

function testOutbox(fresh: () => Promise<StatePlace>): void {
  test('changes stay in order until the ledger has them', async () => {
    const place = await fresh();
    await using(place.open(), async (state) => {
      for (const kind of ['first', 'second', 'third']) {
        await state.transact((transaction) => recordChange(transaction, { kind, atMs: 7, data: { kind } }));
      }
      expect((await readChanges(state)).map(({ sequence, event }) => [sequence, event])).toEqual([
        [1, { kind: 'first', atMs: 7, data: { kind: 'first' } }],
        [2, { kind: 'second', atMs: 7, data: { kind: 'second' } }],
        [3, { kind: 'third', atMs: 7, data: { kind: 'third' } }],
      ]);
      await state.transact((transaction) => forgetChanges(transaction, 2));
      expect((await readChanges(state)).map(({ sequence }) => sequence)).toEqual([3]);
    });
  });

  test('a change that is rolled back takes its record with it', async () => {
    const place = await fresh();
    await using(place.open(), async (state) => {
      const failing = state.transact(async (transaction) => {
        await recordChange(transaction, { kind: 'lost', atMs: 0, data: {} });
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await readChanges(state)).toEqual([]);
    });
  });

  test('a mark only rises, and holds numbers of any honest size', async () => {
    const place = await fresh();
    await using(place.open(), async (state) => {
      expect(await readMark(state, 'kill')).toBe(0);
      await raiseMark(state, 'kill', Number.MAX_SAFE_INTEGER);
      await raiseMark(state, 'kill', 3);
      expect(await readMark(state, 'kill')).toBe(Number.MAX_SAFE_INTEGER);
    });
  });

  test('times and counts come back as the numbers that went in', async () => {
    const place = await fresh();
    await using(place.open(), async (state) => {
      const row = { log: '', subject: 's', period: 'p', microUnits: Number.MAX_SAFE_INTEGER, tokens: 0 };
      await state.transact((transaction) => transaction.insertInto('budgetSpent').values(row).execute());
      expect(await state.db.selectFrom('budgetSpent').selectAll().execute()).toEqual([row]);
      expect(Math.abs((await state.nowMs()) - Date.now())).toBeLessThan(60_000);
    });
  });
}
