// What tokens cost.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prices } from './limits/prices.ts';

test.each([
  ['gpt-4o-mini-2024-07-18', 20, 0, 3],
  ['gpt-4o-mini', 1, 0, 1],
  ['gpt-4o', 1_000_000, 100_000, 3_500_000],
  ['openai/gpt-4o', 1_000_000, 0, 2_500_000],
  ['Llama-3.3-70B-Instruct', 1_000_000, 0, 900_000],
  ['some-new-model', 1_000_000, 1_000_000, 210_000_000],
  ['gpt-4o', 0, 0, 0],
] as const)('%s with %i tokens in and %i out costs %i micro-units', (...[model, inputTokens, outputTokens, expected]) => {
  expect(new Prices().costOf(model, { inputTokens, outputTokens })).toBe(expected);
});

test("an operator's own price comes first, and an unknown model is known as such", () => {
  const prices = new Prices([{ match: 'gpt-4o*', input: 0.001, output: 0 }]);
  expect(prices.costOf('gpt-4o', { inputTokens: 1_001, outputTokens: 0 })).toBe(2);
  expect(prices.knows('gpt-4o')).toBe(true);
  expect(prices.knows('mystery')).toBe(false);
});

test('no usage costs less than its share of a greater one', () => {
  const prices = new Prices();
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (inputTokens, outputTokens) => {
      const whole = prices.costOf('gpt-4o-mini', { inputTokens, outputTokens });
      const parts =
        prices.costOf('gpt-4o-mini', { inputTokens, outputTokens: 0 }) + prices.costOf('gpt-4o-mini', { inputTokens: 0, outputTokens });
      expect(Number.isSafeInteger(whole)).toBe(true);
      expect(whole).toBeLessThanOrEqual(parts);
      expect(whole).toBeGreaterThanOrEqual(parts - 1);
    }),
  );
});
