// The state file: private, durable, at one schema, and patient with its neighbours.
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { systemClock as clock } from '../clock.ts';
import { MIGRATIONS, type Migration } from './migrate.ts';
import { openState, type State } from './open-state.ts';
import { addTenant, EXTRA, testState } from './state-suite.fixture.ts';

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

describe('in a file', () => {
  testState(async () => {
    const file = freshFile();
    return { open: (migrations) => openState({ file, clock, ...(migrations === undefined ? {} : { migrations }) }) };
  });
});

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

test('a process is not told of its own commits', async () => {
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

test.each(['mysql://user:hidden@host/db', 'postgres://user:hidden@host:99999999/db', 'hidden'])(
  'a URL that nothing here speaks is refused without its password: %s',
  async (url) => {
    const error: unknown = await openState({ url, clock }).catch((fault: unknown) => fault);
    expect(error).toMatchObject({ code: 'state_url_unsupported' });
    expect(String(error)).not.toContain('user');
    expect(String(error)).not.toContain(':hidden');
  },
);
