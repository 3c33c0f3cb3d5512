// The record of kill orders against damage, forgery, other processes and the years.
import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../io/clock.ts';
import { systemRandom } from '../io/random.ts';
import { openKillFiles, type OrderListing } from '../io/state/kill-files.ts';
import { newFolder } from './access.fixture.ts';
import { BY, go, openKill, orderFile, stop, SUBJECT } from './kill.fixture.ts';
import { KillSwitch } from './kill/kill-switch.ts';
import { parseSealedRecord, sealRecord, type KillRecord } from './kill/order.ts';

test.each<readonly [string, (folder: string) => void]>([
  ['the last order is deleted', (folder) => unlinkSync(orderFile(folder, 2))],
  ['the first order is deleted', (folder) => unlinkSync(orderFile(folder, 1))],
  ['all orders are deleted', (folder) => (unlinkSync(orderFile(folder, 1)), unlinkSync(orderFile(folder, 2)))],
  ['the folder is deleted', (folder) => rmSync(join(folder, 'kill'), { recursive: true })],
  ['an order is emptied', (folder) => writeFileSync(orderFile(folder, 2), '')],
  ['an order is garbage', (folder) => writeFileSync(orderFile(folder, 1), '{"record":"{}","mac":"00"}')],
  [
    'one character of an order is changed',
    (folder) => writeFileSync(orderFile(folder, 1), readFileSync(orderFile(folder, 1), 'utf8').replace('acme', 'acmf')),
  ],
  ['an order is replayed under the next number', (folder) => copyFileSync(orderFile(folder, 2), orderFile(folder, 3))],
  [
    'two orders are swapped',
    (folder) => (
      renameSync(orderFile(folder, 1), `${folder}/x`),
      renameSync(orderFile(folder, 2), orderFile(folder, 1)),
      renameSync(`${folder}/x`, orderFile(folder, 2))
    ),
  ],
  [
    'an order is a symbolic link',
    (folder) => (renameSync(orderFile(folder, 2), `${folder}/x`), symlinkSync(`${folder}/x`, orderFile(folder, 2))),
  ],
  ['an order is a folder', (folder) => (unlinkSync(orderFile(folder, 2)), mkdirSync(orderFile(folder, 2)))],
  ['others can read an order', (folder) => chmodSync(orderFile(folder, 1), 0o644)],
  ['others can enter the folder', (folder) => chmodSync(join(folder, 'kill'), 0o755)],
  [
    'the folder is a symbolic link',
    (folder) => (renameSync(join(folder, 'kill'), join(folder, 'x')), symlinkSync('x', join(folder, 'kill'))),
  ],
  ['the key is deleted', (folder) => unlinkSync(join(folder, 'kill.key'))],
  ['the key is another one', (folder) => writeFileSync(join(folder, 'kill.key'), Buffer.alloc(32))],
  [
    'the key is a symbolic link',
    (folder) => (renameSync(join(folder, 'kill.key'), join(folder, 'x')), symlinkSync('x', join(folder, 'kill.key'))),
  ],
])('everything stops when %s, in the running process and after a restart', (_title, damage) => {
  const folder = newFolder();
  const running = openKill(folder);
  stop(running, 'tenant', 'acme');
  go(running, 'tenant', 'acme');
  expect(running.killedBy(SUBJECT)).toBeUndefined();
  damage(folder);
  running.look();
  expect(running.killedBy(SUBJECT)).toMatchObject({ scope: 'everything', sequence: 0 });
  expect(() => running.order({ scope: 'key', subject: 'k1', ...BY })).toThrow('cannot be trusted');
  let restarted: KillSwitch | undefined;
  // A folder that cannot be made private stops the start itself.
  try {
    restarted = openKill(folder, 2);
  } catch (error) {
    expect(error).toMatchObject({ code: 'private_path_refused' });
  }
  if (restarted !== undefined) expect(restarted.killedBy(SUBJECT)).toMatchObject({ scope: 'everything', sequence: 0 });
});

test('damage inside a file, which leaves the folder as it was, is noticed within five seconds', () => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() });
  try {
    const folder = newFolder();
    const kill = openKill(folder);
    go(kill, 'tenant', 'acme');
    vi.advanceTimersByTime(10_000);
    kill.look();
    writeFileSync(orderFile(folder, 1), 'damaged');
    vi.advanceTimersByTime(4_999);
    kill.look();
    expect(kill.killedBy(SUBJECT)).toBeUndefined();
    vi.advanceTimersByTime(2);
    kill.look();
    expect(kill.killedBy(SUBJECT)).toMatchObject({ sequence: 0 });
  } finally {
    vi.useRealTimers();
  }
});

test('an order that belongs to another user stops everything', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  go(kill, 'tenant', 'acme');
  const real = process.geteuid;
  // Root gives the file away; anybody else plays another user, because giving away needs root.
  if (process.geteuid?.() === 0) chownSync(orderFile(folder, 1), 4_242, 4_242);
  else process.geteuid = () => 4_242;
  try {
    kill.look();
    expect(kill.killedBy(SUBJECT)).toMatchObject({ sequence: 0 });
  } finally {
    if (real !== undefined) process.geteuid = real;
  }
});

test('a record that is repaired by hand is trusted again without a restart', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill, 'tenant', 'acme');
  chmodSync(orderFile(folder, 1), 0o644);
  kill.look();
  expect(kill.killedBy({ ...SUBJECT, tenant: 'other' })).toBeDefined();
  chmodSync(orderFile(folder, 1), 0o600);
  kill.look();
  expect(kill.killedBy({ ...SUBJECT, tenant: 'other' })).toBeUndefined();
  expect(kill.killedBy(SUBJECT)?.sequence).toBe(1);
});

test('a damaged record is begun anew with a reason, keeping the orders that can be read', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill, 'tenant', 'acme');
  stop(kill, 'tenant', 'other');
  stop(kill, 'key', 'k9');
  writeFileSync(orderFile(folder, 2), 'damaged');
  const command = openKill(folder, 3);
  expect(() => command.rebuild({ who: 'ann', reason: ' ' })).toThrow('needs a reason');
  expect(command.rebuild({ who: 'ann', reason: 'disk was repaired' }).sequence).toBe(4);
  kill.look();
  expect(kill.status()).toMatchObject({ state: 'trusted', sequence: 4 });
  expect(kill.status().standing.map(({ subject }) => subject)).toEqual(['acme', 'k9']);
  expect(() => command.rebuild({ who: 'ann', reason: 'again' })).toThrow('is whole');
  expect(readdirSync(join(folder, 'kill'))).toEqual(['000000000004.json']);
  expect(readFileSync(join(folder, 'kill-damaged-3', '000000000002.json'), 'utf8')).toBe('damaged');
});

test.each<readonly [string, (path: string) => void]>([
  ['is a symbolic link', (path) => (renameSync(path, `${path}.x`), symlinkSync(`${path}.x`, path))],
  ['is a folder', (path) => (unlinkSync(path), mkdirSync(path))],
  ['can be read by others', (path) => chmodSync(path, 0o644)],
  ['is larger than any order', (path) => writeFileSync(path, 'x'.repeat(70_000))],
])('one order that %s does not lose the others when the record is begun anew', (_title, damage) => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill, 'tenant', 'acme');
  stop(kill, 'tenant', 'other');
  damage(orderFile(folder, 2));
  kill.look();
  expect(kill.status().reason).toContain('order 2 is refused');
  kill.rebuild({ who: 'ann', reason: 'looked at it' });
  expect(kill.status().standing.map(({ subject }) => subject)).toEqual(['acme']);
});

test('a record whose folder is gone can be begun anew by the running gateway', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill, 'tenant', 'acme');
  rmSync(join(folder, 'kill'), { recursive: true });
  kill.look();
  expect(kill.rebuild({ who: 'ann', reason: 'restored' }).sequence).toBe(2);
  expect(kill.killedBy(SUBJECT)).toBeUndefined();
});

test('a record whose key is lost can be begun anew', () => {
  const folder = newFolder();
  stop(openKill(folder), 'tenant', 'acme');
  unlinkSync(join(folder, 'kill.key'));
  const kill = openKill(folder, 1);
  kill.rebuild({ who: 'ann', reason: 'key lost' });
  expect(openKill(folder, 2).killedBy(SUBJECT)).toBeUndefined();
});

test('a file with an absurd number cannot use the numbers up', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill);
  writeFileSync(orderFile(folder, 999_999_999_999), 'x', { mode: 0o600 });
  kill.look();
  expect(kill.killedBy(SUBJECT)?.sequence).toBe(0);
  expect(kill.rebuild({ who: 'ann', reason: 'junk' }).sequence).toBe(2);
  expect(kill.killedBy(SUBJECT)?.sequence).toBe(1);
});

test('the record stays small over the years, and keeps what stands', () => {
  const folder = newFolder();
  const kill = openKill(folder);
  stop(kill, 'tenant', 'acme');
  for (let day = 0; day < 40; day += 1) {
    stop(kill, 'key', 'daily');
    go(kill, 'key', 'daily');
    // An order that the ledger does not hold yet keeps all files where they are.
    const { sequence } = kill.status();
    kill.compact(sequence - 1);
    expect(kill.status().sequence).toBe(sequence);
    kill.compact(sequence);
  }
  expect(readdirSync(join(folder, 'kill')).length).toBeLessThan(70);
  expect(openKill(folder, kill.status().sequence).status()).toEqual(kill.status());
  expect(kill.status().standing.map(({ subject }) => subject)).toEqual(['acme']);
});

test('a reader never distrusts a record that another process is folding at that moment', async () => {
  const folder = newFolder();
  const kill = openKill(folder);
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { KillSwitch } from ${at('./kill/kill-switch.ts')};
    import { openKillFiles } from ${at('../io/state/kill-files.ts')};
    import { systemClock as clock } from ${at('../io/clock.ts')};
    import { systemRandom } from ${at('../io/random.ts')};
    const kill = new KillSwitch({ files: openKillFiles(${JSON.stringify(folder)}, systemRandom), clock });
    const order = { scope: 'key', subject: 'k', who: 'x', reason: 'soak' };
    for (let number = 0; number < 80; number += 1) { kill.order(order); kill.compact(kill.resume(order).sequence); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const states = new Set<string>();
  const closed = once(child, 'close');
  while (child.exitCode === null) {
    for (let number = 0; number < 50; number += 1) {
      kill.look();
      states.add(kill.status().state);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await closed;
  kill.look();
  expect([...states]).toEqual(['trusted']);
  expect(kill.status().sequence).toBeGreaterThan(160);
});

test('a listing that has a gap is looked at again before everything is stopped', () => {
  const folder = newFolder();
  const first = openKill(folder);
  stop(first, 'key', 'k9');
  stop(first, 'key', 'k8');
  const files = openKillFiles(folder, systemRandom);
  let gaps = 2;
  const read = (): OrderListing => {
    const listing = files.read();
    gaps -= 1;
    return gaps < 0 || listing.state === 'refused' ? listing : { ...listing, files: listing.files.slice(1) };
  };
  expect(new KillSwitch({ files: { ...files, read }, clock: systemClock }).status()).toMatchObject({ state: 'trusted', sequence: 2 });
  gaps = 3;
  expect(new KillSwitch({ files: { ...files, read }, clock: systemClock }).status()).toMatchObject({ state: 'untrusted' });
});

test('orders of three processes at once get numbers of their own, and none is lost', async () => {
  const folder = newFolder();
  const kill = openKill(folder);
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { KillSwitch } from ${at('./kill/kill-switch.ts')};
    import { openKillFiles } from ${at('../io/state/kill-files.ts')};
    import { systemClock as clock } from ${at('../io/clock.ts')};
    import { systemRandom } from ${at('../io/random.ts')};
    const kill = new KillSwitch({ files: openKillFiles(${JSON.stringify(folder)}, systemRandom), clock });
    for (let number = 0; number < 10; number += 1) kill.order({ scope: 'key', subject: process.pid + ' ' + number, who: 'x', reason: 'race' });`;
  const run = promisify(execFile);
  await Promise.all([1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', script])));
  kill.look();
  expect(kill.status()).toMatchObject({ state: 'trusted', sequence: 30 });
  expect(kill.status().standing).toHaveLength(30);
});

test('kill -9 at any moment loses no order that was acknowledged, and never damages the record', async () => {
  const folder = newFolder();
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { KillSwitch } from ${at('./kill/kill-switch.ts')};
    import { openKillFiles } from ${at('../io/state/kill-files.ts')};
    import { systemClock as clock } from ${at('../io/clock.ts')};
    import { systemRandom } from ${at('../io/random.ts')};
    import { writeSync } from 'node:fs';
    const kill = new KillSwitch({ files: openKillFiles(${JSON.stringify(folder)}, systemRandom), clock });
    for (;;) {
      const order = { scope: 'key', subject: 'k', who: 'x', reason: 'soak' };
      kill.order(order);
      const { sequence } = kill.resume(order);
      kill.compact(sequence);
      writeSync(1, sequence + '\\n');
    }`;
  for (const linesBefore of [1, 3, 35]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (text: Buffer) => {
      told += text.toString();
      if (told.split('\n').length > linesBefore) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(told.trimEnd().split('\n').at(-1));
    const status = openKill(folder, acknowledged).status();
    expect(status.state).toBe('trusted');
    expect(status.sequence).toBeGreaterThanOrEqual(acknowledged);
  }
});

test('orders can be read when the process has used up its descriptors', () => {
  const folder = newFolder();
  stop(openKill(folder), 'tenant', 'acme');
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { openSync } from 'node:fs';
    import { openKillFiles } from ${at('../io/state/kill-files.ts')};
    import { systemRandom } from ${at('../io/random.ts')};
    const files = openKillFiles(${JSON.stringify(folder)}, systemRandom);
    let code;
    try { for (;;) openSync('/', 'r'); } catch (error) { code = error.code; }
    const listing = files.read();
    process.stdout.write(code + ' ' + listing.state + ' ' + listing.files?.length);`;
  const run = ['-c', 'ulimit -n 100; exec "$0" --input-type=module', process.execPath];
  expect(execFileSync('sh', run, { input: script, encoding: 'utf8' })).toBe('EMFILE read 1');
});

const KEY = new Uint8Array(32).fill(7);
const record: KillRecord = { act: 'kill', sequence: 3, scope: 'tenant', subject: 'acme', who: 'ann', atMs: 5, reason: 'because' };

test('an order reads back as it was written, whatever its words', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 500 }), fc.string({ maxLength: 256 }), fc.nat(), (reason, subject, atMs) => {
      const written = { ...record, reason, subject, atMs };
      expect(parseSealedRecord(sealRecord(written, KEY), 3, KEY)).toEqual(written);
    }),
  );
});

test('no other text, no changed byte, no other number and no other key makes an order', () => {
  const sealed = sealRecord(record, KEY);
  expect(parseSealedRecord(sealed, 4, KEY)).toBeUndefined();
  expect(parseSealedRecord(sealed, 3, new Uint8Array(32))).toBeUndefined();
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json()),
      fc.nat(sealed.length - 2),
      fc.string({ minLength: 1, maxLength: 1 }),
      (text, at, character) => {
        expect(parseSealedRecord(text, 3, KEY)).toBeUndefined();
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        // White space outside the strings is not covered by the seal, and says nothing; upper-case hex says the same.
        if (changed.toLowerCase() !== sealed) expect(parseSealedRecord(changed, 3, KEY) ?? record).toEqual(record);
        const inside = sealed.replace('because', `becaus${character}`);
        if (inside !== sealed) expect(parseSealedRecord(inside, 3, KEY)).toBeUndefined();
      },
    ),
  );
});
