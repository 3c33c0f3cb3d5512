// What a corpus of fingerprints costs: bytes kept for each byte of text, time to make it, and time to look at a reply of 2 kB, from memory and
// from the disk. The text is made by a seed, 64 MB unless a number is given: `node bench/overlap.ts 1000` for a gigabyte. What is said of a
// gigabyte after a smaller run is extrapolated: the size exactly (it follows from the bytes), the look not at all (a look does not depend on the size,
// but a file beyond the memory of the machine is read from the disk, and that is not measured here).
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCorpus } from '../src/app/corpus/build-corpus.ts';
import { corpusPath } from '../src/app/corpus/corpora-folder.ts';
import { BLOCK_BYTES } from '../src/detect/verbatim/bloom.ts';
import { HEAD_BYTES, parseHead } from '../src/detect/verbatim/corpus-file.ts';
import { VerbatimWatch } from '../src/detect/verbatim/verbatim-watch.ts';
import { openBlockFile } from '../src/io/files/block-file.ts';

const megabytes = Number(process.argv[2] ?? 64);
const folder = mkdtempSync(join(tmpdir(), 'sallyport-overlap-'));
let seed = 20_261_122;
const chance = (): number => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296;

const SYLLABLES =
  'ka lo mi ran tes vu shi bel dor fen gal hur jin kel mor nas pil quo ros sta tur vel wim yar zol ist ern and ble ing'.split(' ');
const WORDS = Array.from({ length: 20_000 }, () => Array.from({ length: 1 + Math.floor(chance() * 4) }, () => SYLLABLES[Math.floor(chance() * SYLLABLES.length)]).join('')); // prettier-ignore
const word = (): string => WORDS[Math.floor(chance() ** 2 * WORDS.length)] ?? '';
const prose = (units: number): string => {
  let text = '';
  while (text.length < units) text += `${word()}${chance() < 0.08 ? '. ' : ' '}`;
  return text.slice(0, units);
};

async function writeText(path: string): Promise<void> {
  const out = createWriteStream(path);
  for (let written = 0; written < megabytes; written += 1) if (!out.write(prose(1_000_000))) await once(out, 'drain');
  out.end();
  await once(out, 'finish');
}

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0;

try {
  const text = join(folder, 'text.txt');
  await writeText(text);
  const startedMs = performance.now();
  const head = await buildCorpus({ dataFolder: folder, name: 'bench', files: [text], nowMs: 0 });
  const seconds = (performance.now() - startedMs) / 1_000;
  const path = corpusPath(folder, 'bench');
  const bytes = statSync(path).size;
  console.log(
    `${megabytes} MB of text: ${(bytes / 1e6).toFixed(1)} MB kept, ${head.fingerprints} fingerprints, made in ${seconds.toFixed(1)} s`,
  );
  console.log(`1 GB of text: ${((bytes / head.bytes) * 1_000).toFixed(0)} MB kept${megabytes >= 1_000 ? '' : ' (extrapolated)'}`);
  for (const [where, memoryBytesMax] of [
    ['memory', Infinity],
    ['disk', 0],
  ] as const) {
    const file = openBlockFile(path, { headBytes: HEAD_BYTES, blockBytes: BLOCK_BYTES, memoryBytesMax });
    const blocks = parseHead(file.head, file.bytes)?.blocks ?? 0;
    const index = { name: 'bench', blocks, block: (number: number) => file.block(number) };
    const replies = Array.from({ length: 2_000 }, () => prose(2_000));
    let found = 0;
    const before = process.cpuUsage();
    const times = replies.map((reply) => {
      const from = performance.now();
      found += new VerbatimWatch([index]).read(reply, true).length;
      return performance.now() - from;
    });
    const { user, system } = process.cpuUsage(before);
    const cpu = `${((user + system) / 1_000 / replies.length).toFixed(2)} ms of CPU on average`;
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)].map((ms) => `${ms.toFixed(2)} ms`);
    console.log(
      `2 kB reply, filter on ${where}: p50 ${p50}, p99 ${p99}, ${cpu}; ${found} false findings in ${replies.length} replies of other text`,
    );
    file.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
