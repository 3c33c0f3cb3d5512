// What is remembered, for whom, and how much of it.
import { describe, expect, it } from 'vitest';
import { CleanMemo } from './clean-memo.ts';

const TEXT = 'a text that is long enough to be remembered';

describe('the memory of clean texts', () => {
  it('knows a text for the tenant and the origin that it was judged for, and for no other', () => {
    const memo = new CleanMemo();
    memo.add('a', 'user', TEXT);
    expect(memo.has('a', 'user', TEXT)).toBe(true);
    expect(memo.has('b', 'user', TEXT)).toBe(false);
    expect(memo.has('a', 'tool', TEXT)).toBe(false);
    expect(memo.has('a', 'user', `${TEXT}.`)).toBe(false);
  });

  it('forgets the oldest, within its bounds', () => {
    const memo = new CleanMemo();
    const text = (n: number): string => `${n} `.repeat(4000).slice(0, 8000);
    for (let n = 0; n <= 16; n++) memo.add('a', 'user', text(n));
    expect([memo.has('a', 'user', text(0)), memo.has('a', 'user', text(1))]).toEqual([false, true]);
    for (let n = 0; n <= 1024; n++) memo.add('b', 'user', `short ${n}`);
    expect([memo.has('b', 'user', 'short 0'), memo.has('b', 'user', 'short 1')]).toEqual([false, true]);
  });

  it('does not remember what is too long for one look', () => {
    const memo = new CleanMemo();
    memo.add('a', 'user', 'x'.repeat(16_385));
    expect(memo.has('a', 'user', 'x'.repeat(16_385))).toBe(false);
  });

  it('forgets the first of too many tenants', () => {
    const memo = new CleanMemo();
    for (let n = 0; n <= 32; n++) memo.add(`t${n}`, 'user', TEXT);
    expect(memo.has('t0', 'user', TEXT)).toBe(false);
    expect(memo.has('t32', 'user', TEXT)).toBe(true);
  });
});
