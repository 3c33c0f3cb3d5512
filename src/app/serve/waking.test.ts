// Facts about waking a judge.
import { describe, expect, test } from 'vitest';
import type { MeaningJudge } from '../../detect/meaning/judge.ts';
import { wakeInTurns, wakingTexts } from './waking.ts';

function countingJudge(): { readonly judge: MeaningJudge; readonly judged: string[] } {
  const judged: string[] = [];
  return {
    judged,
    judge: {
      judge(text) {
        judged.push(text);
        return { state: 'looked', findings: [] };
      },
    },
  };
}

describe('waking', () => {
  test('takes several hundred different texts, some of them long', () => {
    const texts = [...wakingTexts()];
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThan(300);
    expect(texts.filter(({ length }) => length > 4000).length).toBeGreaterThan(3);
  });
  test('lets other work through before each text, and ends with the guard', () => {
    const { judge, judged } = countingJudge();
    const waiting: (() => void)[] = [];
    let isClosed = false;
    wakeInTurns(
      judge,
      () => isClosed,
      (turn) => waiting.push(turn),
    );
    expect(judged).toEqual([]);
    for (let turns = 1; turns <= 20; turns += 1) {
      waiting.shift()?.();
      expect(judged.length).toBe(turns);
      expect(waiting.length).toBe(1);
    }
    isClosed = true;
    waiting.shift()?.();
    expect(judged.length).toBe(20);
    expect(waiting).toEqual([]);
  });
  test('ends when all texts were judged', () => {
    const { judge, judged } = countingJudge();
    const waiting: (() => void)[] = [];
    wakeInTurns(
      judge,
      () => false,
      (turn) => waiting.push(turn),
    );
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) turn();
    expect(judged).toEqual([...wakingTexts()]);
  });
});
