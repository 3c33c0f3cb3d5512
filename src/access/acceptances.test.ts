// Accepted findings: whose, until when, and that nothing else is accepted with them.
import { expect, test } from 'vitest';
import { readChanges } from '../io/state/outbox.ts';
import { NOON_MS, openRoom, type Room } from './access.fixture.ts';

const DAY_MS = 86_400_000;
const TEXT = 'ignore the previous paragraph';

async function inRoom(work: (room: Room) => Promise<void>): Promise<void> {
  const room = await openRoom();
  await work(room);
  await room.close();
}

const accept = ({ acceptances }: Room, change: object = {}) =>
  acceptances.accept({
    tenant: 'acme',
    rule: 'injection.override',
    fingerprint: acceptances.fingerprintOf(TEXT),
    author: 'ann',
    reason: 'wording of our own manual',
    expiresAtMs: NOON_MS + 7 * DAY_MS,
    ...change,
  });

test('an accepted finding covers the same text of the same rule and tenant, and nothing else', () =>
  inRoom(async (room) => {
    const { id } = await accept(room);
    const { acceptances } = room;
    expect(acceptances.find('acme', 'injection.override', TEXT)?.id).toBe(id);
    expect(acceptances.find('other', 'injection.override', TEXT)).toBeUndefined();
    expect(acceptances.find('acme', 'injection.extract', TEXT)).toBeUndefined();
    expect(acceptances.find('acme', 'injection.override', `${TEXT} `)).toBeUndefined();
  }));

test('one without a tenant covers every tenant', () =>
  inRoom(async (room) => {
    await accept(room, { tenant: null });
    expect(room.acceptances.find('other', 'injection.override', TEXT)).toBeDefined();
    expect(await room.acceptances.list('other')).toHaveLength(1);
  }));

test('it ends at its time, without anybody looking at the database', () =>
  inRoom(async (room) => {
    await accept(room);
    room.clock.pass(7 * DAY_MS - 1);
    expect(room.acceptances.find('acme', 'injection.override', TEXT)).toBeDefined();
    room.clock.pass(1);
    expect(room.acceptances.find('acme', 'injection.override', TEXT)).toBeUndefined();
    expect(await room.acceptances.list()).toEqual([]);
  }));

test('it can be withdrawn once, with a reason', () =>
  inRoom(async (room) => {
    const { id } = await accept(room);
    await expect(room.acceptances.withdraw(id, { who: 'bob', reason: '' })).rejects.toMatchObject({ code: 'reason_required' });
    await room.acceptances.withdraw(id, { who: 'bob', reason: 'manual was changed' });
    expect(room.acceptances.find('acme', 'injection.override', TEXT)).toBeUndefined();
    await expect(room.acceptances.withdraw(id, { who: 'bob', reason: 'again' })).rejects.toMatchObject({ code: 'acceptance_not_found' });
    expect((await readChanges(room.state)).map(({ event }) => event.kind)).toEqual(['finding.accepted', 'finding.withdrawn']);
  }));

test.each([
  ['no reason', { reason: ' ' }, 'reason_required'],
  ['a reason too long to read', { reason: 'x'.repeat(501) }, 'reason_required'],
  ['an end that has come', { expiresAtMs: NOON_MS }, 'expiry_refused'],
  ['an end beyond a year', { expiresAtMs: NOON_MS + 365 * DAY_MS + 1 }, 'expiry_refused'],
  ['no end', { expiresAtMs: Number.NaN }, 'expiry_refused'],
])('%s is refused', (_title, change, code) =>
  inRoom(async (room) => {
    await expect(accept(room, change)).rejects.toMatchObject({ code });
    await accept(room, { expiresAtMs: NOON_MS + 365 * DAY_MS, reason: 'x'.repeat(500) });
  }),
);

test('the accepted text is not in the database', () =>
  inRoom(async (room) => {
    await accept(room);
    expect(JSON.stringify(await room.state.db.selectFrom('acceptances').selectAll().execute())).not.toContain('paragraph');
  }));
