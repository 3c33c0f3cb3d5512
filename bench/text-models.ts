// What the judges of whole texts cost: megabytes a second of prose, and the time for a short text.
import { readFileSync } from 'node:fs';
import { createHarmModel } from '../src/detect/harm/harm-model.ts';
import { hiddenOrders } from '../src/detect/documents/hidden-orders.ts';
import { hiddenParts } from '../src/detect/documents/hidden-parts.ts';
import { createNameModel } from '../src/detect/names/name-model.ts';
import type { TextModel } from '../src/detect/text-model.ts';

const weights = (name: string): Buffer => readFileSync(new URL(`../models/${name}/weights.bin`, import.meta.url));
const PROSE =
  'Dear Ms. Holloway, thank you for your letter of 12 March 2024. The parcel was sent to 14 Larch Avenue, Leeds, and came back to our depot in ' +
  'Wolverhampton, because nobody was at home. Please call Tobias Renfrew, who will bring it to you on Friday, or come by yourself before six. ';
const WINDOW = 16_384;
const window = PROSE.repeat(Math.ceil(WINDOW / PROSE.length)).slice(0, WINDOW);

function quickestMs(call: () => void, runs: number): number {
  for (let run = 0; run < 5; run += 1) call();
  const times = Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint();
    call();
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return Math.min(...times);
}

const models: readonly (readonly [string, TextModel])[] = [
  ['names', createNameModel(weights('names'))],
  ['harm', createHarmModel(weights('harm'))],
  ['hidden orders', { task: 'documents', judge: (text) => hiddenOrders(hiddenParts(text)) }],
];
for (const [name, model] of models) {
  const ms = quickestMs(() => void model.judge(window, 'user'), 20);
  const short = quickestMs(() => void model.judge(PROSE.slice(0, 200), 'user'), 200);
  console.log(`${name.padEnd(16)} ${(WINDOW / ms / 1_000).toFixed(1)} MB/s, 200 characters in ${(short * 1_000).toFixed(0)} µs`);
}
