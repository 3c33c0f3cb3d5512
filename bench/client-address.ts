// What a request pays for knowing where it came from: node bench/client-address.ts. Medians of rounds, in microseconds of one core.
import { createSecretKey } from 'node:crypto';
import { accessFault } from '../src/access/faults.ts';
import { Guesses } from '../src/access/limits/guesses.ts';
import { ClientNames } from '../src/gateway/client-names.ts';
import { systemClock } from '../src/io/clock.ts';
import { readSource } from '../src/io/http/forwarded.ts';
import { parseTrustedProxies } from '../src/io/http/trusted-proxies.ts';

const ROUNDS = 15;
const PER_ROUND = 5_000;
const PROXY = '10.0.0.1';
const proxies = parseTrustedProxies(['10.0.0.0/8', 'loopback']);
const nobody = parseTrustedProxies([]);
const key = createSecretKey(new Uint8Array(32));
const names = new ClientNames(() => key);
const quiet = new Guesses(systemClock, () => undefined);
const guessed = new Guesses(systemClock, () => undefined);
guessed.failed('198.51.100.1', accessFault('invalid_key'), 60);
let turn = 0;
/** As from a socket: a fresh string each time. */
const nextAddress = (hosts: number): string => {
  turn = (turn + 1) % hosts;
  return `203.${turn >> 16}.${(turn >> 8) & 255}.${turn & 255}`;
};
const caller = { keyId: 'k' };

const rows: Readonly<Record<string, () => unknown>> = {
  'no proxy listed': () => readSource({ host: 'gw' }, nextAddress(1_000), nobody),
  'X-Forwarded-For, one of 1,000 callers': () => readSource({ host: 'gw', 'x-forwarded-for': nextAddress(1_000) }, PROXY, proxies),
  'X-Forwarded-For, a new caller each time': () => readSource({ host: 'gw', 'x-forwarded-for': nextAddress(1 << 24) }, PROXY, proxies),
  'Forwarded with host and proto, two hops': () =>
    readSource({ forwarded: `for=${nextAddress(1_000)};host=gw.example;proto=https, for=10.0.0.2` }, PROXY, proxies),
  'name of the address, one of 1,000 callers': () => names.nameOf('acme', nextAddress(1_000)),
  'name of the address, a new caller each time': () => names.nameOf('acme', nextAddress(1 << 24)),
  'failed keys, none of late': () => quiet.assertHeard(nextAddress(1_000), caller, 60),
  'failed keys, some of late': () => guessed.assertHeard(nextAddress(1_000), caller, 60),
};

for (const [name, work] of Object.entries(rows)) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    for (let nth = 0; nth < PER_ROUND; nth++) work();
    return ((performance.now() - startMs) * 1_000) / PER_ROUND;
  });
  const middle = rounds.slice(3).toSorted((a, b) => a - b)[(ROUNDS - 3) >> 1];
  console.log(`${name.padEnd(48)} ${(middle ?? Number.NaN).toFixed(3)} µs`);
}
