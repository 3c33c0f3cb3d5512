// What the training reads, and what it must not: free rows are whole, and the exam stands in none of them.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generateRows } from '../../corpus/injection/generate.ts';

const CORPUS = new URL('../../corpus/injection/', import.meta.url);

interface Row {
  readonly text: string;
  readonly class: string | null;
  readonly family: string | null;
  readonly lang: string;
  readonly origin: string;
  readonly note: string;
}

const parseRows = (name: string): Row[] =>
  readFileSync(new URL(name, CORPUS), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
const inFolder = (name: string): Row[] =>
  readdirSync(new URL(`${name}/`, CORPUS))
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => parseRows(`${name}/${file}`));
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

const free = inFolder('free');

describe('rows written one by one', () => {
  test('say all that a row has to', () => {
    for (const row of free) {
      expect(row.text.trim()).not.toBe('');
      expect(['injection', 'jailbreak', null]).toContain(row.class);
      expect(['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining', null]).toContain(row.family);
      expect(row.family === null).toBe(row.class === null);
      expect(['user', 'retrieved', 'tool']).toContain(row.origin);
      expect(row.lang).toMatch(/^[a-z]{2}(-Latn)?$/);
    }
  });
  test('are no two the same', () => expect(new Set(free.map(({ text }) => plain(text))).size).toBe(free.length));
});

describe('long innocent pages', () => {
  const pages = inFolder('pages');
  test('are innocent, long and of every origin', () => {
    for (const row of pages) {
      expect(row.class).toBeNull();
      expect(['user', 'retrieved', 'tool']).toContain(row.origin);
      expect(row.lang).toMatch(/^[a-z]{2}$/);
    }
    expect(pages.filter(({ text }) => text.length > 1000).length).toBeGreaterThan(pages.length * 0.9);
    expect(new Set(pages.map(({ origin }) => origin)).size).toBe(3);
  });
  test('are no two the same', () => expect(new Set(pages.map(({ text }) => plain(text))).size).toBe(pages.length));
});

test('the exam stands in no text that the training reads', () => {
  const read = new Set(
    [...generateRows(1), ...free, ...inFolder('pages'), ...parseRows('hits.jsonl'), ...parseRows('benign.jsonl')].map(({ text }) =>
      plain(text),
    ),
  );
  expect(inFolder('exam').filter(({ text }) => read.has(plain(text)))).toEqual([]);
});
