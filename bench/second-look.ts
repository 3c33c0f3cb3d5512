// What a second look by a classifier costs in the thread of the gateway, by the size of its network: one excerpt of 512 characters, which
// most tokenizers cut into about 128 tokens. Weights of chance cost what trained ones cost.
//   node bench/second-look.ts [ROUNDS]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/io/clock.ts';
import { createModelAsker } from '../src/app/serve/second-look-model.ts';
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
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const fromMs = performance.now();
    const answer = await asker.ask({ texts: [TEXT], origin: 'user', owner: 'bench', untilMs: Date.now() + 60_000 });
    if (answer.state === 'failed') throw new Error(`${name}: ${answer.code} ${asker.status.detail}`);
    times.push(performance.now() - fromMs);
  }
  times.sort((one, other) => one - other);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  console.log(
    `${name.padEnd(30)} ${(bytes.length / 1e6).toFixed(0).padStart(4)} MB, loaded in ${loadMs.toFixed(0)} ms; an excerpt: least ${at(0)} ms, median ${at(0.5)} ms, most ${at(1)} ms`,
  );
  await asker.close();
  rmSync(folder, { recursive: true });
}
