// Rows as the strong stage meets them: the sentence on which the score of the first stages rests, and the vector of it.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Origin } from '../../../src/core/types.ts';
import { loadDetectors } from '../../../src/app/serve/guards.ts';
import { judgeWindows } from '../../../src/app/serve/long-text.ts';
import { isWhole, sentenceOf } from '../../../src/app/serve/second-look-excerpts.ts';
import { openEncoder } from '../../../src/app/serve/sentence-encoder.ts';
import { stageJudges } from '../../../src/app/serve/stage-judges.ts';
import { FREE, PAGES, sourceOf } from '../rows.ts';

export interface SentenceRow {
  readonly id: string;
  /** Rows of one source are left out together. */
  readonly source: string;
  readonly isOwn: boolean;
  readonly category: string;
  readonly label: 0 | 1;
  readonly class: string | null;
  readonly family: string | null;
  readonly origin: Origin;
  readonly sentence: string;
  /** Whether it is all there is: only then is a score lowered. */
  readonly isWhole: boolean;
  /** Of the weights that ship, and of those that saw the row: for nothing but the finding of the sentence. */
  readonly score: number;
}

interface RawRow {
  readonly id?: string;
  readonly text: string;
  readonly label?: 0 | 1;
  readonly category?: string;
  readonly origin?: Origin;
  readonly source?: string;
  readonly class?: string | null;
  readonly family?: string | null;
}

const CORPUS = new URL('../../../corpus/injection/', import.meta.url);
const TELL_EVERY = 2_000;

const parseLines = (path: string | URL): RawRow[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RawRow);

/** Rows written one by one, long innocent pages, and the labelled rows of `files`; no grammars, whose templates a network would learn by heart. */
export async function readSentences(files: readonly string[]): Promise<readonly SentenceRow[]> {
  const judge = stageJudges((await loadDetectors()).meaning)();
  const read = (row: RawRow, { id, source, isOwn }: Pick<SentenceRow, 'id' | 'source' | 'isOwn'>): SentenceRow => {
    const origin = row.origin ?? 'user';
    const report = judgeWindows(judge, { text: row.text, origin, context: {} });
    const isAttack = row.label === undefined ? typeof row.class === 'string' : row.label === 1;
    const sentence = sentenceOf(row.text, report);
    return {
      id,
      source,
      isOwn,
      category: row.category ?? (isAttack ? 'own attack' : 'own innocent'),
      label: isAttack ? 1 : 0,
      class: row.class ?? null,
      family: row.family ?? null,
      origin,
      sentence: sentence.reading ?? row.text.slice(sentence.start, sentence.end),
      isWhole: isWhole({ text: row.text, origin }, report),
      score: report.score ?? 0,
    };
  };
  const own = [FREE, PAGES].flatMap((folder) =>
    readdirSync(new URL(folder, CORPUS)).flatMap((name) =>
      parseLines(new URL(`${folder}${name}`, CORPUS)).map((row, index) =>
        read(row, { id: `${name}-${index}`, source: `${folder}${name}`, isOwn: true }),
      ),
    ),
  );
  const others = files
    .flatMap(parseLines)
    .map((row, index) => read(row, { id: row.id ?? `row-${index}`, source: sourceOf(row.source ?? 'unknown'), isOwn: false }));
  return [...own, ...others];
}

const keyOf = (sentence: string): string => createHash('sha256').update(sentence).digest('base64url').slice(0, 22);

/** Vectors by sentence. Making one takes 20 ms: those that stand in the file are not made again, and new ones are added to it. */
export async function vectorsOf(rows: readonly SentenceRow[], file: string): Promise<(sentence: string) => Float32Array> {
  const known = new Map<string, Float32Array>();
  if (existsSync(file))
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [key = '', packed = ''] = line.split(' ');
      const bytes = Buffer.from(packed, 'base64');
      if (packed !== '') known.set(key, new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)));
    }
  const missing = [...new Map(rows.map(({ sentence }) => [keyOf(sentence), sentence]))].filter(([key]) => !known.has(key));
  const encoder = missing.length === 0 ? undefined : await openEncoder();
  for (const [index, [key, sentence]] of missing.entries()) {
    const vector = Float32Array.from((await encoder?.vectorOf(sentence)) ?? []);
    known.set(key, vector);
    appendFileSync(file, `${key} ${Buffer.from(vector.buffer).toString('base64')}\n`);
    if (index % TELL_EVERY === 0) console.log(`${index} of ${missing.length} vectors`);
  }
  return (sentence) => {
    const vector = known.get(keyOf(sentence));
    if (vector === undefined) throw new Error('a sentence has no vector');
    return vector;
  };
}
