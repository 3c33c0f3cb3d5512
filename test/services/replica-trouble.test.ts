// Replicas in trouble that says nothing: a line that is slow, still or dead; servers that hold old numbers; folders that came back or came twice.
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { usageOfAll } from '../../src/app/admin/usage.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openState } from '../../src/io/state/open-state.ts';
import { chatAnswer } from '../support/openai-replies.ts';
import { chat, post } from '../support/plain-client.ts';
import { startGroup, type GroupReplica, type ReplicaGroup } from '../support/replica-group.ts';
import { pause, until, useReplicaServers } from '../support/replica-servers.ts';
import { WIDE } from '../support/running-gateway.ts';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const servers = useReplicaServers();

interface Lines {
  readonly toValkey: TcpProxy;
  readonly toPostgres: TcpProxy;
}

/** A group whose lines to its servers the test holds in its hands. */
async function group(count: number, more: Partial<Parameters<typeof startGroup>[0]> = {}): Promise<ReplicaGroup & Lines> {
  const { postgres: database, valkey: memory } = servers();
  const [toValkey, toPostgres] = await Promise.all([startProxy(memory.port), startProxy(database.port)]);
  onTestFinished(async () => {
    await Promise.all([toValkey.close(), toPostgres.close()]);
  });
  const databaseUrl = (await database.freshDatabase()).replace(`:${database.port}/`, `:${toPostgres.port}/`);
  const valkeyUrl = memory.url.replace(`:${memory.port}/`, `:${toValkey.port}/`);
  const made = await startGroup({ count, databaseUrl, valkeyUrl, ...more });
  made.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  return { ...made, toValkey, toPostgres };
}

const first = ({ replicas }: ReplicaGroup): GroupReplica => {
  const [one] = replicas;
  if (one === undefined) throw new Error('a group has replicas');
  return one;
};

const ask = async (replica: GroupReplica, key: string): Promise<{ status: number; code: string; ms: number }> => {
  const beganMs = performance.now();
  const answer = await post({ url: replica.url, key }, chat('Hello'));
  const body = (await answer.json()) as { error?: { code?: string } };
  return { status: answer.status, code: body.error?.code ?? '', ms: performance.now() - beganMs };
};

const ready = async ({ adminUrl }: GroupReplica) => {
  const answer = await fetch(`${adminUrl}/readyz`);
  return { status: answer.status, body: await answer.text() };
};

describe('a line to Valkey', () => {
  it('that stands still for four seconds stops what needs it, and nothing once it moves again: no new connection is needed for that', async () => {
    const made = await group(1);
    const one = first(made);
    const { key } = await made.newKey('acme', { perMinute: 100, concurrent: 100 });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    made.toValkey.hold();
    expect(await ask(one, key)).toMatchObject({ status: 503, code: 'counters_lost' });
    expect(await ready(one)).toMatchObject({ status: 503 });
    made.toValkey.release();
    // A balancer that believes /readyz sends nothing here: it must become well by itself.
    await until(async () => (await ready(one)).status === 200, 6_000);
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    expect(await one.sallyport.metrics.text()).toContain('sallyport_shared_counters_lost 0');
  }, 30_000);

  it('that is dead and does not say so is given up for a new one', async () => {
    const made = await group(1);
    const one = first(made);
    const { key } = await made.newKey('acme', { perMinute: 100, concurrent: 100 });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    made.toValkey.strand();
    await until(async () => (await ask(one, key)).status === 200, 8_000);
    await until(async () => (await ready(one)).status === 200, 2_000);
  }, 30_000);

  it('that takes 300 ms an answer makes requests slow, and counts each of them once', async () => {
    const made = await group(1);
    const one = first(made);
    const { key } = await made.newKey('acme', { perMinute: 20, concurrent: 100 });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    made.toValkey.delay(300);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(one, key)));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect([19, 20]).toContain(passed);
    expect(answers.filter(({ code }) => code === 'rate_limited')).toHaveLength(30 - passed);
    expect(await ready(one)).toMatchObject({ status: 200 });
  }, 30_000);

  it('is known to be lost before anybody asks for it', async () => {
    const made = await group(1);
    await servers().valkey.kill();
    await until(async () => (await ready(first(made))).status === 503, 5_000);
    await servers().valkey.start();
    await until(async () => (await ready(first(made))).status === 200, 5_000);
  }, 30_000);
});

describe('a Valkey', () => {
  it('whose clock went back an hour refuses nobody for longer than a bucket takes to fill', async () => {
    const made = await group(1);
    const one = first(made);
    const { key, id } = await made.newKey('acme', { perMinute: 600, concurrent: 100 });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    // What stands there then: a time that is far ahead.
    await servers().valkey.run(['KEYS', '*'], async (keys) => {
      const [name] = keys.filter((known) => known.endsWith(`rate:${id}`));
      if (name === undefined) throw new Error('the rate is kept elsewhere');
      await servers().valkey.run(['SET', name, String(Date.now() + 3_600_000)]);
    });
    await until(async () => (await ask(one, key)).status === 200, 3_000);
  }, 30_000);

  it('that comes back with old data learns from the replicas what it forgot', async () => {
    const made = await group(2);
    const { key } = await made.newKey('acme', { perMinute: 30, concurrent: 100 });
    await pause(400);
    const all = async (count: number) =>
      Promise.all(Array.from({ length: count }, (_, turn) => ask(made.replicas[turn % 2] ?? first(made), key)));
    const beganMs = performance.now();
    const answers = [...(await all(4))];
    await servers().valkey.run(['SAVE']);
    answers.push(...(await all(20)));
    await servers().valkey.kill();
    await servers().valkey.start();
    await servers().valkey.run(['KEYS', '*rate:*'], async (keys) => expect(keys).toHaveLength(1));
    answers.push(...(await all(30)));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(30);
    expect(passed).toBeLessThanOrEqual(30 + Math.ceil((performance.now() - beganMs) / 2_000));
    await servers().valkey.run(['FLUSHALL']);
    await servers().valkey.run(['SAVE']);
  }, 30_000);

  it('that is emptied while it runs learns again what the replicas know', async () => {
    const made = await group(3);
    const { key } = await made.newKey('acme', { perMinute: 30, concurrent: 100 });
    await pause(400);
    const all = async (count: number) =>
      Promise.all(Array.from({ length: count }, (_, turn) => ask(made.replicas[turn % 3] ?? first(made), key)));
    const beganMs = performance.now();
    const answers = [...(await all(18))];
    await servers().valkey.run(['FLUSHALL']);
    answers.push(...(await all(30)));
    await servers().valkey.run(['FLUSHALL']);
    answers.push(...(await all(30)));
    const passed = answers.filter(({ status }) => status === 200).length;
    expect(passed).toBeGreaterThanOrEqual(30);
    expect(passed).toBeLessThanOrEqual(30 + Math.ceil((performance.now() - beganMs) / 2_000));
  }, 30_000);
});

describe('a line to PostgreSQL', () => {
  it('that stands still is told within four seconds, and nobody waits for it for longer', async () => {
    const made = await group(1, { settings: { replicas: { onKillLoss: 'local' } } });
    const one = first(made);
    const { key } = await made.newKey('acme', { ...WIDE, tokens: { day: 1_000_000 } });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    await pause(1_500);
    made.toPostgres.hold();
    const asked = await ask(one, key);
    expect(asked).toMatchObject({ status: 503, code: 'counters_lost' });
    expect(asked.ms).toBeLessThan(4_000);
    // The next ones are not made to wait for what is known.
    expect((await ask(one, key)).ms).toBeLessThan(1_500);
    await until(async () => (await one.sallyport.metrics.text()).includes('sallyport_shared_orders_lost 1'), 4_000);
    expect(await ready(one)).toMatchObject({ status: 503, body: expect.stringContaining('budgets of the replicas') as string });
    made.toPostgres.release();
    await until(async () => (await ask(one, key)).status === 200, 8_000);
    // Not once for each look.
    expect(one.log.filter((line) => line.includes('take over changes')).length).toBeLessThan(3);
    await until(async () => (await ready(one)).body === '{"status":"ready"}', 8_000);
  }, 40_000);
});

describe('an end', () => {
  it('does not wait for servers that say nothing', async () => {
    const made = await group(1);
    const one = first(made);
    const { key } = await made.newKey('acme', { ...WIDE, tokens: { day: 1_000_000 } });
    expect(await ask(one, key)).toMatchObject({ status: 200 });
    made.toPostgres.hold();
    made.toValkey.hold();
    const beganMs = performance.now();
    await one.stop();
    expect(performance.now() - beganMs).toBeLessThan(15_000);
    made.toPostgres.release();
  }, 90_000);
});

describe('a PostgreSQL', () => {
  it('that is away fills no log', async () => {
    const made = await group(1);
    await pause(300);
    await servers().postgres.pause();
    await pause(4_000);
    await servers().postgres.resume();
    await until(async () => (await ready(first(made))).status === 200, 10_000);
    expect(first(made).log.length).toBeGreaterThan(1);
    expect(first(made).log.length).toBeLessThan(12);
  }, 40_000);
});

describe('a replica', () => {
  it('that froze while it held the budgets holds up the others for two seconds, and loses nothing of theirs', async () => {
    const url = await servers().postgres.freshDatabase();
    const [frozen, other] = [await openState({ url, clock: systemClock }), await openState({ url, clock: systemClock })];
    onTestFinished(async () => {
      await Promise.all([frozen.close(), other.close()]);
    });
    const thaw = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const stuck = frozen.transact(async (transaction) => {
      await transaction.insertInto('meta').values({ name: 'half', value: '1' }).execute();
      held.resolve();
      await thaw.promise;
    }, 'budgets');
    await held.promise;
    const beganMs = performance.now();
    await other.transact(async (transaction) => transaction.selectFrom('meta').selectAll().execute(), 'budgets');
    expect(performance.now() - beganMs).toBeLessThan(4_000);
    thaw.resolve();
    await expect(stuck).rejects.toMatchObject({ code: 'state_unreachable' });
    expect(await other.db.selectFrom('meta').select('name').where('name', '=', 'half').execute()).toEqual([]);
    // The connection was ended under it; the next one is a new one.
    await frozen.transact(async (transaction) => transaction.selectFrom('meta').selectAll().execute(), 'budgets');
  }, 30_000);

  it('on a copy of the folder of another one is not started: it would spend from what the other one holds', async () => {
    const made = await group(1);
    const copy = mkdtempSync(join(tmpdir(), 'sallyport-copy-'));
    execFileSync('cp', ['-a', `${first(made).dataFolder}/.`, copy]);
    await expect(made.add(copy)).rejects.toMatchObject({ code: 'state_same_ledger' });
    await first(made).stop();
    made.replicas.splice(0, 1);
    await made.add(copy);
  }, 30_000);
});

describe('a data directory that went back', () => {
  it('to a backup, beside a database that did not, still charges what is spent from then on', async () => {
    const made = await group(1);
    const folder = first(made).dataFolder;
    const { key, id } = await made.newKey('acme', { ...WIDE, microUnits: { day: 1_000_000_000 }, tokens: { day: 10_000_000 } });
    const spent = async (): Promise<number> => {
      const { state } = first(made).sallyport.rooms;
      const rows = await state.db.selectFrom('budgetSpent').select('tokens').where('subject', '=', `key:${id}`).execute();
      return Math.max(0, ...rows.map(({ tokens }) => tokens));
    };
    const asked = async (count: number): Promise<number> => {
      for (let turn = 0; turn < count; turn += 1) expect(await ask(first(made), key)).toMatchObject({ status: 200 });
      await first(made).sallyport.rooms.saveBudgets();
      return spent();
    };
    const restart = async (at: string): Promise<void> => {
      await first(made).stop();
      made.replicas.splice(0, 1);
      await made.add(at);
    };
    const one = await asked(1);
    await restart(folder);
    const backup = mkdtempSync(join(tmpdir(), 'sallyport-backup-'));
    execFileSync('cp', ['-a', `${folder}/.`, backup]);
    expect(await asked(9)).toBe(one * 10);
    await restart(backup);
    expect(await asked(4)).toBe(one * 14);
    await restart(backup);
    expect(await asked(1)).toBe(one * 15);
  }, 60_000);

  it('stops everything when orders were given since, until somebody begins a new record; then what all others know holds here too', async () => {
    const made = await group(2);
    const [old, other] = made.replicas;
    if (old === undefined || other === undefined) throw new Error('two replicas');
    const { key } = await made.newKey('acme', WIDE);
    const { key: stopped } = await made.newKey('other', WIDE);
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-backup-'));
    execFileSync('cp', ['-a', `${old.dataFolder}/.`, folder]);
    old.sallyport.rooms.access.killSwitch.order({ scope: 'tenant', subject: 'other', who: 'ada', reason: 'drill' });
    await until(() => other.sallyport.rooms.access.killSwitch.status().standing.length === 1);
    await pause(500);
    await old.stop();
    made.replicas.splice(0, 1);
    const back = await made.add(folder);
    expect(await ask(back, key)).toMatchObject({ status: 503, code: 'stopped_unreadable' });
    expect(await ready(back)).toMatchObject({ status: 503 });
    back.sallyport.rooms.access.killSwitch.rebuild({ who: 'ada', reason: 'put back' });
    await until(async () => (await ask(back, key)).status === 200, 2_000);
    await until(async () => (await ask(back, stopped)).status === 503, 2_000);
  }, 30_000);
});

describe('a replica whose clock is wrong', () => {
  it('says so, is no harm to orders and budgets, and obeys and is obeyed at once', async () => {
    const skewed = (ms: number) => ({ nowMs: () => systemClock.nowMs() + ms, steadyMs: () => systemClock.steadyMs() });
    const made = await group(2, { clocks: [skewed(0), skewed(-86_400_000)] });
    const [right, wrong] = made.replicas;
    if (right === undefined || wrong === undefined) throw new Error('two replicas');
    expect(wrong.log.join('')).toContain('the clock of this machine is 86400.0 s behind');
    expect(right.log.join('')).not.toContain('clock');
    expect(await ready(wrong)).toEqual({ status: 200, body: expect.stringContaining('off by 86400 s') as string });
    expect(await wrong.sallyport.metrics.text()).toMatch(/sallyport_shared_clock_skew_seconds -86(?:399\.\d+|400)/);
    const { key, id } = await made.newKey('acme', { ...WIDE, tokens: { day: 1_000_000 } });
    for (const one of [right, wrong]) await until(async () => (await ask(one, key)).status === 200, 1_000);
    const rows = await right.sallyport.rooms.state.db
      .selectFrom('budgetTotals')
      .select('period')
      .where('subject', '=', `key:${id}`)
      .execute();
    expect(rows.filter(({ period }) => period.length === '2026-11-22'.length)).toHaveLength(1);
    // Told in the database as well as by message: the second is believed only while it is fresh.
    made.toPostgres.hold();
    wrong.sallyport.rooms.access.killSwitch.order({ scope: 'tenant', subject: 'acme', who: 'ada', reason: 'drill' });
    const standing = (): number => right.sallyport.rooms.access.killSwitch.status().standing.length;
    expect(await until(() => standing() === 1, 3_000)).toBeLessThan(3_000);
    made.toPostgres.release();
  }, 30_000);
});

describe('what is counted at one replica', () => {
  it('of keys that fail, counts at all: a guess learns no more by going from one to the next', async () => {
    const made = await group(3, { settings: { limits: { failedKeysPerMinute: 12 } } });
    const guess = ['sp', 'x'.repeat(60)].join('_');
    const codes: string[] = [];
    for (let turn = 0; turn < 18; turn += 1) {
      codes.push((await ask(made.replicas[turn % 3] ?? first(made), guess)).code);
      // A message is on its way for a moment.
      await pause(20);
    }
    expect(codes.filter((code) => code !== 'too_many_failed_keys')).toHaveLength(12);
    expect(codes.slice(-6)).toEqual(Array(6).fill('too_many_failed_keys'));
  }, 30_000);

  it('of money and tokens, is shown by all', async () => {
    const made = await group(2);
    const { key, id } = await made.newKey('acme', { ...WIDE, tokens: { day: 1_000_000 } });
    await pause(300);
    for (let turn = 0; turn < 6; turn += 1) expect(await ask(made.replicas[turn % 2] ?? first(made), key)).toMatchObject({ status: 200 });
    const seen = async (): Promise<readonly number[]> =>
      Promise.all(
        made.replicas.map(async ({ sallyport: { rooms } }) => (await usageOfAll(rooms, [`key:${id}`]))(`key:${id}`).day.spent.tokens),
      );
    const own = made.replicas.map(({ sallyport }) => sallyport.rooms.access.budgets.usageOf(`key:${id}`).day.spent.tokens);
    const all = (own[0] ?? 0) + (own[1] ?? 0);
    expect(all).toBeGreaterThan(Math.max(...own));
    // What another one holds ahead counts as its own until it has given it back.
    await until(async () => (await seen()).every((tokens) => tokens === all), 4_000);
  }, 30_000);
});
