// What a request pays for the access room: node bench/access.ts. Figures are medians of rounds, in microseconds of one core.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openAccess } from '../src/access/open-access.ts';
import { ACCESS_DEFAULTS } from '../src/access/settings.ts';
import { systemClock as clock } from '../src/io/clock.ts';
import { systemRandom as random } from '../src/io/random.ts';
import { openState } from '../src/io/state/open-state.ts';

const ROUNDS = 15;
const PER_ROUND = 20_000;
const KEYS = 1_000;

const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
const state = await openState({ file: join(folder, 'state.db'), clock });
const settings = {
  ...ACCESS_DEFAULTS,
  limits: { perMinute: 100_000_000, concurrent: 1_000, microUnits: { day: 1e15, month: 1e15 }, tokens: { day: 1e15 } },
};
const { access, keyStore } = await openAccess({
  state,
  dataFolder: folder,
  clock,
  random,
  settings,
  ledgerKillMark: 0,
  emit: () => undefined,
});

const texts: string[] = [];
for (let number = 0; number < KEYS; number += 1) texts.push((await keyStore.createKey({ tenant: `t${number % 50}`, who: 'bench' })).key);
await access.refresh();
// As from a socket: a fresh string each time, whose hash nobody has computed yet.
const wires = texts.map((text) => Buffer.from(text));
const target = { model: 'gpt-4o-mini', upstream: 'main' };
const bound = { microUnits: 500, tokens: 700 };
let turn = 0;
const nextKey = (): string => (wires[(turn += 1) % KEYS] ?? Buffer.alloc(0)).toString('latin1');

const rows: Record<string, () => void> = {
  'authenticate, key seen before': () => void access.authenticate(nextKey()),
  'authenticate, admit, reserve, settle, leave': () => {
    const caller = access.authenticate(nextKey());
    const admission = access.admit(caller, target);
    const reservation = access.reserve(caller, bound);
    reservation.settle({ microUnits: access.priceOf(target.model, { inputTokens: 60, outputTokens: 32 }), tokens: 92, estimated: false });
    access.reportVerdict(caller, false);
    admission.leave();
  },
  'register and leave in-flight list': () => access.inFlight.register({ tenant: 't', keyId: 'k', ...target }, () => undefined)(),
};
const first = access.authenticate(nextKey());
const subject = { tenant: first.tenant, keyId: first.keyId, ...target };
rows['killedBy, nothing killed'] = () => void access.killSwitch.killedBy(subject);
const held = access.admit(first, target);
rows['rate headers'] = () => void held.headers;
rows['a wrong key refused'] = () => {
  try {
    access.authenticate('sp_0000000000000_wrong');
  } catch {
    // Counted: the refusal itself is what is measured.
  }
};

for (const [name, work] of Object.entries(rows)) console.log(`${name.padEnd(48)} ${median(rounds(work)).toFixed(3)} µs`);
console.log(`${'kill order written, 10,000 streams cut'.padEnd(48)} ${cutAll().toFixed(1)} ms`);
await state.close();
rmSync(folder, { recursive: true });

function rounds(work: () => void): number[] {
  return Array.from({ length: ROUNDS }, () => {
    const beganMs = performance.now();
    for (let number = 0; number < PER_ROUND; number += 1) work();
    return ((performance.now() - beganMs) * 1_000) / PER_ROUND;
  }).slice(3);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function cutAll(): number {
  for (let number = 0; number < 10_000; number += 1) access.inFlight.register({ ...subject, keyId: `k${number}` }, () => undefined);
  const beganMs = performance.now();
  access.killSwitch.order({ scope: 'everything', subject: '', who: 'bench', reason: 'measure' });
  return performance.now() - beganMs;
}
