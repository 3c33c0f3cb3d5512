// What the committed weights do on the corpus, through the judge that `detect --task documents` uses. A test holds them to the figures beside.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { inPlainSight, SAMPLES, WAYS_OF_HIDING, type Samples } from '../../corpus/documents/placed.ts';
import type { RowBench } from '../../src/app/commands/detect-row.ts';

export interface PlaceFigures {
  readonly recall: number;
  readonly falseAlarms: number;
}

const FLAGGED = 0.5;
const PLACES_OF_TEXT = { ...WAYS_OF_HIDING, 'plain sight': inPlainSight };

/** Of each list of the corpus, by place: shares that are flagged. */
export function figuresOf(bench: RowBench): Readonly<Record<string, Readonly<Record<string, PlaceFigures>>>> {
  const share = (texts: readonly string[]): number => {
    const flagged = texts.filter((text) => {
      const { score = 0, failed } = bench.judge({ id: 1, text });
      return failed !== undefined || score >= FLAGGED;
    });
    return Number((flagged.length / texts.length).toFixed(4));
  };
  const of = ({ orders, innocent }: Samples): Readonly<Record<string, PlaceFigures>> =>
    Object.fromEntries(
      Object.entries(PLACES_OF_TEXT).map(([name, place]) => [
        name,
        { recall: share(orders.map(place)), falseAlarms: share(innocent.map(place)) },
      ]),
    );
  return { unseen: of(SAMPLES.unseen), fitted: of(SAMPLES.fitted) };
}

/** Of the weights of models/injection: the manifest names the digest of the rest. */
export const cascadeDigest = (): string =>
  createHash('sha256').update(readFileSync(new URL('../injection/fast.json', import.meta.url))).digest('hex'); // prettier-ignore

export function writeFigures(bench: RowBench): ReturnType<typeof figuresOf> {
  const figures = figuresOf(bench);
  writeFileSync(new URL('figures.json', import.meta.url), `${JSON.stringify(figures, null, 2)}\n`);
  return figures;
}
