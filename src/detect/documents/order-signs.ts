// What in a text says that it gives orders to a model: whom it speaks to, of what, and what the cascade thinks of it by itself.
import type { HiddenPart } from './hidden-parts.ts';
import type { Place, Signs } from './order-weights.ts';
import orders from './orders.json' with { type: 'json' };

const compile = (list: readonly string[]): readonly RegExp[] => list.map((source) => new RegExp(source, 'iu'));
/** Says alone whom it is for. */
const DIRECT = compile(orders.direct);
const ADDRESS = compile(orders.address);
const ANSWER = compile(orders.answer);
const ORDER = compile(orders.order);
const HARMLESS = compile(orders.harmless);

const count = (patterns: readonly RegExp[], text: string): number => patterns.filter((pattern) => pattern.test(text)).length;

/** Too short for an order. */
export const isShort = (text: string): boolean => text.split(/\s+/).length < 3 && !/[\u3040-\u9fff]{6}/.test(text);

/** Who only speaks of models says nothing to one. */
export const isDirect = (text: string): boolean => count(DIRECT, text) > 0;

/** Comments of code and attributes are read by people too. */
const OPEN_WAYS = /comment of code|attribute|image|header|front matter|folded away|text in a/;
const HIDDEN_WELL = /by its style|not drawn|invisible|colour|off the page|tiny|vanish|one version|transparent|cut away|far (?:to|below)/;
/** Whoever opens the file sees them as they are. */
const SEEN_WAYS = /note below|description of an event/;

export const placeOf = (how: string): Place =>
  SEEN_WAYS.test(how) ? 'seen' : OPEN_WAYS.test(how) ? 'open' : HIDDEN_WELL.test(how) ? 'hidden' : 'aside';

/** How likely a hidden part gives orders to a model, by its words alone: 0 to 0.95. */
export function weighWords({ how, text }: Pick<HiddenPart, 'how' | 'text'>): number {
  const weight =
    0.35 * Math.min(1, count(DIRECT, text)) +
    0.3 * Math.min(1, count(ADDRESS, text)) +
    0.2 * Math.min(2, count(ANSWER, text)) +
    0.2 * Math.min(2, count(ORDER, text)) -
    0.25 * count(HARMLESS, text);
  return Math.max(0, Math.min(0.95, weight - (OPEN_WAYS.test(how) ? 0.08 : 0)));
}

/** What the cascade thinks of a text by itself: its learned stage and its rules, each 0 to 1. */
export interface Alone {
  readonly fast: number;
  readonly rules: number;
}

const logit = (chance: number): number => {
  const kept = Math.min(0.995, Math.max(0.003, chance));
  return Math.log(kept / (1 - kept));
};

export const signsOf = (text: string, { fast, rules }: Alone): Signs => ({
  fast: logit(fast),
  rules,
  address: Math.min(1, count(ADDRESS, text)),
  direct: Math.min(1, count(DIRECT, text)),
  answer: Math.min(2, count(ANSWER, text)),
  order: Math.min(2, count(ORDER, text)),
  harmless: Math.min(1, count(HARMLESS, text)),
});
