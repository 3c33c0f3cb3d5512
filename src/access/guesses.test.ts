// Keys that fail, by the address they come from.
import { describe, expect, it } from 'vitest';
import { Fault } from '../core/fault.ts';
import { handClock, openRoom } from './access.fixture.ts';
import { accessFault } from './faults.ts';
import { netOf } from '../io/http/net-of.ts';
import { ADDRESSES_MAX, Guesses } from './limits/guesses.ts';
import type { AccessSettings } from './settings.ts';

const HERE = '203.0.113.9';
const WRONG = 'sp_0000000000000_wrong';

/** A code of a fault, or the key id of whoever came in. */
async function openDoor(settings: Partial<AccessSettings> = {}) {
  const room = await openRoom({ failedKeysPerMinute: 3, ...settings });
  const [one, two, admin] = [
    await room.keyStore.createKey({ tenant: 'acme', who: 'test' }),
    await room.keyStore.createKey({ tenant: 'acme', who: 'test' }),
    await room.keyStore.createKey({ tenant: 'acme', role: 'operator', scope: 'global', who: 'test' }),
  ];
  await room.access.refresh();
  const said = (work: () => { readonly keyId: string }): string => {
    try {
      return work().keyId;
    } catch (error) {
      if (error instanceof Fault) return `${error.code} ${error.retryAfterSeconds ?? '-'}`;
      throw error;
    }
  };
  const knock = (key: string | undefined, address = HERE): string => said(() => room.access.authenticate(key, address));
  const knockAsAdmin = (key: string, address = HERE): string =>
    said(() => room.access.authenticateAdmin(key, { roles: ['operator'], clientAddress: address }));
  return { room, one, two, admin, knock, knockAsAdmin };
}

describe('an address from which keys fail', () => {
  it('is told what is wrong up to the limit, and then to wait, whatever is wrong', async () => {
    const { room, knock } = await openDoor();
    expect([knock(WRONG), knock(undefined), knock('x')]).toEqual(['mistyped_key -', 'missing_key -', 'invalid_key -']);
    expect([knock(WRONG), knock(undefined), knock('x')]).toEqual(Array(3).fill('too_many_failed_keys 20'));
    room.clock.pass(20_000);
    expect([knock(WRONG), knock(WRONG)]).toEqual(['mistyped_key -', 'too_many_failed_keys 20']);
    await room.close();
  });

  it('learns nothing from a guess that is right', async () => {
    const { room, one, knock } = await openDoor();
    for (let nth = 0; nth < 3; nth++) knock(WRONG);
    expect(knock(one.key)).toBe('too_many_failed_keys 20');
    expect(knock(one.key, '203.0.113.10')).toBe(one.id);
    room.clock.pass(20_000);
    expect(knock(one.key)).toBe(one.id);
    await room.close();
  });

  it('goes on with keys that worked from there before the limit was reached: one broken client stops no other', async () => {
    const { room, one, two, knock } = await openDoor();
    knock(WRONG);
    expect(knock(one.key)).toBe(one.id);
    knock(WRONG);
    knock(WRONG);
    expect([knock(one.key), knock(two.key), knock(WRONG)]).toEqual([one.id, 'too_many_failed_keys 20', 'too_many_failed_keys 20']);
    await room.close();
  });

  it('is one on both planes', async () => {
    const { room, admin, knock, knockAsAdmin } = await openDoor();
    expect([knock(WRONG), knockAsAdmin(WRONG), knock(WRONG)]).toEqual(Array(3).fill('mistyped_key -'));
    expect(knockAsAdmin(admin.key)).toBe('too_many_failed_keys 20');
    await room.close();
  });

  it('does not answer for a good key without the right: that was no guess', async () => {
    const { room, admin, knock } = await openDoor();
    for (let nth = 0; nth < 9; nth++) expect(knock(admin.key)).toBe('wrong_plane -');
    await room.close();
  });

  it('is told of once a minute, by a name, and by its address only where an operator asked for it', async () => {
    for (const recordsClientAddress of [false, true]) {
      const { room, knock } = await openDoor({ recordsClientAddress });
      for (let nth = 0; nth < 50; nth++) knock(WRONG);
      const told = room.events.filter(({ kind }) => kind === 'access.guessing').map(({ data }) => data);
      expect(told).toEqual([
        { client: expect.stringMatching(/^[0-9a-f]{16}$/), perMinute: 3, ...(recordsClientAddress ? { clientAddress: HERE } : {}) },
      ]);
      for (let second = 0; second < 70; second++) {
        room.clock.pass(1_000);
        knock(WRONG);
      }
      expect(room.events.filter(({ kind }) => kind === 'access.guessing')).toHaveLength(2);
      await room.close();
    }
  });

  it('counts nobody without an address, and nothing under auth: none', async () => {
    const { room, knock } = await openDoor();
    for (let nth = 0; nth < 9; nth++) expect(knock(WRONG, '')).toBe('mistyped_key -');
    room.access.configure({ ...room.access.settings, auth: 'none' });
    for (let nth = 0; nth < 9; nth++) expect(knock(WRONG)).toBe('anonymous');
    await room.close();
  });
});

describe('what is kept', () => {
  const fault = accessFault('invalid_key');

  it('is bounded, and those who failed last stay', () => {
    const told: string[] = [];
    const guesses = new Guesses(handClock(), (address) => void told.push(address));
    const address = (nth: number): string => `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`;
    for (let nth = 0; nth < ADDRESSES_MAX; nth++) guesses.failed(address(nth), fault, 1);
    // The first one fails again, and is now the youngest.
    expect(guesses.failed(address(0), fault, 1)).toMatchObject({ code: 'too_many_failed_keys' });
    for (let nth = 0; nth < 100; nth++) guesses.failed(address(ADDRESSES_MAX + nth), fault, 1);
    expect(guesses.size).toBe(ADDRESSES_MAX);
    expect(guesses.failed(address(0), fault, 1)).toMatchObject({ code: 'too_many_failed_keys' });
    expect(guesses.failed(address(50), fault, 1)).toBe(fault);
  });

  it('is forgotten a minute after the last failure, so that a quiet gateway looks nothing up', () => {
    const clock = handClock();
    const guesses = new Guesses(clock, () => {});
    for (let nth = 0; nth < 100; nth++) guesses.failed(`10.0.0.${nth}`, fault, 1);
    clock.pass(60_001);
    guesses.assertHeard('10.9.9.9', { keyId: 'k' }, 1);
    expect(guesses.size).toBe(0);
  });

  it('tells of ten addresses a minute at most, however many guess', () => {
    const told: string[] = [];
    const clock = handClock();
    const guesses = new Guesses(clock, (address) => void told.push(address));
    for (let nth = 0; nth < 1_000; nth++) for (let time = 0; time < 2; time++) guesses.failed(`10.1.${nth >> 8}.${nth & 255}`, fault, 1);
    expect(told).toHaveLength(10);
  });

  it('leaves what is no failed authentication as it is', () => {
    const guesses = new Guesses(handClock(), () => {});
    const bug = new TypeError('a bug');
    expect(guesses.failed(HERE, bug, 1)).toBe(bug);
    expect(guesses.size).toBe(0);
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
  ])('counts %s as one of %s', (address, net) => {
    expect(netOf(address)).toBe(net);
  });
});
