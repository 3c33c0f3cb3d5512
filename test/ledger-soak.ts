// Kills a recording process with -9, and cuts the power of a disk that drops what was not synced: no acknowledged record may be lost.
// Run: node test/ledger-soak.ts [kills] [power cuts]; the full counts are 200 and 50.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../src/io/clock.ts';
import { diskFiles } from '../src/io/files/disk-files.ts';
import type { FilePort } from '../src/io/files/file-port.ts';
import { MemoryDisk } from '../src/io/files/memory-disk.ts';
import { seededChance } from '../src/io/files/seeded-chance.ts';
import { systemRandom } from '../src/io/random.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { openLedger } from '../src/ledger/ledger.ts';
import { verify } from '../src/ledger/verify.ts';

export interface SoakResult {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Acknowledged records that were not there afterwards, or not the same. */
  readonly lost: number;
  readonly problems: readonly string[];
}

const LINES_OF_CHILD = 16;
const SEGMENT_BYTES_MAX = 200_000;

const openAt = (directory: string, files: FilePort): Promise<Ledger> =>
  openLedger({ directory, files, clock: systemClock, random: systemRandom, segmentBytesMax: SEGMENT_BYTES_MAX, checkpointEvery: 500 });

/** Kills a real process `rounds` times while it records into one ledger, each time at another moment. */
export async function soakKills(rounds: number, seed: number): Promise<SoakResult> {
  const directory = await mkdtemp(join(tmpdir(), 'ledger-soak-'));
  const chance = seededChance(seed);
  const acknowledged = new Map<number, string>();
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [index, mark] of await killedRun({ directory, round, afterLines: 1 + chance.below(LINES_OF_CHILD * 30) }))
        acknowledged.set(index, mark);
    }
    return { rounds, ...(await compare({ directory, files: diskFiles }, acknowledged)) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

interface KilledRun {
  readonly directory: string;
  readonly round: number;
  readonly afterLines: number;
}

/** Lines of the child are what it was told is safe: index and mark of a record. */
async function killedRun({ directory, round, afterLines }: KilledRun): Promise<ReadonlyMap<number, string>> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--record', directory, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let lines = 0;
  child.stdout.on('data', (data: Buffer) => {
    text += data.toString();
    lines += data.filter((byte) => byte === 0x0a).length;
    if (lines >= afterLines) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.once('close', resolve));
  if (child.signalCode !== 'SIGKILL') throw new Error(`the recording process ended by itself with code ${child.exitCode}`);
  const whole = text.slice(0, text.lastIndexOf('\n')).split('\n');
  return new Map(whole.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1] ?? '']));
}

/** Records until it is killed, and says what is safe: the kernel has it, so kill -9 must not lose it. */
async function recordForEver(directory: string, round: string): Promise<void> {
  const ledger = await openAt(directory, diskFiles);
  const writers = Array.from({ length: LINES_OF_CHILD }, async (_, writer) => {
    for (let n = 0; ; n++) {
      const mark = `${round}.${writer}.${n}`;
      const commitment = ledger.commit('soak', mark);
      const receipt = ledger.append({ kind: 'soak.happened', atMs: Date.now(), data: { commitment, mark } });
      await (n % 2 === 0 ? receipt.written : receipt.durable);
      writeSync(1, `${receipt.index} ${mark}\n`);
    }
  });
  await Promise.all(writers);
}

/** Cuts the power of a memory disk `rounds` times, each time after another operation. */
export async function soakPowerCuts(rounds: number, seed: number): Promise<SoakResult> {
  const disk = new MemoryDisk(seed);
  const chance = seededChance(seed);
  const acknowledged = new Map<number, string>();
  const directory = '/data/ledger';
  for (let round = 0; round < rounds; round++) {
    const files = disk.port();
    await new Promise<void>((resolve, reject) => {
      const at = disk.operations + 40 + chance.below(400);
      disk.fail(({ number }) => {
        if (number === at) {
          disk.cutPower(chance.below(2) === 0 ? 'lost' : 'torn');
          resolve();
        }
        return undefined;
      });
      recordDurable({ directory, files, round }, acknowledged).catch(reject);
    });
  }
  return { rounds, ...(await compare({ directory, files: disk.port() }, acknowledged)) };
}

interface Place {
  readonly directory: string;
  readonly files: FilePort;
}

async function recordDurable(
  { directory, files, round }: Place & { readonly round: number },
  acknowledged: Map<number, string>,
): Promise<void> {
  const options = { directory, files, clock: systemClock, random: systemRandom };
  const ledger = await openLedger({ ...options, segmentBytesMax: 2000, checkpointEvery: 20 });
  for (let n = 0; ; n++) {
    const some = [0, 1, 2].map((writer) => {
      const mark = `${round}.${writer}.${n}`;
      return { mark, ...pick(ledger.append({ kind: 'soak.happened', atMs: Date.now(), data: { mark } })) };
    });
    for (const { index, mark, durable } of some) {
      await durable;
      acknowledged.set(index, mark);
    }
  }
}

const pick = ({ index, durable }: { readonly index: number; readonly durable: Promise<void> }) => ({ index, durable });

async function compare({ directory, files }: Place, acknowledged: ReadonlyMap<number, string>): Promise<Omit<SoakResult, 'rounds'>> {
  const ledger = await openAt(directory, files);
  const found = new Map<number, unknown>();
  for await (const { index, event } of ledger.events()) found.set(index, event.data['mark']);
  await ledger.close();
  const { problems } = await verify({ files, directory });
  const lost = [...acknowledged].filter(([index, mark]) => found.get(index) !== mark).length;
  return { acknowledged: acknowledged.size, lost, problems: problems.map(({ message }) => message) };
}

async function main(): Promise<void> {
  const [kills = '200', cuts = '50'] = process.argv.slice(2);
  const seed = Date.now();
  console.log(`seed ${seed}`);
  const results = { 'kill -9': await soakKills(Number(kills), seed), 'power cut': await soakPowerCuts(Number(cuts), seed) };
  for (const [name, { rounds, acknowledged, lost, problems }] of Object.entries(results)) {
    console.log(`${rounds} × ${name}: ${acknowledged} records acknowledged, ${lost} lost, ${problems.length} problems`);
    for (const problem of problems) console.log(`  ${problem}`);
    if (lost > 0 || problems.length > 0) process.exitCode = 1;
  }
}

const [mode, directory = '', round = ''] = process.argv.slice(2);
if (mode === '--record') await recordForEver(directory, round);
else if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
