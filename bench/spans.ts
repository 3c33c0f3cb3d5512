// What the span detectors cost: throughput on prose and on dense data, time for a push of a stream, and the worst windows.
import { readdirSync } from 'node:fs';
import type { SpanDetector } from '../src/detect/detector.ts';
import { createSpanScanner } from '../src/detect/span/scanner.ts';
import type { SpanOptions } from '../src/detect/span/scanner.ts';
import { denseTexts } from './dense-texts.ts';

const RULES = new URL('../src/detect/rules/', import.meta.url);
const names = readdirSync(RULES).filter((name) => /^(secrets|pii|exfiltration|leak)-[a-z0-9-]+\.ts$/.test(name));
const modules = await Promise.all(names.map(async (name) => (await import(new URL(name, RULES).href)) as { default: SpanDetector }));
const scanner = createSpanScanner(modules.map((module) => module.default).filter((detector) => detector.kind === 'span'));

const PROSE =
  'The committee met in the old library, where the lamps were low and the talk was long. Nobody wished to begin, and so the ' +
  'youngest of them read aloud what had been written about the river, the harvest and the price of bread; then they agreed, as ' +
  'they had agreed every autumn, that something would have to be done before the winter came. ';
const DENSE =
  'id=48213 user=anna.miller34@example.org card=4111 1111 1111 1111 ip=203.0.113.21 tel=+49 30 453599 iban=DE89 3704 0044 0532 0130 00 ' +
  '2026-03-04T10:22:11Z GET https://api.example.com/v1/items?page=2&size=50 200 1234 12.5ms token: abc key=value {"a":[1,2,3,4.5]} ';
const TYPICAL =
  PROSE +
  'See https://docs.example.com/guide/start#install for more; version 2.4.1 came out on 2024-03-04 and costs $1,200 a year.\n\n' +
  '```ts\nconst items = await fetchAll({ page: 2, size: 50 });\nfor (const [index, item] of items.entries()) console.log(index, item.name);\n```\n\n' +
  'Write to anna.miller34@example.org or call +49 30 901820 (room 214). The key point is that the token budget of 4,096 was enough in 97.5 % of the runs. ';
const PROMPT = 'You are the assistant of a library. Answer politely, and never tell a reader what another reader has borrowed. '.repeat(8);

const OPTIONS: SpanOptions = { direction: 'output', origin: 'model', context: {} };
const WITH_PROMPT: SpanOptions = { ...OPTIONS, context: { systemPrompt: PROMPT, canary: 'c7f3a9d25e8b41' } };
const VALIDATED: SpanOptions = { ...OPTIONS, tasks: ['pii'] };
const WINDOW = 16_384;
/** One string of its own, as a parser of JSON makes it: a part of another one is slower to read. */
const own = (text: string): string => Buffer.from(text).toString();
const fill = (part: string, units = WINDOW): string => own(part.repeat(Math.ceil(units / part.length)).slice(0, units));

/** Milliseconds of the quickest call: what other programs on the machine take does not count. */
function timeMs(call: () => void, runs = 40): number {
  for (let run = 0; run < 10; run += 1) call();
  const times = Array.from({ length: runs }, () => {
    const start = process.hrtime.bigint();
    call();
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return Math.min(...times);
}

/** Microseconds of one call that is too short to be timed alone. */
const manyUs = (call: () => unknown): string => {
  const ms = timeMs(() => {
    for (let run = 0; run < 1_000; run += 1) call();
  }, 9);
  return ms.toFixed(2);
};

const row = (name: string, value: string): void => console.log(`${name.padEnd(62)} ${value}`);

function whole(name: string, text: string, options = OPTIONS): void {
  const ms = timeMs(() => scanner.inspect(text, options));
  row(name, `${((ms * 1_000) / (text.length / 1_000)).toFixed(2)} µs/kB, ${(text.length / ms / 1_000).toFixed(0)} MB/s`);
}

function pushes(name: string, text: string, options = OPTIONS): void {
  const chunks = text.match(/ ?[^ ]{1,6}/g) ?? [];
  const ms = timeMs(() => {
    const stream = scanner.stream(options);
    for (const chunk of chunks) stream.push(chunk);
    stream.end();
  });
  row(name, `${((ms * 1_000) / chunks.length).toFixed(3)} µs a push`);
}

whole('prose', fill(PROSE));
whole('prose, with a prompt to guard', fill(PROSE), WITH_PROMPT);
whole('typical answer: prose, code, links, numbers', fill(TYPICAL));
whole('dense data', fill(DENSE));
whole('dense data, validated types only', fill(DENSE), VALIDATED);
for (const [name, text] of Object.entries(denseTexts(WINDOW))) {
  whole(name, own(text));
  whole(`${name}, validated types only`, own(text), VALIDATED);
}
row('200 units of prose, whole', `${manyUs(() => scanner.inspect(PROSE.slice(0, 200), OPTIONS))} µs`);
pushes('stream of prose', fill(PROSE));
pushes('stream of prose, with a prompt to guard', fill(PROSE), WITH_PROMPT);
pushes('stream of a typical answer', fill(TYPICAL));
pushes('stream of dense data', fill(DENSE));
row('open and end a stream', `${manyUs(() => scanner.stream(OPTIONS).end())} µs`);
row('open and end a stream, with a prompt', `${manyUs(() => scanner.stream(WITH_PROMPT).end())} µs`);

const WORST: Readonly<Record<string, string>> = {
  digits: '1',
  zeros: '- 0', 'single digits': '1 ', 'digit pairs': '12-', 'digits and dots': '1.1.', 'card groups': '4111 1111 1111 111 ', phones: '+1 (555) 013-83 ',
  'ibans': 'DE89 ', 'capitals and digits': 'AB1 ', keys: 'key ', 'keys and colons': 'key: a ', 'keys joined': 'keykeykey', passwords: 'password is ', 'password=': 'password=',
  'at signs': 'a@', 'local parts': 'a.a.a.a@', 'hosts': 'a@b.c.', 'schemes': 'a://', 'userinfo': 'a://b:c', 'slashes': '//', armour: '-----BEGIN ', 'armour keys': '-----BEGIN PRIVATE KEY-----\n',
  'web tokens': 'eyJ', 'web tokens, dots': 'eyJ.', 'prefixes': 'ghp_', 'sk-': 'sk-', 'colons': 'a:', 'hex colons': '1:2:', 'double colons': '1::', 'images': '![](', 'links': '](//', 'tags': '<img src=', 'e-mails': 'bob@example.com ',
  'cards': '4111111111111111 ', 'findings': 'AKIA' + 'ABCDEFGH23456777 ', 'prompt words': 'You are the assistant of ', 'prompt': PROMPT, 'canary': 'c7f3a9d25e8b4', 'bearers': 'Bearer a', 'urls': 'https://e.com/?q=aaaaaaaaaaaaaaaaaaaaaaaaaaaa ', 'quotes': 'token="', 'percents': '%3D%', 'escapes': '\\n', 'wide': 'é1', 'astral': '😀@',
}; // prettier-ignore

let worst = { name: '', ms: 0 };
for (const [name, part] of Object.entries(WORST)) {
  const text = fill(part);
  const ms = timeMs(() => scanner.inspect(text, WITH_PROMPT), 15);
  if (ms > 1) row(`  ${name}`, `${ms.toFixed(2)} ms`);
  if (ms > worst.ms) worst = { name, ms };
}
row('worst window of 16 kB', `${worst.ms.toFixed(2)} ms (${worst.name})`);

let slowest = { name: '', us: 0 };
for (const [name, part] of Object.entries(WORST)) {
  const text = fill(part, 4_096);
  const ms = timeMs(() => {
    const stream = scanner.stream(WITH_PROMPT);
    for (const unit of text) stream.push(unit);
    stream.end();
  }, 3);
  const us = (ms * 1_000) / text.length;
  if (us > 5) row(`  ${name}`, `${us.toFixed(2)} µs`);
  if (us > slowest.us) slowest = { name, us };
}
row('worst stream, unit by unit', `${slowest.us.toFixed(2)} µs a push (${slowest.name})`);
