// Judges what a document hides: whether it speaks to a model, of the model's answer, and gives orders. Hiding alone is no crime: pages hide
// menus, mails hide what their preview shows.
import type { Finding } from '../../core/types.ts';
import type { HiddenPart } from './hidden-parts.ts';
import orders from './orders.json' with { type: 'json' };

const compile = (list: readonly string[]): readonly RegExp[] => list.map((source) => new RegExp(source, 'iu'));
/** Says alone whom it is for. */
const DIRECT = compile(orders.direct);
const ADDRESS = compile(orders.address);
const ANSWER = compile(orders.answer);
const ORDER = compile(orders.order);
const HARMLESS = compile(orders.harmless);

const JUDGED_UNITS_MAX = 4_000;
/** Comments of code and attributes are read by people too. */
const OPEN_WAYS = /comment of code|attribute|image|header|front matter|folded away|text in a/;

const count = (patterns: readonly RegExp[], text: string): number => patterns.filter((pattern) => pattern.test(text)).length;

/** Too short for an order. */
const isShort = (text: string): boolean => text.split(/\s+/).length < 3 && !/[\u3040-\u9fff]{6}/.test(text);

/** How likely a hidden part gives orders to a model: 0 to 1. */
export function weighHidden({ how, text }: Pick<HiddenPart, 'how' | 'text'>): number {
  const judged = text.slice(0, JUDGED_UNITS_MAX);
  if (isShort(judged)) return 0;
  const isAddressed = count(ADDRESS, judged);
  const isAbout = count(ANSWER, judged);
  const isOrder = count(ORDER, judged);
  const weight =
    0.35 * Math.min(1, count(DIRECT, judged)) +
    0.3 * Math.min(1, isAddressed) +
    0.2 * Math.min(2, isAbout) +
    0.2 * Math.min(2, isOrder) -
    0.25 * count(HARMLESS, judged);
  return Math.max(0, Math.min(0.95, weight - (OPEN_WAYS.test(how) ? 0.08 : 0)));
}

/** Least weight that is told. */
const LEAST = 0.5;

/** What the cascade thinks of a text by itself: its learned stage and its rules, each 0 to 1. */
export interface Alone {
  readonly fast: number;
  readonly rules: number;
}
export type JudgeAlone = (text: string) => Alone;

/**
 * What each thing weighs, fitted by logistic regression to `corpus/documents/orders.json` and to hidden parts of labelled documents; the biases were set again
 * for later weights of the cascade, so that two in a hundred innocent documents are told. Where a text stands is the bias: the better it is kept from people, the likelier an order in it is meant for a model.
 */
const WEIGHTS = { fast: 3.1 / 3, rules: 0.8, address: 0.9, direct: 1, answer: 0.15, order: 0.1, harmless: -1.9 } as const;
const BIAS = { hidden: 1.5, aside: 1.1, open: 1, seen: 0.1, sight: -0.2 } as const;
const HIDDEN_WELL = /by its style|not drawn|invisible|colour|off the page|tiny|vanish|one version|transparent|cut away|far (?:to|below)/;
/** Whoever opens the file sees them as they are. */
const SEEN_WAYS = /note below|description of an event/;

const logit = (chance: number): number => {
  const kept = Math.min(0.995, Math.max(0.003, chance));
  return Math.log(kept / (1 - kept));
};

/** 0 to 0.95. */
function likelihood(text: string, bias: number, { fast, rules }: Alone): number {
  const sum =
    bias +
    WEIGHTS.fast * logit(fast) +
    WEIGHTS.rules * rules +
    WEIGHTS.address * Math.min(1, count(ADDRESS, text)) +
    WEIGHTS.direct * Math.min(1, count(DIRECT, text)) +
    WEIGHTS.answer * Math.min(2, count(ANSWER, text)) +
    WEIGHTS.order * Math.min(2, count(ORDER, text)) +
    WEIGHTS.harmless * Math.min(1, count(HARMLESS, text));
  return Math.min(0.95, 1 / (1 + Math.exp(-sum)));
}

const biasOf = (how: string): number =>
  SEEN_WAYS.test(how) ? BIAS.seen : OPEN_WAYS.test(how) ? BIAS.open : HIDDEN_WELL.test(how) ? BIAS.hidden : BIAS.aside;

/** Findings of hidden parts that give orders. `judgeAlone`: what the cascade thinks of each by itself; without it, words alone decide. */
export function hiddenOrders(parts: readonly HiddenPart[], judgeAlone?: JudgeAlone): readonly Finding[] {
  return parts.flatMap((part): readonly Finding[] => {
    const text = part.text.slice(0, JUDGED_UNITS_MAX);
    const score = judgeAlone === undefined || isShort(text) ? weighHidden(part) : likelihood(text, biasOf(part.how), judgeAlone(text));
    if (score < LEAST) return [];
    return [found(part, score, `orders to a model, hidden from people: ${part.how}`)];
  });
}

const found = ({ start, end }: Pick<HiddenPart, 'start' | 'end'>, score: number, reason: string): Finding => ({
  rule: 'documents.hidden', class: 'injection', family: 'instruction_hijack', severity: 'high', score, start, end, reason, taxonomy: 'indirect-injection',
}); // prettier-ignore

/** Sentences and cells, at most so long. */
const PIECE = /[^\n.!?;|]{1,600}[.!?;|]{0,8}/g;
const PIECES_MAX = 20_000;

/** Without one of these no pattern of `direct` can match; one quick look at most sentences is enough. */
const HINT =
  /assist|asist|model|chatbot|\bbots?\b|\bagent|\bai\b|\bia\b|\bki\b|llm|gpt|claude|copilot|gemini|summari|your |the user|the reader|whoever|ignore|disregard|forget|override|reply|respond|answer/i;

/** Findings of sentences that stand in plain sight and speak to a model all the same: two neighbours are judged as one. */
export function openOrders(text: string, judgeAlone: JudgeAlone): readonly Finding[] {
  const findings: Finding[] = [];
  let before = -1;
  let pieces = 0;
  for (const piece of text.matchAll(PIECE)) {
    if ((pieces += 1) > PIECES_MAX) break;
    const start = before < 0 ? piece.index : before;
    const end = piece.index + piece[0].length;
    const said = text.slice(start, end);
    before = piece.index;
    // Who only speaks of models says nothing to one.
    const isCandidate = HINT.test(said) && !isShort(said) && count(DIRECT, said) > 0;
    const score = isCandidate ? likelihood(said, BIAS.sight, judgeAlone(said)) : 0;
    if (score >= LEAST) findings.push(found({ start, end }, score, 'orders to a model in a document'));
  }
  return findings;
}
