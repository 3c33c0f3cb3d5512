// Four gateways as one: limits, orders, keys and upstreams known to all, whatever restarts, is cut off or goes away.
import { describe, expect, it } from 'vitest';
import type { Limits } from '../../src/access/keys/limits.ts';
import { headsText, replicaHeads } from '../../src/app/commands/replica-heads.ts';
import { systemClock } from '../../src/io/clock.ts';
import { raceReserves } from '../../bench/support/reserve-race.ts';
import { chatAnswer, chatChunk } from '../support/openai-replies.ts';
import { chat, post, readAll } from '../support/plain-client.ts';
import { startGroup, type GroupReplica, type ReplicaGroup } from '../support/replica-group.ts';
import { pause, until, useReplicaServers } from '../support/replica-servers.ts';
import { WIDE } from '../support/running-gateway.ts';

const servers = useReplicaServers();

const at = <Item>(list: readonly Item[], place: number): Item => {
  const item = list[place % list.length];
  if (item === undefined) throw new Error('an empty list');
  return item;
};

/** A second is promised; three where requests are asked to find out, which take their own time on a busy machine. */
const ASKED_MS = 3_000;

async function group(count: number, more: Partial<Parameters<typeof startGroup>[0]> = {}): Promise<ReplicaGroup> {
  const { postgres, valkey } = servers();
  const made = await startGroup({ count, databaseUrl: await postgres.freshDatabase(), valkeyUrl: valkey.url, ...more });
  made.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
  return made;
}

const ask = async (replica: GroupReplica, key: string): Promise<{ status: number; code: string }> => {
  const answer = await post({ url: replica.url, key }, chat('Hello'));
  const body = (await answer.json()) as { error?: { code?: string } };
  return { status: answer.status, code: body.error?.code ?? '' };
};

const tally = (answers: readonly { status: number; code: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) counts[`${status} ${code}`.trim()] = (counts[`${status} ${code}`.trim()] ?? 0) + 1;
  return counts;
};

describe('keys', () => {
  it('made at one replica work at all of them at once; one that is revoked is cut everywhere', async () => {
    const { replicas, newKey, upstream } = await group(3);
    const { key, id } = await newKey('acme', WIDE);
    expect(
      await until(async () => (await Promise.all(replicas.map((one) => ask(one, key)))).every(({ status }) => status === 200)),
    ).toBeLessThan(ASKED_MS);
    upstream.answer(async (_, reply) => {
      reply.open();
      for (let tick = 0; !reply.isGone && tick < 500; tick += 1) {
        await reply.write(chatChunk({ content: `tick ${tick} ` }));
        await pause(10);
      }
    });
    const reading = replicas.map(async (one) => readAll(await post({ url: one.url, key }, chat('Go.', { stream: true }))));
    await until(() => upstream.received.length >= 6);
    await pause(100);
    const { rooms } = at(replicas, 0).sallyport;
    await rooms.keyStore.revokeKey(id, { who: 'test', reason: 'lost' });
    await rooms.access.refresh();
    await rooms.catchUp();
    const revokedAtMs = performance.now();
    for (const { endedAtMs } of await Promise.all(reading)) expect(endedAtMs - revokedAtMs).toBeLessThan(ASKED_MS);
    for (const one of replicas) expect(await ask(one, key)).toMatchObject({ status: 401 });
  }, 20_000);
});

describe('requests a minute', () => {
  it('are counted over all replicas: not one more, not one less, with the server ended twice on the way', async () => {
    const { replicas, newKey } = await group(4);
    const limits: Limits = { perMinute: 60, concurrent: 1_000 };
    const { key } = await newKey('acme', limits);
    await pause(400);
    const answers: { status: number; code: string }[] = [];
    const beganMs = performance.now();
    for (let round = 0; round < 3; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 30 }, (_, turn) => ask(at(replicas, turn), key)))));
      if (round === 2) break;
      await servers().valkey.kill();
      await servers().valkey.start();
    }
    const elapsedMs = performance.now() - beganMs;
    const counts = tally(answers);
    const passed = counts['200'] ?? 0;
    expect(counts).toEqual({ '200': passed, '429 rate_limited': 90 - passed });
    // One comes back each second.
    expect(passed).toBeGreaterThanOrEqual(60);
    expect(passed).toBeLessThanOrEqual(60 + Math.ceil(elapsedMs / 1_000));
  }, 30_000);

  it('go by the clock of the server, whatever the replicas believe', async () => {
    const skewed = (ms: number) => ({ nowMs: () => systemClock.nowMs() + ms, steadyMs: () => systemClock.steadyMs() + ms });
    const { replicas, newKey } = await group(3, { clocks: [skewed(0), skewed(3_600_000), skewed(-7_200_000)] });
    const { key } = await newKey('acme', { perMinute: 20, concurrent: 1_000 });
    await pause(400);
    const beganMs = performance.now();
    const counts = tally(await Promise.all(Array.from({ length: 40 }, (_, turn) => ask(at(replicas, turn), key))));
    const more = Math.ceil((performance.now() - beganMs) / 3_000);
    expect(counts['200']).toBeGreaterThanOrEqual(20);
    expect(counts['200']).toBeLessThanOrEqual(20 + more);
  }, 20_000);
});

describe('a budget', () => {
  it('that four replicas race for is spent to the end and never passed, with Valkey ended twice: 100,000 reserves', async () => {
    const { postgres: database, valkey: memory } = servers();
    const reserves = 100_000;
    const found = await raceReserves({
      replicas: 4,
      databaseUrl: await database.freshDatabase(),
      valkeyUrl: memory.url,
      reserves,
      async onTenth(tenth) {
        if (tenth !== 3 && tenth !== 6) return;
        await memory.kill();
        await memory.start();
      },
    });
    expect(found).toMatchObject({ over: 0, lost: 0 });
    expect(found.taken + found.refused).toBe(reserves);
    expect(found.refused).toBeGreaterThan(0);
    expect(found.inVain).toBeLessThanOrEqual(reserves / 1_000);
    expect(found.leftOver).toBeLessThan(9);
  }, 300_000);
});

describe('a rolling restart', () => {
  it('of four replicas, one after the other, fails no request', async () => {
    const made = await group(4, { settings: { http: { leaveMs: 400, drainMs: 5_000 } } });
    const { key } = await made.newKey('acme', { ...WIDE, microUnits: { day: 1_000_000_000 } });
    await pause(400);
    // What a balancer does: it asks /readyz often, and sends requests to those that say yes.
    let ready: readonly GroupReplica[] = made.replicas;
    const run = { isOver: false };
    const balance = (async () => {
      while (!run.isOver) {
        const asked = await Promise.all(
          made.replicas.map(async (one) =>
            (await fetch(`${one.adminUrl}/readyz`)
              .then(({ ok }) => ok)
              .catch(() => false))
              ? one
              : undefined,
          ),
        );
        ready = asked.filter((one) => one !== undefined);
        await pause(50);
      }
    })();
    const failures: string[] = [];
    let answers = 0;
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      for (let turn = 0; !run.isOver; turn += 1) {
        const said = await ask(at(ready, caller + turn), key).catch((error: unknown) => ({ status: 0, code: String(error) }));
        answers += 1;
        if (said.status !== 200) failures.push(`${said.status} ${said.code}`);
        await pause(5);
      }
    });
    for (const old of made.replicas.slice()) {
      await old.stop();
      made.replicas.splice(made.replicas.indexOf(old), 1);
      await made.add(old.dataFolder);
      await pause(200);
    }
    run.isOver = true;
    await Promise.all([...callers, balance]);
    expect(failures).toEqual([]);
    expect(answers).toBeGreaterThan(200);
  }, 90_000);
});

describe('the ledgers', () => {
  it('are one for each replica, with its own key, and seen in one view; a checkpoint that somebody changed is told', async () => {
    const { replicas, newKey } = await group(3);
    const { key } = await newKey('acme', WIDE);
    await pause(400);
    for (const one of replicas) expect(await ask(one, key)).toMatchObject({ status: 200 });
    for (const { sallyport } of replicas) await sallyport.rooms.ledger.checkpoint();
    const environment = { DATABASE_URL: at(replicas, 0).databaseUrl };
    const heads = async () => replicaHeads(environment, systemClock);
    await until(async () => (await heads()).length === 3);
    const found = await heads();
    expect(found.map(({ state }) => state)).toEqual(['signed', 'signed', 'signed']);
    expect(new Set(found.map(({ verifierKey }) => verifierKey))).toEqual(
      new Set(replicas.map(({ sallyport }) => sallyport.rooms.ledger.verifierKey)),
    );
    expect(headsText(found)).toContain('3 ledgers');
    const { db } = at(replicas, 0).sallyport.rooms.state;
    await db
      .updateTable('ledgerHeads')
      .set({ verifierKey: found[1]?.verifierKey ?? '' })
      .where('log', '=', found[0]?.log ?? '')
      .execute();
    expect((await heads()).map(({ state }) => state)).toEqual(['forged', 'signed', 'signed']);
  }, 20_000);
});

describe('without Valkey', () => {
  const away = async (choice: 'refuse' | 'local') => {
    const made = await group(2, { settings: { replicas: { onCounterLoss: choice } } });
    const { key } = await made.newKey('acme', { perMinute: 50, concurrent: 1_000 });
    await pause(400);
    expect(await ask(at(made.replicas, 0), key)).toMatchObject({ status: 200 });
    await servers().valkey.kill();
    return { ...made, key };
  };
  const ready = async ({ adminUrl }: GroupReplica) => {
    const answer = await fetch(`${adminUrl}/readyz`);
    return { status: answer.status, body: await answer.text() };
  };

  it('refuse: requests are refused with the reason, loudly, and served again when it is back', async () => {
    const { replicas, key } = await away('refuse');
    const first = at(replicas, 0);
    expect(await ask(first, key)).toEqual({ status: 503, code: 'counters_lost' });
    expect(await ready(first)).toMatchObject({ status: 503, body: expect.stringContaining('counters') as string });
    expect(await first.sallyport.metrics.text()).toContain('sallyport_shared_counters_lost 1');
    expect(first.log.join('')).toContain('counters cannot be shared');
    expect(first.log.join('')).not.toMatch(/test-valkey-password/);
    await servers().valkey.start();
    await until(async () => (await ask(first, key)).status === 200);
    expect(await ready(first)).toMatchObject({ status: 200 });
    expect(await first.sallyport.metrics.text()).toContain('sallyport_shared_counters_lost 0');
  }, 20_000);

  it('local: each replica goes on alone from what it knew, and says so', async () => {
    const { replicas, key } = await away('local');
    const first = at(replicas, 0);
    const counts = tally(await Promise.all(Array.from({ length: 60 }, () => ask(first, key))));
    expect(counts['200']).toBeGreaterThanOrEqual(49);
    expect(counts['200']).toBeLessThan(56);
    expect(await ready(first)).toMatchObject({ status: 200, body: expect.stringContaining('goes on alone') as string });
    await servers().valkey.start();
    await until(async () => (await ready(first)).body === '{"status":"ready"}' || (await ask(first, key), false));
  }, 20_000);
});

describe('an order to stop', () => {
  const orderAt = (replica: GroupReplica, act: 'order' | 'resume' = 'order'): void =>
    void replica.sallyport.rooms.access.killSwitch[act]({ scope: 'tenant', subject: 'acme', who: 'ada', reason: 'drill' });
  const standingAt = ({ sallyport }: GroupReplica): number => sallyport.rooms.access.killSwitch.status().standing.length;

  it('reaches four replicas at once, and its end too', async () => {
    const { replicas } = await group(4);
    orderAt(at(replicas, 1));
    expect(await until(() => replicas.every((one) => standingAt(one) === 1))).toBeLessThan(1_000);
    orderAt(at(replicas, 3), 'resume');
    expect(await until(() => replicas.every((one) => standingAt(one) === 0))).toBeLessThan(1_000);
  }, 20_000);

  it('reaches four replicas within a second when nothing can be told: Valkey is gone', async () => {
    const { replicas } = await group(4);
    await servers().valkey.kill();
    for (let round = 0; round < 3; round += 1) {
      orderAt(at(replicas, round));
      expect(await until(() => replicas.every((one) => standingAt(one) === 1))).toBeLessThan(1_000);
      orderAt(at(replicas, round + 1), 'resume');
      expect(await until(() => replicas.every((one) => standingAt(one) === 0))).toBeLessThan(1_000);
    }
  }, 20_000);

  it('stops within a second when the database cannot be reached, and holds a replica that was away', async () => {
    const { replicas, add } = await group(2, { settings: { replicas: { onKillLoss: 'local' } } });
    await servers().postgres.pause();
    orderAt(at(replicas, 0));
    expect(await until(() => replicas.every((one) => standingAt(one) === 1))).toBeLessThan(1_000);
    await servers().postgres.resume();
    const late = await add();
    expect(await until(() => standingAt(late) === 1)).toBeLessThan(1_000);
    const folder = late.dataFolder;
    await late.stop();
    orderAt(at(replicas, 1), 'resume');
    await until(() => replicas.slice(0, 2).every((one) => standingAt(one) === 0));
    await pause(500);
    expect(standingAt(await add(folder))).toBe(0);
  }, 30_000);

  it('of others that cannot be read stops everything where the operator chose so, and ends with it', async () => {
    const { replicas, newKey } = await group(1);
    const { key } = await newKey('acme', WIDE);
    const only = at(replicas, 0);
    await servers().postgres.pause();
    await until(async () => (await ask(only, key)).code === 'stopped_unreadable', 8_000);
    expect((await fetch(`${only.adminUrl}/readyz`)).status).toBe(503);
    await servers().postgres.resume();
    await until(async () => (await ask(only, key)).status === 200, 8_000);
  }, 30_000);

  it('that was forged, moved or taken away in the database is not obeyed, and not passed over', async () => {
    const { replicas } = await group(2, { settings: { replicas: { onKillLoss: 'local' } } });
    const { state } = at(replicas, 0).sallyport.rooms;
    orderAt(at(replicas, 0));
    await until(() => replicas.every((one) => standingAt(one) === 1));
    // A stop is obeyed on hearsay, before it stands in the database.
    const written = () => state.db.selectFrom('killOrders').select('sealed').executeTakeFirst();
    await until(async () => (await written()) !== undefined);
    const sealed = (await written())?.sealed ?? '';
    await state.db.insertInto('killOrders').values({ sequence: 2, id: 'forged:1', sealed }).execute();
    await until(() => replicas.every(({ log }) => log.join('').includes('orders cannot be shared')), 8_000);
    expect(replicas.map((one) => standingAt(one))).toEqual([1, 1]);
    await state.db.deleteFrom('killOrders').where('sequence', '=', 2).execute();
    await until(() => replicas.every(({ log }) => log.join('').includes('again')), 8_000);
    await state.db.deleteFrom('killOrders').execute();
    await until(() => at(replicas, 1).sallyport.rooms.shared?.health.isLost('orders') === true, 8_000);
    expect(standingAt(at(replicas, 1))).toBe(1);
  }, 30_000);
});

describe('an upstream that fails', () => {
  it('at one replica is given a rest by all, and asked again by all when it is well', async () => {
    const { replicas, upstream, newKey } = await group(3);
    const { key } = await newKey('acme', WIDE);
    await pause(400);
    upstream.answer((_, reply) => reply.json({ error: { message: 'down' } }, 500));
    for (let turn = 0; turn < 5; turn += 1) await ask(at(replicas, 0), key);
    await until(async () => (await ask(at(replicas, 2), key)).code === 'upstream_resting', 1_500);
    upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'fine' })));
    await until(async () => (await ask(at(replicas, 0), key)).status === 200, 5_000);
    expect(await until(async () => (await ask(at(replicas, 2), key)).status === 200)).toBeLessThan(ASKED_MS);
  }, 20_000);
});
