// Several replicas that draw on one budget as fast as they can, with the truth looked at after every step.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCESS_DEFAULTS } from '../../src/access/settings.ts';
import { openRooms, type Rooms } from '../../src/app/serve/rooms.ts';
import { Fault } from '../../src/core/fault.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemRandom } from '../../src/io/random.ts';

export interface RaceOptions {
  readonly replicas: number;
  readonly databaseUrl: string;
  readonly valkeyUrl: string;
  readonly reserves: number;
  /** Called when so many of ten parts are done. */
  readonly onTenth: (tenth: number) => Promise<void>;
}

export interface RaceResult {
  readonly taken: number;
  readonly refused: number;
  /** Moments at which more was reserved or spent than the budget. */
  readonly over: number;
  /** Refused although enough was left at that moment. */
  readonly inVain: number;
  readonly lost: number;
  readonly leftOver: number;
  readonly ms: number;
}

const AT_A_TIME = 64;
const AMOUNT_MAX = 9;
const TARGET = { model: 'm', upstream: 'u' };

/** The budget is so large that it ends shortly before the last of the reserves. */
export async function raceReserves(options: RaceOptions): Promise<RaceResult> {
  const folders = Array.from({ length: options.replicas }, () => mkdtempSync(join(tmpdir(), 'sallyport-race-')));
  const rooms: Rooms[] = [];
  for (const dataFolder of folders) rooms.push(await openOne(dataFolder, options));
  const ticking = setInterval(() => rooms.forEach(({ shared }) => shared?.tick()), 250);
  try {
    return await race(rooms, options);
  } finally {
    clearInterval(ticking);
    for (const one of rooms) await one.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

const openOne = (dataFolder: string, { databaseUrl, valkeyUrl }: RaceOptions): Promise<Rooms> =>
  openRooms({
    dataFolder,
    clock: systemClock,
    random: systemRandom,
    settings: { ...ACCESS_DEFAULTS, limits: { perMinute: 1_000_000_000, concurrent: 1_000_000 } },
    ledger: { segmentBytesMax: 1_048_576 },
    databaseUrl,
    replicas: { valkeyUrl, secret: 'a secret of the bench, and of nobody else' },
    onTrouble: () => undefined,
  });

async function race(rooms: readonly Rooms[], { reserves, onTenth }: RaceOptions): Promise<RaceResult> {
  const [first] = rooms;
  if (first === undefined) throw new Error('a race needs replicas');
  // Two of three settle at what they reserved, the third at half: on average four and a half are used.
  const budget = Math.floor(reserves * 4);
  const { id, key } = await first.keyStore.createKey({ tenant: 'race', limits: { microUnits: { day: budget } }, who: 'bench' });
  for (const { access } of rooms) await access.refresh();
  const purses = rooms.map(({ access }) => access.budgets.purses(`key:${id}`));
  const used = (): number => purses.reduce((sum, { day }) => sum + day.spentMicroUnits + day.reservedMicroUnits, 0);
  const counts = { taken: 0, refused: 0, over: 0, inVain: 0, lost: 0 };
  let next = 0;
  const one = async (turn: number): Promise<void> => {
    const { access } = rooms[turn % rooms.length] ?? first;
    const amount = 1 + ((turn * 7) % AMOUNT_MAX);
    const caller = access.authenticate(key);
    const admission = access.admit(caller, TARGET);
    try {
      await access.admitted(caller);
      const reservation = await access.reserving(caller, { microUnits: amount, tokens: amount });
      counts.taken += 1;
      if (used() > budget) counts.over += 1;
      await new Promise((resolve) => void setImmediate(resolve));
      reservation.settle({ microUnits: turn % 3 === 0 ? Math.ceil(amount / 2) : amount, tokens: 0, estimated: false });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'budget_exceeded') counts.refused += 1;
      else counts.lost += 1;
      if (used() + amount <= budget) counts.inVain += 1;
    } finally {
      admission.leave();
    }
  };
  const beganMs = performance.now();
  const worker = async (): Promise<void> => {
    while (next < reserves) {
      const turn = next;
      next += 1;
      if (turn > 0 && turn % (reserves / 10) === 0) void onTenth((turn * 10) / reserves);
      await one(turn);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return { ...counts, leftOver: budget - used(), ms: performance.now() - beganMs };
}
