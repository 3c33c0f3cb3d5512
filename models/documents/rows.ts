// Documents to learn from: the corpus written for this project, put where documents hide things, and, where they are given, files of
// labelled rows that are not part of it. Of each: what the other judges say, and every text in it that may give orders.
import { readFileSync } from 'node:fs';
import { teaching } from '../../corpus/documents/placed.ts';
import { seededRandom } from '../../corpus/injection/seeded-random.ts';
import { aloneBy, rowBench } from '../../src/app/commands/detect-row.ts';
import type { Detectors } from '../../src/app/serve/guards.ts';
import { judgeOf } from '../../src/app/serve/stage-judges.ts';
import { hiddenSuspects, openSuspects } from '../../src/detect/documents/hidden-orders.ts';
import { hiddenParts } from '../../src/detect/documents/hidden-parts.ts';
import { decodedMail } from '../../src/detect/documents/mail-parts.ts';
import { signsOf } from '../../src/detect/documents/order-signs.ts';
import type { OrderWeights, Place, Signs } from '../../src/detect/documents/order-weights.ts';

export interface Suspected {
  readonly place: Place;
  readonly signs: Signs;
}

export interface DocumentRow {
  readonly label: 0 | 1;
  readonly isOwn: boolean;
  /** Rows of one source are left out together; own texts in sixths, each in all its places. */
  readonly source: string;
  /** Whether the other judges flag it. */
  readonly isFlagged: boolean;
  readonly suspects: readonly Suspected[];
  readonly weight: number;
}

interface RawRow {
  readonly text: string;
  readonly label: 0 | 1;
  readonly category?: string;
  readonly source: string;
}

/** False statements order nothing: they are no lesson, though an evaluation counts them as missed. */
const FALSE_FACTS = 'poisoned_fact';
const FLAGGED = 0.5;
const OWN_PARTS = 6;
/** Weights that tell nothing: what is flagged with them, the other judges flag. */
const SILENT: OrderWeights = {
  weights: { fast: 0, rules: 0, address: 0, direct: 0, answer: 0, order: 0, harmless: 0 },
  biases: { hidden: -100, aside: -100, open: -100, seen: -100, sight: -100 },
};

interface Sample {
  readonly text: string;
  readonly label: 0 | 1;
  readonly source: string;
  readonly isOwn: boolean;
  /** Within its kind. */
  readonly share: number;
}

interface Reading {
  readonly detectors: Detectors;
  readonly seed: number;
  readonly files: readonly string[];
}

export function readRows({ detectors, seed, files }: Reading): DocumentRow[] {
  const samples = [...ownSamples(seed), ...files.flatMap(parseLines)];
  const read = documentReader(detectors);
  const kindOf = ({ source, label, isOwn }: Sample): string => (isOwn ? `own ${label}` : `${source} ${label}`);
  const sums = new Map<string, number>();
  for (const sample of samples) sums.set(kindOf(sample), (sums.get(kindOf(sample)) ?? 0) + sample.share);
  return samples.map((sample) => ({
    label: sample.label,
    isOwn: sample.isOwn,
    source: sample.source,
    ...read(sample.text),
    // A source of hundreds of rows must not drown one of dozens.
    weight: sample.share / Math.sqrt(sums.get(kindOf(sample)) ?? 1),
  }));
}

function ownSamples(seed: number): Sample[] {
  const random = seededRandom(seed);
  return teaching().flatMap(({ label, text, places }) => {
    const source = `own, part ${1 + Math.floor(random() * OWN_PARTS)}`;
    return places.map((place) => ({ text: place(text), label, source, isOwn: true, share: 1 / places.length }));
  });
}

const parseLines = (path: string): Sample[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RawRow)
    .filter(({ category }) => category !== FALSE_FACTS)
    .map(({ text, label, source }) => ({ text, label, source, isOwn: false, share: 1 }));

/** What the other judges say of a document, and what in it may give orders. */
export function documentReader(detectors: Detectors): (text: string) => Pick<DocumentRow, 'isFlagged' | 'suspects'> {
  const others = rowBench('documents', { ...detectors, orders: SILENT });
  if (others === undefined) throw new Error('nobody judges documents');
  const alone = aloneBy(judgeOf(detectors.meaning.filter(({ task }) => task === 'documents' || task === 'injection')));
  return (whole) => {
    const { score = 0, failed } = others.judge({ id: 1, text: whole });
    const text = decodedMail(whole);
    return {
      isFlagged: failed !== undefined || score >= FLAGGED,
      suspects: [...hiddenSuspects(hiddenParts(text)), ...openSuspects(text)].map((suspect) => ({
        place: suspect.place,
        signs: signsOf(suspect.text, alone(suspect.text)),
      })),
    };
  };
}
