// Facts about waking a judge.
import { setImmediate as turn } from 'node:timers/promises';
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
  test('lets other work through after each text, and ends with the guard', async () => {
    const { judge, judged } = countingJudge();
    let isClosed = false;
    wakeInTurns(judge, () => isClosed);
    expect(judged).toEqual([]);
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(judged.length).toBeGreaterThan(1);
    expect(judged.length).toBeLessThanOrEqual(21);
    isClosed = true;
    const last = judged.length;
    for (let turns = 0; turns < 20; turns += 1) await turn();
    expect(judged.length).toBe(last);
  });
});
