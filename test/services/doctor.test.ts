// What `sallyport doctor` says of the servers that replicas share, on real ones; and that it leaves them as they are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKS } from '../../src/app/commands/doctor-checks.ts';
import { examine } from '../../src/app/commands/doctor.ts';
import { systemClock as clock } from '../../src/io/clock.ts';
import { MIGRATIONS } from '../../src/io/state/migrate.ts';
import { openState } from '../../src/io/state/open-state.ts';
import { DATABASE_PASSWORD, freePort, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { startValkey, VALKEY_PASSWORD, type TestValkey } from '../support/valkey.ts';

let servers: { postgres: TestPostgres; valkey: TestValkey } | undefined;
const folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
beforeAll(async () => {
  const [postgres, valkey] = await Promise.all([startPostgres(), startValkey()]);
  servers = { postgres, valkey };
}, 60_000);
afterAll(async () => {
  await servers?.postgres.stop();
  await servers?.valkey.stop();
  rmSync(folder, { recursive: true, force: true });
});

const real = (): { postgres: TestPostgres; valkey: TestValkey } => {
  if (servers === undefined) throw new Error('the servers have not started');
  return servers;
};

async function doctor(check: 'state' | 'valkey', environment: Record<string, string>) {
  const { [check]: look } = CHECKS;
  if (look === undefined) throw new Error('no such check');
  return examine({ data: folder, config: undefined, environment }, { [check]: look });
}

const query = async (url: string, text: string): Promise<readonly unknown[]> => {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
};

describe('of PostgreSQL', () => {
  const state = (url: string) => doctor('state', { DATABASE_URL: url });
  const TABLES = "select table_name from information_schema.tables where table_schema = 'public' order by 1";

  it('an empty database is well, and stays empty', async () => {
    const url = await real().postgres.freshDatabase();
    expect(await state(url)).toMatchObject([{ state: 'ok', detail: expect.stringContaining('is empty') }]);
    expect(await query(url, TABLES)).toEqual([]);
  });

  it('a schema that is behind is told and not brought up: the gateway that runs may be the older one', async () => {
    const url = await real().postgres.freshDatabase();
    await (await openState({ url, clock, migrations: MIGRATIONS.slice(0, 2) })).close();
    expect(await state(url)).toMatchObject([
      { state: 'warn', detail: expect.stringContaining(`version 2; this program brings it to ${MIGRATIONS.length}`) },
    ]);
    expect(await query(url, 'select version from migrations order by 1')).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it.each<[string, string, RegExp]>([
    ['is newer', `insert into migrations values (${MIGRATIONS.length + 1}, 'later', 1)`, /schema version \d+/],
    ['lost a column', 'alter table keys drop column digest', /not whole: the column digest of keys is missing/],
    ['lost a step', 'delete from migrations where version = 1', /not whole/],
    ['lost all record of its steps', 'delete from migrations', /not whole/],
  ])('a schema that %s is a failure with a way out', async (_, damage, says) => {
    const url = await real().postgres.freshDatabase();
    await (await openState({ url, clock })).close();
    expect(await state(url)).toMatchObject([{ state: 'ok', detail: expect.stringContaining('is whole') }]);
    await query(url, damage);
    expect(await state(url)).toMatchObject([{ state: 'fail', detail: expect.stringMatching(says), fix: expect.stringMatching(/./) }]);
  });

  it('one that is away, slow, or not ours to enter is told without the password', async () => {
    const url = await real().postgres.freshDatabase();
    const away = `postgres://sallyport:${DATABASE_PASSWORD}@127.0.0.1:${await freePort()}/x`;
    const line = await startProxy(real().postgres.port);
    line.delay(150);
    const slow = url.replace(`:${real().postgres.port}/`, `:${line.port}/`);
    const found = [...(await state(away)), ...(await state(url.replace(DATABASE_PASSWORD, 'another'))), ...(await state(slow))];
    await line.close();
    expect(found.map((one) => one.state)).toEqual(['fail', 'fail', 'ok', 'warn']);
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${DATABASE_PASSWORD}|another`));
    expect(found[3]?.detail).toContain('ms to answer');
  }, 30_000);
});

describe('of Valkey', () => {
  const valkey = (url: string) => doctor('valkey', { VALKEY_URL: url });

  it('none is well for a gateway that is alone', async () => {
    expect(await valkey('')).toMatchObject([{ state: 'ok', detail: expect.stringContaining('alone') }]);
  });

  it('one that answers is well, and left as it is', async () => {
    const memory = real().valkey;
    const { url } = memory;
    expect(await valkey(url)).toMatchObject([
      { state: 'ok', detail: expect.stringMatching(/^Valkey \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+ answers in \d+ ms$/) },
    ]);
    await memory.run(['KEYS', '*'], async (keys) => expect(keys).toEqual([]));
  });

  it('one that is away, or takes another password, is a failure that names no password', async () => {
    const away = `valkey://:${VALKEY_PASSWORD}@127.0.0.1:${await freePort()}`;
    const found = [
      ...(await valkey(away)),
      ...(await valkey(real().valkey.url.replace(VALKEY_PASSWORD, 'another'))),
      ...(await valkey('nonsense')),
    ];
    expect(found.map((one) => one.state)).toEqual(['fail', 'fail', 'fail']);
    expect(found[0]?.detail).toContain('ECONNREFUSED');
    expect(found[1]?.detail).toContain('WRONGPASS');
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${VALKEY_PASSWORD}|another`));
  });

  it('one that answers late, forgets, or follows another is told', async () => {
    const memory = real().valkey;
    const { url, port } = memory;
    const line = await startProxy(port);
    line.delay(40);
    const slow = await valkey(url.replace(`:${port}/`, `:${line.port}/`));
    await line.close();
    expect(slow.map(({ state }) => state)).toEqual(['ok', 'warn']);
    await memory.run(['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru']);
    expect(await valkey(url)).toMatchObject([{ state: 'ok' }, { state: 'warn', detail: expect.stringContaining('allkeys-lru') }]);
    await memory.run(['REPLICAOF', '127.0.0.1', String(await freePort())]);
    expect(await valkey(url)).toMatchObject([{ state: 'fail', detail: expect.stringContaining('follows another') }]);
    await memory.run(['REPLICAOF', 'NO', 'ONE']);
  });
});
