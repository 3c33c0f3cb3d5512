// What usage costs at an upstream that has a price of its own.
import type { Route } from './routes.ts';
import type { Usage } from './wire/format.ts';

/** US dollars per million tokens, as whole thousandths: a budget must not leak through fractions. */
export interface LegPrice {
  readonly input: number;
  readonly output: number;
}

const THOUSANDTHS = 1_000;

export const toLegPrice = ({ input, output }: LegPrice): LegPrice => ({
  input: Math.ceil(input * THOUSANDTHS),
  output: Math.ceil(output * THOUSANDTHS),
});

/** Micro-units, rounded up; `byName` is asked where the route's upstream has no price of its own. */
export function costOn({ price }: Pick<Route, 'price'>, usage: Usage, byName: () => number): number {
  return price === undefined ? byName() : Math.ceil((usage.inputTokens * price.input + usage.outputTokens * price.output) / THOUSANDTHS);
}
