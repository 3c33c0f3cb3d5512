// Keys, tenants and roles, on disk and at the door.
import { chmodSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemRandom } from '../io/random.ts';
import { readChanges } from '../io/state/outbox.ts';
import type { KeyRow } from '../io/state/tables.ts';
import { handClock, newFolder, NOON_MS, openRoom, stateIn, type Room } from './access.fixture.ts';
import { digestOf } from './keys/key-store.ts';
import { Keyring } from './keys/keyring.ts';
import { makeKeyText, parseKeyText } from './keys/key-text.ts';
import { parseLimits } from './keys/limits.ts';
import { openKeyStore } from './open-access.ts';

async function inRoom(work: (room: Room) => Promise<void>, ...settings: Parameters<typeof openRoom>): Promise<void> {
  const room = await openRoom(...settings);
  try {
    await work(room);
  } finally {
    await room.close();
  }
}

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

async function makeCaller(room: Room, tenant = 'acme', more: object = {}): Promise<{ key: string; id: string }> {
  const made = await room.keyStore.createKey({ tenant, who: 'test', ...more });
  await room.access.refresh();
  return made;
}

test('a key opens the data plane as its tenant, under a pseudonym that does not tell its id', () =>
  inRoom(async (room) => {
    const { key, id } = await makeCaller(room);
    const caller = room.access.authenticate(key);
    expect(caller).toMatchObject({ tenant: 'acme', keyId: id, role: 'caller' });
    expect(caller.pseudonym).toMatch(/^[0-9a-f]{16}$/);
    expect(caller.pseudonym).not.toContain(id);
    expect(room.access.authenticate(key)).toBe(caller);
  }));

test('each way to fail has its own code', () =>
  inRoom(async (room) => {
    const { access, clock, keyStore } = room;
    const { key, id } = await makeCaller(room);
    const expiring = await makeCaller(room, 'acme', { expiresAtMs: NOON_MS + 1_000 });
    const foreign = makeKeyText(systemRandom).text;
    expect(codeOf(() => access.authenticate(undefined))).toBe('missing_key');
    expect(codeOf(() => access.authenticate(''))).toBe('missing_key');
    expect(codeOf(() => access.authenticate(key.slice(0, -1)))).toBe('mistyped_key');
    expect(codeOf(() => access.authenticate(foreign))).toBe('invalid_key');
    expect(codeOf(() => access.authenticate('sk-of-somebody-else'))).toBe('invalid_key');
    expect(codeOf(() => access.authenticate(expiring.key))).toBe('none');
    clock.pass(1_000);
    expect(codeOf(() => access.authenticate(expiring.key))).toBe('key_expired');
    // Proven before, so that a kept proof would show.
    expect(codeOf(() => access.authenticate(key))).toBe('none');
    await keyStore.revokeKey(id, { who: 'test', reason: 'lost laptop' });
    await access.refresh();
    expect(codeOf(() => access.authenticate(key))).toBe('key_revoked');
  }));

test('a key with the right id and another secret is refused, also right after the real one was used', () =>
  inRoom(async (room) => {
    const { key, id } = await makeCaller(room);
    room.access.authenticate(key);
    const forged = makeForgery(id);
    expect(parseKeyText(forged).state).toBe('whole');
    expect(codeOf(() => room.access.authenticate(forged))).toBe('invalid_key');
  }));

/** A well-formed key text with a chosen id: the id bytes come first, and the secret and its checksum are somebody's own. */
function makeForgery(id: string): string {
  let value = 0n;
  for (const digit of id) value = value * 62n + BigInt('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'.indexOf(digit));
  const idBytes = Buffer.from(value.toString(16).padStart(18, '0'), 'hex');
  return makeKeyText({ bytes: (count) => (count === 9 ? idBytes : systemRandom.bytes(count)) }).text;
}

test('no wrong, missing or swapped character of a key gets past the checksum as another key', () => {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_';
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 41, maxLength: 41 }), fc.nat(70), fc.nat(62), (bytes, place, digit) => {
      let used = 0;
      const { text, id } = makeKeyText({ bytes: (count) => bytes.subarray(used, (used += count)) });
      expect(parseKeyText(text)).toEqual({ state: 'whole', id });
      const at = 3 + (place % (text.length - 3));
      const wrong = text.slice(0, at) + digits.charAt(digit) + text.slice(at + 1);
      if (wrong !== text) expect(parseKeyText(wrong)).toEqual({ state: 'mistyped' });
      expect(parseKeyText(text.slice(0, at) + text.slice(at + 1))).toEqual({ state: 'mistyped' });
    }),
  );
});

test('reading a key text never throws and never takes more than our own form', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseKeyText(text).state).not.toBe('whole');
    }),
  );
});

test('neither the key nor its secret part is anywhere in the data directory', () =>
  inRoom(async (room) => {
    const { key } = await makeCaller(room);
    const secret = key.split('_')[2] ?? key;
    const names = readdirSync(room.folder).filter((name) => /^(?:state\.db|keys\.pepper)/.test(name));
    expect(names).toContain('keys.pepper');
    expect(JSON.stringify(await room.state.db.selectFrom('keys').selectAll().execute())).not.toContain(secret);
    for (const name of names) {
      expect(readFileSync(join(room.folder, name)).includes(secret)).toBe(false);
    }
    expect(JSON.stringify(await room.keyStore.listKeys())).not.toContain(secret);
  }));

test('a key made beside the gateway works after one look, and one revoked beside it stops its streams', () =>
  inRoom(async (room) => {
    const beside = await stateIn(room.folder, room.clock);
    const store = openKeyStore({ state: beside, dataFolder: room.folder, clock: room.clock, random: systemRandom });
    const { key, id } = await store.createKey({ tenant: 'acme', who: 'operator' });
    const other = await store.createKey({ tenant: 'acme', who: 'operator' });
    await room.refreshIfChanged();
    const { tenant, keyId } = room.access.authenticate(key);

    const cut: string[] = [];
    const target = { model: 'm', upstream: 'main' };
    room.access.inFlight.register({ tenant, keyId, ...target }, (reason) => cut.push(reason));
    room.access.inFlight.register({ tenant, keyId: other.id, ...target }, () => cut.push('another key'));
    await store.revokeKey(id, { who: 'operator', reason: 'stolen' });
    await room.refreshIfChanged();
    await room.refreshIfChanged();
    expect(cut).toEqual([`key ${id} is not valid any more`]);
    await beside.close();
  }));

test('a suspended tenant is stopped and cut, and comes back when it is made active', () =>
  inRoom(async (room) => {
    const { key } = await makeCaller(room);
    const { tenant, keyId } = room.access.authenticate(key);
    const cut: string[] = [];
    room.access.inFlight.register({ tenant, keyId, model: 'm', upstream: 'u' }, (reason) => cut.push(reason));
    await room.keyStore.setTenant('acme', { state: 'suspended', who: 'test' });
    await room.access.refresh();
    expect(codeOf(() => room.access.authenticate(key))).toBe('tenant_suspended');
    expect(cut).toEqual(['tenant acme was suspended']);
    await room.keyStore.setTenant('acme', { state: 'active', who: 'test' });
    await room.access.refresh();
    expect(codeOf(() => room.access.authenticate(key))).toBe('none');
  }));

test('admin keys do not open the data plane, and caller keys not the admin plane', () =>
  inRoom(async (room) => {
    const admin = await makeCaller(room, 'acme', { role: 'operator' });
    const caller = await makeCaller(room);
    expect(codeOf(() => room.access.authenticate(admin.key))).toBe('wrong_plane');
    expect(codeOf(() => room.access.authenticateAdmin(caller.key, { roles: ['operator'], tenant: 'acme' }))).toBe('wrong_plane');
  }));

test.each([
  ['an operator acts on its own tenant', { role: 'operator' }, ['operator'], 'acme', 'none'],
  ['an operator of one tenant does not act on another', { role: 'operator' }, ['operator'], 'other', 'other_tenant'],
  ['an operator of one tenant does not act on all', { role: 'operator' }, ['operator'], undefined, 'other_tenant'],
  ['a global operator acts on all', { role: 'operator', scope: 'global' }, ['operator'], undefined, 'none'],
  ['an auditor does not operate', { role: 'auditor', scope: 'global' }, ['operator'], 'acme', 'role_required'],
  ['an operator does not approve', { role: 'operator', scope: 'global' }, ['approver'], 'acme', 'role_required'],
] as const)('%s', (...[, key, roles, tenant, code]) =>
  inRoom(async (room) => {
    const made = await makeCaller(room, 'acme', key);
    const need = tenant === undefined ? { roles } : { roles, tenant };
    expect(codeOf(() => room.access.authenticateAdmin(made.key, need))).toBe(code);
  }),
);

test('a caller key cannot be made global', () =>
  inRoom(async (room) => {
    await expect(room.keyStore.createKey({ tenant: 'acme', scope: 'global', who: 'test' })).rejects.toMatchObject({
      code: 'limits_refused',
    });
  }));

test('a lost admin key is replaced on the machine, and the record says so', () =>
  inRoom(async (room) => {
    const { key } = await room.keyStore.recoverAdminKey('root at the console');
    await room.access.refresh();
    expect(room.access.authenticateAdmin(key, { roles: ['operator'] })).toMatchObject({ role: 'operator', scope: 'global' });
    expect((await readChanges(room.state)).at(-1)?.event).toMatchObject({ kind: 'key.created', data: { who: 'root at the console' } });
  }));

test('a preset admin key works without being stored, and a short one is refused', () =>
  inRoom(async (room) => {
    const preset = 'correct horse battery staple, twice over';
    room.keyring.preset(preset);
    expect(room.access.authenticateAdmin(preset, { roles: ['operator'] }).keyId).toBe('preset');
    expect(codeOf(() => room.access.authenticateAdmin(`${preset}!`, { roles: ['operator'] }))).toBe('invalid_key');
    expect(codeOf(() => room.access.authenticate(preset))).toBe('wrong_plane');
    expect(await room.keyStore.listKeys()).toEqual([]);
    expect(codeOf(() => room.keyring.preset('x'.repeat(31)))).toBe('preset_key_weak');
    expect(codeOf(() => room.keyring.preset('x'.repeat(32)))).toBe('none');
  }));

test('every change to a key is on its way to the ledger', () =>
  inRoom(async (room) => {
    const { id } = await makeCaller(room);
    await room.keyStore.limitKey(id, { perMinute: 5 }, 'test');
    await room.keyStore.revokeKey(id, { who: 'test', reason: 'done' });
    await room.keyStore.revokeKey(id, { who: 'test', reason: 'again' });
    const changes = await readChanges(room.state);
    expect(changes.map(({ event }) => event.kind)).toEqual(['tenant.created', 'key.created', 'key.limited', 'key.revoked']);
  }));

test('unknown keys, bad tenant names and bad limits are refused with their reason', () =>
  inRoom(async ({ keyStore }) => {
    await expect(keyStore.revokeKey('nobody', { who: 't', reason: 'r' })).rejects.toMatchObject({ code: 'key_not_found' });
    await expect(keyStore.createKey({ tenant: 'Acme Ltd', who: 't' })).rejects.toMatchObject({ code: 'tenant_name_refused' });
    await expect(keyStore.createKey({ tenant: 'a'.repeat(65), who: 't' })).rejects.toMatchObject({ code: 'tenant_name_refused' });
    await expect(keyStore.createKey({ tenant: 'a'.repeat(64), who: 't' })).resolves.toHaveProperty('id');
    await expect(keyStore.createKey({ tenant: 'acme', limits: { perMinute: 0 }, who: 't' })).rejects.toThrow('perMinute');
  }));

test('without authentication everybody is the same caller, and the admin plane still asks for a key', () =>
  inRoom(
    async (room) => {
      expect(room.access.authenticate(undefined)).toMatchObject({ tenant: 'default', keyId: 'anonymous' });
      expect(codeOf(() => room.access.authenticateAdmin(undefined, { roles: ['operator'] }))).toBe('missing_key');
    },
    { auth: 'none' },
  ));

test('keys of one installation mean nothing to another', async () => {
  const [one, two] = [await openRoom(), await openRoom()];
  const { key } = await makeCaller(one);
  expect(codeOf(() => two.access.authenticate(key))).toBe('invalid_key');
  await one.close();
  await two.close();
});

test('a pepper that others can read stops the start', async () => {
  const folder = newFolder();
  await inRoom(async () => undefined, {}, folder);
  chmodSync(join(folder, 'keys.pepper'), 0o640);
  await expect(openRoom({}, folder)).rejects.toMatchObject({ code: 'private_path_refused' });
});

test.each([
  ['a role that does not exist', { role: 'emperor' }],
  ['limits that are no limits', { limits: '{"perMinute":"many"}' }],
  ['a scope that does not exist', { scope: 'universe' }],
])('a key row with %s is refused and told, and keeps no other key from being learnt', (_title, damage) =>
  inRoom(async (room) => {
    const { key, id } = await makeCaller(room);
    const after = await room.keyStore.createKey({ tenant: 'acme', who: 'test' });
    await room.state.transact((transaction) =>
      transaction
        .updateTable('keys')
        .set({ ...damage, revision: 1_000 })
        .where('id', '=', id)
        .execute(),
    );
    await room.access.refresh();
    expect(codeOf(() => room.access.authenticate(key))).toBe('invalid_key');
    expect(codeOf(() => room.access.authenticate(after.key))).toBe('none');
    expect(room.events).toEqual([expect.objectContaining({ kind: 'key.damaged', data: { id } })]);
  }),
);

test('a tenant whose limits make no sense is refused whole, instead of running without limits', () =>
  inRoom(async (room) => {
    const { key } = await makeCaller(room);
    await room.state.transact((transaction) => transaction.updateTable('tenants').set({ limits: 'x', revision: 1_000 }).execute());
    await room.access.refresh();
    expect(codeOf(() => room.access.authenticate(key))).toBe('invalid_key');
  }));

test('ends and texts of a key are checked before it is made', () =>
  inRoom(async ({ keyStore }) => {
    const make = (more: object) => keyStore.createKey({ tenant: 'acme', who: 't', ...more });
    await expect(make({ expiresAtMs: NOON_MS })).rejects.toThrow('not in the future');
    await expect(make({ expiresAtMs: NOON_MS + 1 })).resolves.toHaveProperty('id');
    await expect(make({ label: 'x'.repeat(201) })).rejects.toThrow('label');
    await expect(make({ label: 'x'.repeat(200) })).resolves.toHaveProperty('id');
  }));

test('older news that arrives late does not undo a revocation', async () => {
  const { id, text } = makeKeyText(systemRandom);
  const pepper = new Uint8Array(32);
  const row: KeyRow = {
    id,
    tenant: 'acme',
    role: 'caller',
    scope: 'tenant',
    label: '',
    digest: digestOf(text, pepper).toString('hex'),
    limits: '{}',
    createdAtMs: 0,
    createdBy: 'test',
    expiresAtMs: null,
    revokedAtMs: null,
    revision: 1,
  };
  const news = [{ ...row, revokedAtMs: 5, revision: 2 }, row];
  const store = { changesAfter: async () => ({ keys: news.splice(0, 1), tenants: [] }) };
  const keyring = new Keyring({ store, pepper, clock: handClock() });
  await keyring.refresh();
  await keyring.refresh();
  expect(codeOf(() => keyring.authenticate(text))).toBe('key_revoked');
});

test('a refresh that failed is made up for, although nothing changes any more', () =>
  inRoom(async (room) => {
    const beside = await stateIn(room.folder, room.clock);
    const store = openKeyStore({ state: beside, dataFolder: room.folder, clock: room.clock, random: systemRandom });
    await room.refreshIfChanged();
    const { key } = await store.createKey({ tenant: 'acme', who: 'operator' });
    const failing = Object.assign(room.keyring, { refresh: () => Promise.reject(new Error('disk')) });
    await expect(room.refreshIfChanged()).rejects.toThrow('disk');
    Reflect.deleteProperty(failing, 'refresh');
    await room.refreshIfChanged();
    expect(codeOf(() => room.access.authenticate(key))).toBe('none');
    await beside.close();
  }));

test('limits read from anywhere are either whole or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        const limits = parseLimits(value);
        expect(parseLimits(JSON.parse(JSON.stringify(limits)))).toEqual(limits);
      } catch (error) {
        expect(error).toMatchObject({ code: 'limits_refused' });
      }
    }),
  );
});
