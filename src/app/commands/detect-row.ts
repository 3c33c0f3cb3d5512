// One row of `sallyport detect`: what it holds, how it is judged, and what is written.
import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { FailureCode, Finding, Origin, Report } from '../../core/types.ts';
import type { DetectContext, MeaningPart, StageScore, Task } from '../../detect/detector.ts';
import { createMeaningJudge, type MeaningJudge, type MeaningReport } from '../../detect/meaning/judge.ts';
import { hiddenOrders, type JudgeAlone, type LearnedOrders, openOrders } from '../../detect/documents/hidden-orders.ts';
import { hiddenParts, type HiddenPart } from '../../detect/documents/hidden-parts.ts';
import type { OrderWeights } from '../../detect/documents/order-weights.ts';
import { createSpanScanner, type SpanScanner } from '../../detect/span/scanner.ts';
import { decodedMail } from '../../detect/documents/mail-parts.ts';
import type { TextModel } from '../../detect/text-model.ts';
import type { DocumentText } from '../../lens/documents/document-text.ts';
import { isBinary } from '../../lens/documents/read-document.ts';
import { createDocumentReader } from '../serve/document-reader.ts';
import type { Detectors } from '../serve/guards.ts';
import { judgeWindows } from '../serve/long-text.ts';
import { judgeOf } from '../serve/stage-judges.ts';

export const TASKS = ['injection', 'pii', 'secrets', 'harm', 'leak', 'documents'] as const satisfies readonly Task[];

const ORIGINS = ['operator', 'user', 'model', 'retrieved', 'tool'] as const satisfies readonly Origin[];

/** Further members are left alone: evaluation data carries labels and sources. */
const rowSchema = z.object({
  id: z.union([z.string(), z.number(), z.null()]).default(null),
  text: z.string().optional(),
  base64: z.base64().optional(),
  media: z.string().max(256).optional(),
  origin: z.enum(ORIGINS).optional(),
  system_prompt: z.string().optional(),
});

export type Row = z.output<typeof rowSchema>;

export interface Verdict {
  readonly id: Row['id'];
  /** 0 to 1: of the whole text where a learned stage joined the findings, else the highest of them. */
  readonly score: number;
  readonly flag: boolean;
  readonly findings: readonly object[];
  /** What each stage thinks by itself. */
  readonly stages?: readonly StageScore[];
  /** Why the text was not looked at, or not to its end. Then `flag` is true: the gateway would not let it pass either. */
  readonly failed?: FailureCode | 'media_not_readable' | 'bad_row';
  readonly ms: number;
}

/** What a line holds, or what is wrong with it, and the id that it names all the same. */
export type ReadRow = { readonly row: Row } | { readonly id: Row['id']; readonly wrong: string };

export function readRow(line: string): ReadRow {
  const members = parseJson(line);
  if (members === undefined) return { id: null, wrong: 'it is no JSON' };
  const parsed = rowSchema.safeParse(members);
  const named = idSchema.safeParse(members);
  const id = named.success ? named.data.id : null;
  if (!parsed.success) return { id, wrong: problemOf(parsed.error) };
  const { text, base64 } = parsed.data;
  if ((text === undefined) !== (base64 === undefined)) return { row: parsed.data };
  return { id, wrong: `it has ${text === undefined ? 'neither "text" nor "base64"' : '"text" and "base64"; one of them is its text'}` };
}

/** Undefined for a line that is no row. */
export function parseRow(line: string): Row | undefined {
  const read = readRow(line);
  return 'row' in read ? read.row : undefined;
}

const idSchema = z.object({ id: z.union([z.string(), z.number()]) });

function problemOf({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined || issue.path.length === 0) return 'it is no JSON object';
  const name = issue.path.join('.');
  return name === 'origin' ? `"origin" is none of ${ORIGINS.join(', ')}` : `"${name}" is not what it should be: ${issue.message}`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export interface Judged {
  readonly findings: readonly Finding[];
  /** Of the whole text, where a learned stage joined the findings; otherwise the highest finding speaks for it. */
  readonly score?: number;
  readonly stages?: readonly StageScore[];
  readonly failed?: Verdict['failed'];
}

export type RowJudge = (row: Row) => Judged;

/** Looks again at what a row's text was taken for. */
type Review = (report: MeaningReport, at: { readonly text: string; readonly origin: Origin }) => MeaningReport | Promise<MeaningReport>;

/** What one of those who look says. */
interface Looked {
  readonly report: MeaningReport | Report;
  /** Whether it is that of the cascade, which a second look may change. */
  readonly isCascade: boolean;
  /** Whether it is what the rules say by themselves, see `joined`. */
  readonly isOfRulesAlone?: boolean;
}

/** A row as it was seen, before anything is concluded. */
interface SeenRow {
  readonly row: Row;
  readonly readable: Readable;
  readonly looks: readonly Looked[];
}

export interface RowBench {
  readonly judge: RowJudge;
  /** The same, with a second look. */
  reviewing(review: Review): (row: Row) => Promise<Judged>;
}

export interface RowHelp {
  /** Judges of whole texts. */
  readonly models?: readonly TextModel[];
  /** Whether somebody looks again, who judges all there is where no stage before does. */
  readonly hasSecond?: boolean;
}

/** Judges rows by the detectors of one task, as the gateway would. Undefined when nobody does the task. */
export function rowBench(task: Task, detectors: Detectors, { models = [], hasSecond = false }: RowHelp = {}): RowBench | undefined {
  // A document for retrieval is attacked with the same words as a prompt; only its origin differs.
  const meaningTasks: readonly Task[] = task === 'documents' ? ['documents', 'injection'] : [task];
  const meaning = detectors.meaning.filter((detector) => meaningTasks.includes(detector.task));
  const spans = detectors.spans.filter((detector) => detector.task === task);
  if (meaning.length + spans.length + models.length === 0 && !hasSecond) return undefined;
  const looksAt = lookers(task, { meaning, hasSecond, scanner: spans.length === 0 ? undefined : createSpanScanner(spans) });
  const learned = task === 'documents' ? learnedOrders(meaning, detectors.orders) : undefined;
  const seen = (row: Row): SeenRow | undefined => {
    const found = textOf(row);
    if (found === undefined) return undefined;
    const readable = task === 'documents' && found.hidden.length === 0 ? { ...found, text: decodedMail(found.text) } : found;
    return {
      row,
      readable,
      looks: looksAt(readable.text, row.origin, row.system_prompt === undefined ? {} : { systemPrompt: row.system_prompt }),
    };
  };
  const concluded = ({ row, readable: { text, hidden }, looks: all }: SeenRow): Judged => {
    const looks = text.length > CERTAIN_UNITS ? all.filter(({ isOfRulesAlone }) => isOfRulesAlone !== true) : all;
    const reports = looks.map(({ report }) => report);
    const failed = reports.find((report) => report.state === 'failed');
    const guessed = models.flatMap((model) => model.judge(text, row.origin ?? usualOrigin(task)));
    const orders = task === 'documents' ? ordersIn(text, hidden, learned) : [];
    const findings = [...reports.map((report) => report.findings), orders, guessed].reduce(withMore);
    return {
      findings,
      ...(task === 'documents' ? joined(reports, [...findings.filter(isOfRules), ...orders], asOfDocument) : joined(reports, guessed)),
      ...(failed?.state === 'failed' ? { failed: failed.code } : {}),
    };
  };
  return {
    judge(row) {
      const one = seen(row);
      return one === undefined ? UNREADABLE : concluded(one);
    },
    reviewing: (review) => async (row) => {
      const one = seen(row);
      if (one === undefined) return UNREADABLE;
      const at = { text: one.readable.text, origin: row.origin ?? usualOrigin(task) };
      const looks: Looked[] = [];
      for (const look of one.looks) looks.push(look.isCascade ? { ...look, report: await review(look.report, at) } : look);
      return concluded({ ...one, looks });
    },
  };
}

/** Judges rows without a second look. */
export const rowJudge = (task: Task, detectors: Detectors): RowJudge | undefined => rowBench(task, detectors)?.judge;

const UNREADABLE: Judged = { findings: [], failed: 'media_not_readable' };

const isMeaning = (report: MeaningReport | Report): report is MeaningReport & { readonly score: number } =>
  'score' in report && report.score !== undefined;

/** Weights of orders weigh what the whole cascade says. */
function learnedOrders(meaning: readonly MeaningPart[], weights: OrderWeights | undefined): LearnedOrders | undefined {
  if (weights === undefined || !meaning.some((part) => part.kind === 'learned')) return undefined;
  return { weights, judgeAlone: aloneBy(judgeOf(meaning)) };
}

export function aloneBy(judge: MeaningJudge): JudgeAlone {
  return (text) => {
    const stages = judge.judge(text, 'retrieved', {}).stages ?? [];
    const of = (name: string): number => stages.find(({ stage }) => stage === name)?.score ?? 0;
    return { fast: of('fast'), rules: of('rules') };
  };
}

const ordersIn = (text: string, hidden: readonly HiddenPart[], learned: LearnedOrders | undefined): readonly Finding[] => [
  ...hiddenOrders([...hidden, ...hiddenParts(text)], learned),
  ...(learned === undefined ? [] : openOrders(text, learned)),
];

/** The learned stage learned from what people write to models. Pages, tables and logs are worded otherwise, so it has to be surer of them. */
const DOCUMENT_SCORE_MIN = 0.75;
const asOfDocument = (score: number): number => (score >= DOCUMENT_SCORE_MIN ? score : (score * 0.49) / DOCUMENT_SCORE_MIN);
/** In a longer document some passage reads like an order by chance: there the rules count as the cascade weighs them, which keeps what they are sure of. */
const CERTAIN_UNITS = 4_000;
const isOfRules = ({ rule }: Finding): boolean => rule !== 'injection.learned';

/**
 * The joined score holds for the meaning of a text; what was found beside it can only raise it. `certain` is what no learned stage may lower:
 * it learned from what people write to models, and a document or a tool's description is worded otherwise.
 */
function joined(
  reports: readonly (MeaningReport | Report)[],
  certain: readonly Finding[],
  trusted: (score: number) => number = (score) => score,
): Pick<Judged, 'score' | 'stages'> {
  const meaning = reports.find(isMeaning);
  if (meaning === undefined) return {};
  const beside = [...reports.filter((report) => report !== meaning).flatMap(({ findings }) => findings), ...certain];
  return { score: beside.reduce((highest, { score }) => Math.max(highest, score), trusted(meaning.score)), stages: meaning.stages ?? [] };
}

const usualOrigin = (task: Task): Origin => (task === 'documents' ? 'retrieved' : task === 'leak' ? 'model' : 'user');

/** What was found first keeps its name; the others add what stands elsewhere. */
function withMore(proven: readonly Finding[], guessed: readonly Finding[]): readonly Finding[] {
  const added = guessed.filter(({ start, end }) => !proven.some((finding) => finding.start < end && finding.end > start));
  return added.length === 0 ? proven : [...proven, ...added].sort((a, b) => a.start - b.start);
}

interface Lookers {
  readonly hasSecond: boolean;
  readonly meaning: readonly MeaningPart[];
  readonly scanner: SpanScanner | undefined;
}

function lookers(task: Task, { meaning, hasSecond, scanner }: Lookers) {
  const judge: MeaningJudge | undefined = meaning.length === 0 && !hasSecond ? undefined : judgeOf(meaning);
  // What the rules say of a document by themselves, see `joined`.
  const plain = task === 'documents' ? createMeaningJudge(meaning.filter((part) => part.kind === 'meaning')) : undefined;
  const usual = usualOrigin(task);
  return (text: string, given: Origin | undefined, context: DetectContext): readonly Looked[] => {
    const origin = given ?? usual;
    // Leaks are looked for in answers, whoever is said to have written them.
    const direction = task === 'leak' || origin === 'model' ? 'output' : 'input';
    return [
      ...(plain === undefined ? [] : [{ report: judgeWindows(plain, { text, origin, context }), isCascade: false, isOfRulesAlone: true }]),
      ...(judge === undefined ? [] : [{ report: judgeWindows(judge, { text, origin, context }), isCascade: true }]),
      ...(scanner === undefined
        ? []
        : [{ report: scanner.inspect(text, { direction, origin, context, tasks: [task] }), isCascade: false }]),
    ];
  };
}

const TEXT_MEDIA = /^(?:text\/|message\/|application\/(?:[\w.+-]+\+)?(?:json|xml|yaml|javascript)\b)/i;

interface Readable {
  readonly text: string;
  /** What a document hides, with its place in `text`. */
  readonly hidden: readonly HiddenPart[];
}

const readDocument = createDocumentReader();

/** The text of a row. Undefined for media that no guard of this version can look into. */
function textOf({ text, base64, media }: Row): Readable | undefined {
  if (text !== undefined) return { text, hidden: [] };
  const bytes = Buffer.from(base64 ?? '', 'base64');
  // What is no text is told by its content: a media type is only what somebody says.
  if (!isBinary(bytes)) {
    const said = bytes.toString('utf8');
    const isText = (media !== undefined && TEXT_MEDIA.test(media)) || isUtf8(bytes) || !CONTROL.test(said);
    return isText ? { text: said, hidden: [] } : undefined;
  }
  const wide = wideText(bytes);
  if (wide !== undefined) return { text: wide, hidden: [] };
  const document = readDocument(bytes);
  return document.state === 'read' ? withHidden(document) : undefined;
}

/** What no text has: control characters but those that part lines, columns and pages, and the escape of terminals. */
const CONTROL = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/;

/** Text in two bytes a character, told by its mark (The Unicode Standard 23.8); undefined for anything else. */
function wideText(bytes: Buffer): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
  if (encoding === undefined) return undefined;
  const text = new TextDecoder(encoding).decode(bytes);
  return CONTROL.test(text) ? undefined : text;
}

/** What is hidden follows what is seen: a model reads both. */
function withHidden(document: DocumentText): Readable {
  let { text } = document;
  const hidden = document.hidden.map((part) => {
    const start = text.length + 2;
    text += `\n\n${part.text}`;
    return { ...part, start, end: text.length };
  });
  return { text, hidden };
}

export function toVerdict(id: Row['id'], judged: Judged, rest: { readonly threshold: number; readonly ms: number }): Verdict {
  const { findings, stages, failed } = judged;
  const score = judged.score ?? findings.reduce((highest, finding) => Math.max(highest, finding.score), 0);
  return {
    id,
    score: rounded(score),
    flag: failed !== undefined || score >= rest.threshold,
    findings: findings.map(({ rule, class: kind, family, type, start, end, score: sure }) => ({
      rule,
      class: kind,
      ...(family === undefined ? {} : { family }),
      ...(type === undefined ? {} : { type }),
      start,
      end,
      score: sure,
    })),
    ...(stages === undefined ? {} : { stages: stages.map(({ stage, score: seen }) => ({ stage, score: rounded(seen) })) }),
    ...(failed === undefined ? {} : { failed }),
    ms: Math.round(rest.ms * 1000) / 1000,
  };
}

/** Enough digits that ten thousand rows keep their order. */
const rounded = (score: number): number => Math.round(score * 1_000_000) / 1_000_000;
