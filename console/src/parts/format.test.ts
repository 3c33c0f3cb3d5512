// Numbers and times as people read them.
import { describe, expect, it } from 'vitest';
import { toAgo, toDuration, toMoney, toMoneyColumn, toShort } from './format.ts';

describe('money', () => {
  it.each([
    [0, '$0'],
    [56, '$0.000056'],
    [50, '$0.00005'],
    [600_000, '$0.60'],
    [12_345, '$0.0123'],
    [1_000_000, '$1.00'],
    [1_234_567_890, '$1,234.57'],
  ])('%d micro-units are %s', (microUnits, text) => expect(toMoney(microUnits)).toBe(text));
});

it('money in a column has the digits of its size', () => {
  expect([50, 9_000, 600_000, 2_000_000].map(toMoneyColumn)).toEqual(['$0.000050', '$0.009000', '$0.6000', '$2.00']);
});

describe('time', () => {
  it.each([
    [0.4, '<1 ms'],
    [41, '41 ms'],
    [1_500, '1.50 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h 0 min'],
    [864_000_000, '10 d'],
  ])('%d ms are %s', (ms, text) => expect(toDuration(ms)).toBe(text));

  it.each([
    [0, 'now'],
    [20_000, '20 s ago'],
    [7_200_000, '2 h ago'],
    [-90_000, 'in 1 min'],
  ])('%d ms later it was %s', (ms, text) => expect(toAgo(1_000_000_000_000, 1_000_000_000_000 + ms)).toBe(text));
});

describe('a count', () => {
  it.each([
    [9_999, '9,999'],
    [12_345, '12.3K'],
    [4_500_000, '4.5M'],
  ])('%d is %s', (count, text) => expect(toShort(count)).toBe(text));
});
