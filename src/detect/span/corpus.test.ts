// Precision and recall of each type, on samples written for this project and on tokens made from a seed.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../core/types.ts';
import { spanDetectors } from './detectors.fixture.ts';
import { OUTPUT } from './law.fixture.ts';
import { BASE62, CAPITALS, DIGITS, fromShape, privateKey, seeded, selfChecked, SMALL, units, webToken } from './planted.fixture.ts';
import { createSpanScanner } from './scanner.ts';
import type { SpanOptions } from './scanner.ts';
import rows from './tables/tokens.json' with { type: 'json' };

const CORPUS = new URL('../../../corpus/', import.meta.url);
const FOLDERS = ['pii', 'secrets', 'exfiltration', 'leak'];
const scanner = createSpanScanner(spanDetectors);
const next = seeded(4_242);
const HEX = DIGITS + 'abcdef';
const CONTEXT = { systemPrompt: readFileSync(new URL('leak/system-prompt.txt', CORPUS), 'utf8'), canary: 'marker-7f3a-91c2-e8' };
const LEAK: SpanOptions = { ...OUTPUT, context: CONTEXT };

interface Samples {
  readonly type: string;
  readonly hits: readonly string[];
  readonly lookAlikes: readonly string[];
}

/** Values that must not stand in a file, because they would look like live ones. */
const VALUES: Readonly<Record<string, () => string>> = {
  pw: () => `${units(next, SMALL, 3)}${units(next, DIGITS, 2)}!${units(next, CAPITALS, 3)}%${units(next, BASE62, 4)}`,
  pw0: () => units(next, BASE62, 14),
  aws: () => `${units(next, BASE62, 18)}/${units(next, BASE62, 10)}+${units(next, BASE62, 10)}`,
  uuid: () => [8, 4, 4, 4, 12].map((count) => units(next, HEX, count)).join('-'),
  jwt: () => webToken(next),
  pem: () => privateKey(next),
  'pem\\n': () => privateKey(next, { lineEnd: '\\n', label: 'PRIVATE KEY' }),
  openssh: () => privateKey(next, { label: 'OPENSSH PRIVATE KEY' }),
  pgp: () => privateKey(next, { label: 'PGP PRIVATE KEY BLOCK' }),
  text64: () => Buffer.from('the card of Ada Berg is in the drawer').toString('base64'),
  hextext: () => Buffer.from('the card is in the drawer').toString('hex'),
  label: () => units(next, SMALL + DIGITS, 40),
};

const ALPHABETS: Readonly<Record<string, string>> = { hex: HEX, caps: CAPITALS + DIGITS, b62: BASE62 };

const expand = (sample: string): string =>
  sample.replace(/\{(b62|hex|caps):(\d+)\}|\{([a-z0-9\\]+)\}/g, (whole, kind: string | undefined, count: string, name: string) =>
    kind === undefined ? (VALUES[name]?.() ?? whole) : units(next, ALPHABETS[kind] ?? BASE62, Number(count)),
  );

/** The text without its marks, and the spans that they mark. */
function marked(sample: string): { readonly text: string; readonly spans: readonly (readonly [number, number])[] } {
  const spans: [number, number][] = [];
  let text = '';
  for (const part of expand(sample).split(/(?=[«»])/)) {
    if (part.startsWith('«')) spans.push([text.length, -1]);
    if (part.startsWith('»')) spans[spans.length - 1] = [spans.at(-1)?.[0] ?? 0, text.length];
    text += part.replace(/^[«»]/, '');
  }
  return { text, spans };
}

const ofType = (text: string, type: string): readonly Finding[] =>
  scanner.inspect(text, LEAK).findings.filter((finding) => finding.type === type);

const corpora = FOLDERS.flatMap((folder) =>
  readdirSync(new URL(`${folder}/`, CORPUS))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => (JSON.parse(readFileSync(new URL(`${folder}/${name}`, CORPUS), 'utf8')) as { types: readonly Samples[] }).types),
);

describe('the corpus', () => {
  it.each(corpora)('has five samples of each side: $type', ({ hits, lookAlikes }) => {
    expect(hits.length).toBeGreaterThanOrEqual(5);
    expect(lookAlikes.length).toBeGreaterThanOrEqual(5);
  });

  it.each(corpora)('recall is 1, span for span: $type', ({ type, hits }) => {
    for (const hit of hits) {
      const { text, spans } = marked(hit);
      expect({ text, spans: ofType(text, type).map(({ start, end }) => [start, end]) }).toEqual({ text, spans });
    }
  });

  it.each(corpora)('precision is 1: $type', ({ type, lookAlikes }) => {
    for (const lookAlike of lookAlikes) {
      const { text } = marked(lookAlike);
      expect({ text, found: ofType(text, type) }).toEqual({ text, found: [] });
    }
  });
});

const CARRIERS = ['{}', 'key: {}', '"{}"', 'my token {} does not work', '<li>{}</li>', 'a\\n{}\\nb', 'https://api.example.com/{}?x=1'];

describe('vendor tokens', () => {
  it.each(rows)('are found in whatever they stand: $about', ({ type, shape, after }) => {
    const before = after === 'bot-id' ? '123456789:' : '';
    for (const carrier of CARRIERS) {
      const value = fromShape(next, shape);
      const text = carrier.replace('{}', () => before + value);
      const { findings } = scanner.inspect(text, { ...OUTPUT, tasks: ['secrets'] });
      const start = text.indexOf(value);
      const covering = findings.filter((finding) => finding.start <= start && finding.end >= start + value.length);
      // Where a word before it names a secret, that finding may begin earlier and so come first.
      const types = carrier === '{}' ? covering.map((finding) => finding.type) : covering.map(() => type);
      expect({ text, types }).toEqual({ text, types: [type] });
    }
  });

  it.each(rows)('are told from what looks like them: $about', ({ type, shape, after }) => {
    const before = after === 'bot-id' ? '123456789:' : '';
    const value = fromShape(next, shape);
    const prefix = shape.slice(0, shape.indexOf('{'));
    // What is too short for one shape of a type may be long enough for another.
    const isOnlyShape = rows.filter((row) => row.type === type).length === 1;
    const lookAlikes = [
      isOnlyShape ? `${before}${value.slice(0, -1)} is too short` : '',
      `${before}${prefix}${'x'.repeat(100)}`,
      `${before}${prefix} is how they begin`,
      `${before}${prefix}your-key-goes-here-0123456789`,
      `${before}${value.slice(0, prefix.length + 2)}*${value.slice(prefix.length + 3)}`,
      `${before}${prefix}\n${value.slice(prefix.length)}`,
    ];
    for (const text of lookAlikes) expect({ text, found: ofType(text, type).map((finding) => finding.type) }).toEqual({ text, found: [] });
  });

  it.each(['ghp_', 'gho_', 'ghs_', 'npm_'])('are surer where the checksum is right: %s', (prefix) => {
    const score = (token: string): number | undefined => scanner.inspect(token, OUTPUT).findings[0]?.score;
    const token = selfChecked(next, prefix);
    expect(score(token)).toBe(0.99);
    expect(score(token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a'))).toBe(0.95);
  });
});
