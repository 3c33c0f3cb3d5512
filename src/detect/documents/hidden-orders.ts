// Judges what a document hides: whether it speaks to a model, of the model's answer, and gives orders. Hiding alone is no crime: pages hide
// menus, mails hide what their preview shows.
import type { Finding } from '../../core/types.ts';
import type { HiddenPart } from './hidden-parts.ts';
import { isDirect, isShort, placeOf, signsOf, weighWords, type Alone } from './order-signs.ts';
import { oddsOf, type OrderWeights, type Place } from './order-weights.ts';

const JUDGED_UNITS_MAX = 4_000;
/** Least score that is told. */
const LEAST = 0.5;
const SCORE_MAX = 0.95;

export type JudgeAlone = (text: string) => Alone;

/** What was learned of orders, and the cascade that it was learned with. */
export interface LearnedOrders {
  readonly weights: OrderWeights;
  readonly judgeAlone: JudgeAlone;
}

/** A text that may give orders, and how well it is kept from people. */
export interface Suspect {
  readonly place: Place;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly reason: string;
}

/** Hidden parts that are long enough for an order. */
export const hiddenSuspects = (parts: readonly HiddenPart[]): readonly Suspect[] =>
  parts.flatMap(({ how, text: whole, start, end }) => {
    const text = whole.slice(0, JUDGED_UNITS_MAX);
    return isShort(text) ? [] : [{ place: placeOf(how), text, start, end, reason: reasonOf(how) }];
  });

/** Findings of hidden parts that give orders; without what was learned, words alone decide. */
export function hiddenOrders(parts: readonly HiddenPart[], learned?: LearnedOrders): readonly Finding[] {
  if (learned !== undefined) return told(hiddenSuspects(parts), learned);
  return parts.flatMap(({ how, text: whole, start, end }): readonly Finding[] => {
    const text = whole.slice(0, JUDGED_UNITS_MAX);
    const score = isShort(text) ? 0 : weighWords({ how, text });
    return score < LEAST ? [] : [found({ start, end, reason: reasonOf(how) }, score)];
  });
}

const reasonOf = (how: string): string => `orders to a model, hidden from people: ${how}`;

const told = (suspects: readonly Suspect[], { weights, judgeAlone }: LearnedOrders): readonly Finding[] =>
  suspects.flatMap((suspect): readonly Finding[] => {
    const odds = oddsOf(weights, { place: suspect.place, signs: signsOf(suspect.text, judgeAlone(suspect.text)) });
    const score = Math.min(SCORE_MAX, 1 / (1 + Math.exp(-odds)));
    return score < LEAST ? [] : [found(suspect, score)];
  });

const found = ({ start, end, reason }: Pick<Suspect, 'start' | 'end' | 'reason'>, score: number): Finding => ({
  rule: 'documents.hidden', class: 'injection', family: 'instruction_hijack', severity: 'high', score, start, end, reason, taxonomy: 'indirect-injection',
}); // prettier-ignore

/** Sentences and cells, at most so long. */
const PIECE = /[^\n.!?;|]{1,600}[.!?;|]{0,8}/g;
const PIECES_MAX = 20_000;

/** Without one of these no pattern of `direct` can match; one quick look at most sentences is enough. */
const HINT =
  /assist|asist|model|chatbot|\bbots?\b|\bagent|\bai\b|\bia\b|\bki\b|llm|gpt|claude|copilot|gemini|summari|your |the user|the reader|whoever|ignore|disregard|forget|override|reply|respond|answer/i;

/** Sentences that stand in plain sight and speak to a model all the same: two neighbours are judged as one. */
export function openSuspects(text: string): readonly Suspect[] {
  const suspects: Suspect[] = [];
  let before = -1;
  let pieces = 0;
  for (const piece of text.matchAll(PIECE)) {
    if ((pieces += 1) > PIECES_MAX) break;
    const start = before < 0 ? piece.index : before;
    const end = piece.index + piece[0].length;
    const said = text.slice(start, end);
    before = piece.index;
    if (HINT.test(said) && !isShort(said) && isDirect(said))
      suspects.push({ place: 'sight', text: said, start, end, reason: 'orders to a model in a document' });
  }
  return suspects;
}

/** Findings of such sentences that give orders. */
export const openOrders = (text: string, learned: LearnedOrders): readonly Finding[] => told(openSuspects(text), learned);
