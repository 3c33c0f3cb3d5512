// What a second look by a classifier costs in the thread of the gateway, by the size of its network: one excerpt of 512 characters, which
// most tokenizers cut into about 128 tokens. Weights of chance cost what trained ones cost. First the sentence vectors that ship, with the one
// stretch of 240 characters that they see.
//   node bench/second-look.ts [ROUNDS]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/io/clock.ts';
import type { Asker } from '../src/app/serve/second-look-asker.ts';
import { createModelAsker } from '../src/app/serve/second-look-model.ts';
import { createVectorAsker } from '../src/app/serve/second-look-vectors.ts';
import { SENTENCE_UNITS_MAX } from '../src/detect/detector.ts';
import { writeTinyClassifier } from '../src/lens/models/tiny-classifier.fixture.ts';
import { randomEncoder, type EncoderSize } from './support/random-encoder.ts';

const SIZES: Readonly<Record<string, EncoderSize>> = {
  '2 layers of 128 (BERT tiny)': { layers: 2, width: 128, heads: 2 },
  '4 layers of 312 (TinyBERT)': { layers: 4, width: 312, heads: 12 },
  '6 layers of 384 (MiniLM)': { layers: 6, width: 384, heads: 12 },
  '12 layers of 768 (BERT base)': { layers: 12, width: 768, heads: 12 },
};
const rounds = Number(process.argv[2] ?? 20);
const TEXT = 'word '.repeat(126);

async function timesOf(asker: Asker, text: string): Promise<(share: number) => string> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const fromMs = performance.now();
    const answer = await asker.ask({ texts: [text], origin: 'user', owner: 'bench', untilMs: Date.now() + 60_000 });
    if (answer.state === 'failed') throw new Error(`${answer.code} ${asker.status.detail}`);
    times.push(performance.now() - fromMs);
  }
  times.sort((one, other) => one - other);
  return (share) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
}

const before = process.memoryUsage.rss();
const vectors = createVectorAsker(systemClock, false);
const beganMs = performance.now();
await vectors.settled;
const readyMs = performance.now() - beganMs;
const SENTENCE = 'What time does the ferry to Naples leave, and who keeps the key? '.repeat(4).slice(0, SENTENCE_UNITS_MAX);
const stretch = await timesOf(vectors, SENTENCE);
console.log(
  `${'sentence vectors'.padEnd(30)} ${((process.memoryUsage.rss() - before) / 1e6).toFixed(0).padStart(4)} MB, loaded in ${readyMs.toFixed(0)} ms; a stretch: least ${stretch(0)} ms, median ${stretch(0.5)} ms, most ${stretch(1)} ms`,
);
await vectors.close();

for (const [name, size] of Object.entries(SIZES)) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  writeTinyClassifier(folder);
  const network = join(folder, 'model.onnx');
  const bytes = randomEncoder(size);
  writeFileSync(network, bytes);
  const asker = createModelAsker({ kind: 'model', folder, network, labels: {}, version: '' }, systemClock);
  const startedMs = performance.now();
  await asker.settled;
  const loadMs = performance.now() - startedMs;
  const at = await timesOf(asker, TEXT);
  console.log(
    `${name.padEnd(30)} ${(bytes.length / 1e6).toFixed(0).padStart(4)} MB, loaded in ${loadMs.toFixed(0)} ms; an excerpt: least ${at(0)} ms, median ${at(0.5)} ms, most ${at(1)} ms`,
  );
  await asker.close();
  rmSync(folder, { recursive: true });
}
