// The state file: private, durable, at one schema, and patient with its neighbours.
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { systemClock as clock } from '../clock.ts';
import { readMark, raiseMark } from './marks.ts';
import { MIGRATIONS, type Migration } from './migrate.ts';
import { openState, type State } from './open-state.ts';
import { forgetChanges, readChanges, recordChange } from './outbox.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-state-'));
  folders.push(folder);
  return join(folder, 'state.db');
}

async function withState<Result>(
  file: string,
  work: (state: State) => Promise<Result>,
  migrations?: readonly Migration[],
): Promise<Result> {
  const state = await openState({ file, clock, ...(migrations === undefined ? {} : { migrations }) });
  try {
    return await work(state);
  } finally {
    await state.close();
  }
}

const addTenant = (state: State, id: string): Promise<unknown> =>
  state.transact((transaction) =>
    transaction.insertInto('tenants').values({ id, state: 'active', limits: '{}', createdAtMs: 0, revision: 0 }).execute(),
  );

const EXTRA: Migration = {
  name: '9999-extra',
  up: async (db) => {
    await db.schema.createTable('extra').addColumn('id', 'text').execute();
  },
};

test('a new state file and its write-ahead log are readable by their owner alone', async () => {
  const file = freshFile();
  await withState(file, async (state) => {
    await addTenant(state, 'acme');
    for (const name of readdirSync(join(file, '..'))) expect(statSync(join(file, '..', name)).mode & 0o777).toBe(0o600);
  });
});

test('commits wait for the disk, links between tables are enforced, readers do not wait for writers', async () => {
  await withState(freshFile(), async (state) => {
    const pragmas = async (name: string): Promise<unknown> => {
      const { sql } = await import('kysely');
      return Object.values((await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(state.db)).rows[0] ?? {})[0];
    };
    expect(await pragmas('synchronous')).toBe(2);
    expect(await pragmas('journal_mode')).toBe('wal');
    expect(await pragmas('foreign_keys')).toBe(1);
  });
});

test('what one process commits, another one notices once', async () => {
  const file = freshFile();
  await withState(file, (mine) =>
    withState(file, async (other) => {
      expect(await mine.changedSince()).toBe(false);
      await addTenant(mine, 'mine');
      expect(await mine.changedSince()).toBe(false);
      await addTenant(other, 'theirs');
      expect(await mine.changedSince()).toBe(true);
      expect(await mine.changedSince()).toBe(false);
    }),
  );
});

test('a change between opening and the first look is not missed', async () => {
  const file = freshFile();
  await withState(file, (mine) =>
    withState(file, async (other) => {
      await addTenant(other, 'theirs');
      expect(await mine.changedSince()).toBe(true);
    }),
  );
});

test('a database that is newer than the program is refused and left as it is', async () => {
  const file = freshFile();
  await withState(file, async () => undefined, [...MIGRATIONS, EXTRA]);
  await expect(openState({ file, clock })).rejects.toMatchObject({ code: 'state_newer_than_program' });
  await withState(file, async (state) => expect(await state.db.selectFrom('migrations').selectAll().execute()).toHaveLength(3), [
    ...MIGRATIONS,
    EXTRA,
  ]);
});

test('a database of another program is refused', async () => {
  const file = freshFile();
  await withState(file, async () => undefined, [EXTRA]);
  await expect(openState({ file, clock })).rejects.toMatchObject({ code: 'state_foreign' });
});

test('an upgrade leaves a whole private copy of the old state, and keeps the data', async () => {
  const file = freshFile();
  await withState(file, (state) => addTenant(state, 'old'));
  await withState(file, async (state) => expect(await state.db.selectFrom('tenants').select('id').execute()).toEqual([{ id: 'old' }]), [
    ...MIGRATIONS,
    EXTRA,
  ]);
  const copy = `${file}.backup-v${MIGRATIONS.length}`;
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  await withState(copy, async (state) => expect(await state.db.selectFrom('tenants').select('id').execute()).toEqual([{ id: 'old' }]));
});

test('a step that fails leaves nothing of itself behind', async () => {
  const file = freshFile();
  const broken: Migration = {
    name: '9998-broken',
    up: async (db) => {
      await db.schema.createTable('half').addColumn('id', 'text').execute();
      await db.schema.createTable('half').addColumn('id', 'text').execute();
    },
  };
  await expect(openState({ file, clock, migrations: [...MIGRATIONS, broken] })).rejects.toThrow('half');
  await withState(file, async (state) =>
    expect(await state.db.introspection.getTables()).not.toContainEqual(expect.objectContaining({ name: 'half' })),
  );
});

test('two programs that open a new file at once both find it ready', async () => {
  const file = freshFile();
  const states = await Promise.all([openState({ file, clock }), openState({ file, clock }), openState({ file, clock })]);
  for (const state of states) {
    expect(await state.db.selectFrom('migrations').selectAll().execute()).toHaveLength(MIGRATIONS.length);
    await state.close();
  }
});

test('a writer waits for another process without holding up the event loop', async () => {
  const file = freshFile();
  await withState(file, async (state) => {
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const write = addTenant(state, 'patient');
    // The loop turns between two tries: it could not if the whole wait were inside SQLite.
    await new Promise((resolve) => setImmediate(resolve));
    other.exec('commit');
    other.close();
    await write;
    expect(await state.db.selectFrom('tenants').selectAll().execute()).toHaveLength(1);
  });
});

test('a transaction holds the write lock from its first line, so that what it read cannot change before it writes', async () => {
  const file = freshFile();
  await withState(file, async (state) => {
    const other = new DatabaseSync(file);
    await state.transact(async (transaction) => {
      await transaction.selectFrom('tenants').selectAll().execute();
      expect(() => other.exec("insert into meta values ('x', '1')")).toThrow('locked');
    });
    other.exec("insert into meta values ('x', '1')");
    other.close();
  });
});

test('a lock that never ends is reported with its file', async () => {
  const file = freshFile();
  let steadyMs = 0;
  const hurried = { nowMs: () => 0, steadyMs: () => (steadyMs += 1_000) };
  const state = await openState({ file, clock: hurried });
  const other = new DatabaseSync(file);
  other.exec('begin immediate');
  await expect(addTenant(state, 'late')).rejects.toMatchObject({ code: 'state_locked', status: 503 });
  other.close();
  await state.close();
});

test.each([
  ['a file that is no database', (file: string) => writeFileSync(file, 'x'.repeat(5_000), { mode: 0o600 }), 'state_unreadable'],
  ['a symbolic link', (file: string) => symlinkSync('/dev/null', file), 'private_path_refused'],
  ['a file that others can read', (file: string) => (writeFileSync(file, ''), chmodSync(file, 0o644)), 'private_path_refused'],
  ['a folder that others can write to', (file: string) => chmodSync(join(file, '..'), 0o777), 'private_path_refused'],
])('%s is refused', async (_name, prepare, code) => {
  const file = freshFile();
  prepare(file);
  await expect(openState({ file, clock })).rejects.toMatchObject({ code });
});

test('a server URL is refused by its scheme, without its password', async () => {
  const error: unknown = await openState({ url: 'postgres://user:hidden@host/db', clock }).catch((fault: unknown) => fault);
  expect(error).toMatchObject({ code: 'state_url_unsupported' });
  expect(String(error)).not.toContain('hidden');
});

test('changes stay in order until the ledger has them', async () => {
  await withState(freshFile(), async (state) => {
    for (const kind of ['first', 'second', 'third']) {
      await state.transact((transaction) => recordChange(transaction, { kind, atMs: 7, data: { kind } }));
    }
    expect((await readChanges(state)).map(({ sequence, event }) => [sequence, event])).toEqual([
      [1, { kind: 'first', atMs: 7, data: { kind: 'first' } }],
      [2, { kind: 'second', atMs: 7, data: { kind: 'second' } }],
      [3, { kind: 'third', atMs: 7, data: { kind: 'third' } }],
    ]);
    await forgetChanges(state, 2);
    expect((await readChanges(state)).map(({ sequence }) => sequence)).toEqual([3]);
  });
});

test('a change that is rolled back takes its record with it', async () => {
  await withState(freshFile(), async (state) => {
    const failing = state.transact(async (transaction) => {
      await recordChange(transaction, { kind: 'lost', atMs: 0, data: {} });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readChanges(state)).toEqual([]);
  });
});

test('a mark only rises', async () => {
  await withState(freshFile(), async (state) => {
    expect(await readMark(state, 'kill')).toBe(0);
    await raiseMark(state, 'kill', 5);
    await raiseMark(state, 'kill', 3);
    expect(await readMark(state, 'kill')).toBe(5);
  });
});
