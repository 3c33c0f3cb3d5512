// Judges what a document hides: whether it speaks to a model, of the model's answer, and gives orders. Hiding alone is no crime: pages hide
// menus, mails hide what their preview shows.
import type { Finding } from '../../core/types.ts';
import type { TextModel } from '../text-model.ts';
import { hiddenParts, type HiddenPart } from './hidden-parts.ts';
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
const OPEN_WAYS = /comment of code|attribute|image|header|front matter/;

const count = (patterns: readonly RegExp[], text: string): number => patterns.filter((pattern) => pattern.test(text)).length;

/** How likely a hidden part gives orders to a model: 0 to 1. */
export function weighHidden({ how, text }: Pick<HiddenPart, 'how' | 'text'>): number {
  const judged = text.slice(0, JUDGED_UNITS_MAX);
  if (judged.split(/\s+/).length < 3 && !/[\u3040-\u9fff]{6}/.test(judged)) return 0;
  const isAddressed = count(ADDRESS, judged);
  const isAbout = count(ANSWER, judged);
  const isOrder = count(ORDER, judged);
  const weight =
    0.35 * Math.min(1, count(DIRECT, judged)) +
    0.3 * Math.min(1, isAddressed) +
    0.2 * Math.min(2, isAbout) +
    0.2 * Math.min(2, isOrder) -
    0.25 * count(HARMLESS, judged);
  return Math.max(
    0,
    Math.min(0.95, weight - (OPEN_WAYS.test(how) ? 0.08 : 0) + (/not drawn|invisible|colour|off the page|tiny/.test(how) ? 0.2 : 0)),
  );
}

/** Least weight that is told. */
const LEAST = 0.5;

/** Findings of hidden parts that give orders. */
export function hiddenOrders(parts: readonly HiddenPart[]): readonly Finding[] {
  return parts.flatMap((part): readonly Finding[] => {
    const score = weighHidden(part);
    if (score < LEAST) return [];
    return [
      {
        rule: 'documents.hidden', class: 'injection', family: 'instruction_hijack', severity: 'high', score, start: part.start, end: part.end,
        reason: `orders to a model, hidden from people: ${part.how}`, taxonomy: 'indirect-injection',
      },
    ]; // prettier-ignore
  });
}

export const hiddenOrdersModel: TextModel = { task: 'documents', judge: (text) => hiddenOrders(hiddenParts(text)) };
