// A key or an address in a tight loop: what is refused is recorded one by one up to a limit, and as a number from there on.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, LedgerEvent } from '../src/core/types.ts';
import { compile } from '../src/app/config/compile.ts';
import { parseConfig } from '../src/app/config/load.ts';
import { openRooms } from '../src/app/serve/rooms.ts';
import { RefusalCount } from '../src/gateway/refusal-count.ts';
import { systemClock } from '../src/io/clock.ts';
import { systemRandom } from '../src/io/random.ts';
import { post, type Door } from './support/plain-client.ts';
import { startGateway, useGateway, type RunningGateway } from './support/running-gateway.ts';

const BODY = { model: 'm', messages: [{ role: 'user', content: 'Hello.' }] };
const settings = { ledger: { refusalsPerMinute: 4 } };

async function statuses(door: Door, count: number, body: JsonObject = BODY): Promise<readonly number[]> {
  const seen: number[] = [];
  for (let nth = 0; nth < count; nth++) seen.push((await post(door, body)).status);
  return seen;
}

async function narrowDoor(gateway: RunningGateway, tenant: string): Promise<Door> {
  const { key } = await gateway.newKey(tenant, { perMinute: 1 });
  return { url: gateway.openaiUrl, key };
}

const ofTenant = (events: readonly LedgerEvent[], tenant: string) => events.filter((event) => event.tenant === tenant);
const kinds = (events: readonly LedgerEvent[], kind: string) => events.filter((event) => event.kind === kind);

describe('a key over its rate', () => {
  const gateway = useGateway(settings);

  it('has as many refusals on record as the setting says, and is refused as ever', async () => {
    const door = await narrowDoor(gateway(), 'loop');
    const seen = await statuses(door, 20);
    expect(seen.slice(1)).toEqual(Array.from({ length: 19 }, () => 429));
    const refused = kinds(ofTenant(await gateway().records(), 'loop'), 'request.refused');
    expect(refused.map(({ data }) => data['reason'])).toEqual(Array.from({ length: 4 }, () => 'rate_limited'));
    expect(refused.map(({ data }) => typeof data['minute'])).toEqual(['undefined', 'undefined', 'undefined', 'number']);
  });

  it('has each request on record that could not be read, however many there are', async () => {
    const { key } = await gateway().newKey('unreadable');
    await statuses({ url: gateway().openaiUrl, key }, 12, { model: 'm' });
    expect(kinds(ofTenant(await gateway().records(), 'unreadable'), 'request.refused')).toHaveLength(12);
  });

  it('takes nothing from the record of another key', async () => {
    await statuses(await narrowDoor(gateway(), 'loud'), 20);
    await statuses(await narrowDoor(gateway(), 'quiet'), 4);
    expect(kinds(ofTenant(await gateway().records(), 'quiet'), 'request.refused')).toHaveLength(3);
  });

  it('stands in metrics and on the page of health as a number', async () => {
    await statuses(await narrowDoor(gateway(), 'numbers'), 20);
    const counted = /^sallyport_refusals_counted (\d+)$/m.exec(await gateway().sallyport.metrics.text());
    expect(Number(counted?.[1])).toBeGreaterThanOrEqual(15);
  });
});

it('what was counted is on record by reason when the gateway stops', async () => {
  const gateway = await startGateway(settings);
  const door = await narrowDoor(gateway, 'loop');
  await statuses(door, 9);
  try {
    await gateway.sallyport.stop();
    const told = kinds(await recordOf(gateway.dataFolder), 'request.refusals');
    expect(told.map(({ tenant, data }) => ({ tenant, count: data['count'], reasons: data['reasons'], goesOn: data['goesOn'] }))).toEqual([
      { tenant: 'loop', count: 4, reasons: { rate_limited: 4 }, goesOn: undefined },
    ]);
  } finally {
    await gateway.stop();
  }
});

it('a process that dies in between leaves a record from which the next one knows, and says once, that a count is lost', async () => {
  const gateway = await startGateway(settings);
  await statuses(await narrowDoor(gateway, 'loop'), 9);
  const copy = mkdtempSync(join(tmpdir(), 'sallyport-copy-'));
  try {
    // As a kill leaves it: nobody told anything on the way out.
    cpSync(gateway.dataFolder, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') });
    expect(kinds(await recordOf(copy), 'request.refusals')).toMatchObject([{ tenant: 'loop', data: { count: null, lost: true } }]);
    expect(kinds(await recordOf(copy), 'request.refusals')).toHaveLength(1);
  } finally {
    rmSync(copy, { recursive: true, force: true });
    await gateway.stop();
  }
});

/** Everything that the next process finds on record, and what it adds when it starts. */
async function recordOf(dataFolder: string): Promise<readonly LedgerEvent[]> {
  const rooms = await openRooms({
    dataFolder,
    clock: systemClock,
    random: systemRandom,
    settings: compile(parseConfig('{}', 'test.yaml'), { clock: systemClock, environment: {}, demo: () => ({}) as never }).access,
    ledger: { segmentBytesMax: 1_048_576 },
    onTrouble: () => {},
  });
  const events: LedgerEvent[] = [];
  await rooms.ledger.checkpoint();
  for await (const { event } of rooms.ledger.events()) events.push(event);
  await rooms.close();
  return events;
}

describe('the counting', () => {
  const setUp = (perMinute = 2) => {
    const told: LedgerEvent[] = [];
    let nowMs = 0;
    const count = new RefusalCount({
      clock: { nowMs: () => 1_000_000 + nowMs, steadyMs: () => nowMs },
      append: (event) => told.push(event),
      perMinute: () => perMinute,
      clientName: (_, address) => `name of ${address}`,
    });
    const take = (times: number, more: { keyId?: string; clientAddress?: string; reason?: string } = {}): number => {
      const { keyId = 'k1', clientAddress = '192.0.2.1', reason = 'rate_limited' } = more;
      const refused = { principal: { tenant: 't', keyId, pseudonym: `p_${keyId}` }, clientAddress, fault: { code: reason, status: 429 } };
      return Array.from({ length: times }, () => count.take(refused).isRecorded).filter(Boolean).length;
    };
    return { count, told, take, wait: (ms: number) => void (nowMs += ms) };
  };

  it('begins anew after a minute', () => {
    const { take, wait, count } = setUp();
    expect(take(5)).toBe(2);
    wait(60_000);
    count.tell();
    expect(take(5)).toBe(2);
  });

  it('tells in the middle of a minute that it goes on, and tells nothing twice', () => {
    const { take, wait, count, told } = setUp();
    take(5);
    take(1, { reason: 'stopped_by_order' });
    wait(30_000);
    count.tell();
    take(3);
    wait(30_000);
    count.tell();
    count.tell();
    expect(told.map(({ data }) => [data['count'], data['reasons'], data['goesOn']])).toEqual([
      [4, { rate_limited: 3, stopped_by_order: 1 }, true],
      [3, { rate_limited: 3 }, undefined],
    ]);
    expect(count.counts).toEqual({ recorded: 2, counted: 7, untold: 0 });
  });

  it('says nothing of a key that stayed under the limit, and forgets it', () => {
    const { take, wait, count, told } = setUp();
    take(1);
    wait(60_000);
    count.tell();
    expect(told).toEqual([]);
  });

  it('loses nothing while the record is down', () => {
    const told: LedgerEvent[] = [];
    let isDown = true;
    const count = new RefusalCount({
      clock: { nowMs: () => 0, steadyMs: () => 0 },
      append(event) {
        if (isDown) throw new Error('no space');
        told.push(event);
      },
      perMinute: () => 1,
      clientName: () => '',
    });
    const refused = {
      principal: { tenant: 't', keyId: 'k', pseudonym: 'p' },
      clientAddress: '',
      fault: { code: 'rate_limited', status: 429 },
    };
    for (let nth = 0; nth < 4; nth++) count.take(refused);
    expect(() => count.tell()).toThrow('no space');
    isDown = false;
    count.tell();
    expect(told.map(({ data }) => data['count'])).toEqual([3]);
  });

  it('counts by network where there are no keys, and a flood from many networks together', () => {
    const { take, count, told } = setUp();
    const anonymous = (clientAddress: string) => take(4, { keyId: 'anonymous', clientAddress });
    expect([anonymous('192.0.2.1'), anonymous('192.0.2.2'), anonymous('2001:db8::1'), anonymous('2001:db8::2')]).toEqual([2, 2, 2, 0]);
    let recorded = 0;
    for (let nth = 0; nth < 1_000; nth++) recorded += anonymous(`198.51.${nth >> 8}.${nth & 255}`);
    expect(recorded).toBeLessThanOrEqual(2 * 101);
    count.tell(true);
    expect(told.some(({ data }) => data['client'] === 'name of 192.0.2.1')).toBe(true);
    expect(told.reduce((sum, { data }) => sum + Number(data['count']), 0)).toBe(count.counts.counted);
  });
});
