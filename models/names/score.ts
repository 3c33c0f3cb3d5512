// How well spans are found: precision, recall and F1 by type, exactly and by overlap.
import type { LabelledText } from './grammar.ts';

interface Count {
  gold: number;
  found: number;
  exact: number;
  overlapGold: number;
  overlapFound: number;
}

export type Scores = ReadonlyMap<string, Count>;

type Find = (text: string) => readonly { readonly start: number; readonly end: number; readonly type: string }[];

export function scoreOf(rows: readonly LabelledText[], find: Find, types: readonly string[]): Scores {
  const counts = new Map<string, Count>(
    [...types, 'all'].map((type) => [type, { gold: 0, found: 0, exact: 0, overlapGold: 0, overlapFound: 0 }]),
  );
  const add = (type: string, key: keyof Count): void => {
    for (const name of [type, 'all']) {
      const count = counts.get(name);
      if (count !== undefined) count[key] += 1;
    }
  };
  for (const { text, spans } of rows) {
    const found = find(text).filter(({ type }) => types.includes(type));
    for (const span of spans) {
      add(span.type, 'gold');
      const same = found.filter((each) => each.type === span.type && each.start < span.end && each.end > span.start);
      if (same.length > 0) add(span.type, 'overlapGold');
      if (same.some((each) => each.start === span.start && each.end === span.end)) add(span.type, 'exact');
    }
    for (const each of found) {
      add(each.type, 'found');
      if (spans.some((span) => span.type === each.type && each.start < span.end && each.end > span.start)) add(each.type, 'overlapFound');
    }
  }
  return counts;
}

const f1 = (precision: number, recall: number): number => (precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall));

/** F1 of spans found exactly, and of spans found at least in part. */
export function f1Of({ gold, found, exact, overlapGold, overlapFound }: Count): { readonly exact: number; readonly overlap: number } {
  return {
    exact: f1(exact / Math.max(1, found), exact / Math.max(1, gold)),
    overlap: f1(overlapFound / Math.max(1, found), overlapGold / Math.max(1, gold)),
  };
}

export function printScores(title: string, scores: Scores): void {
  console.log(`${title}\n  type           gold found   P overlap  R overlap  F1 overlap  F1 exact`);
  for (const [type, count] of scores) {
    if (count.gold + count.found === 0) continue;
    const { exact, overlap } = f1Of(count);
    const share = (part: number, of: number): string => (of === 0 ? '-' : (part / of).toFixed(3)).padStart(9);
    console.log(
      `  ${type.padEnd(14)} ${String(count.gold).padStart(4)} ${String(count.found).padStart(5)} ${share(count.overlapFound, count.found)} ${share(count.overlapGold, count.gold)}  ${overlap.toFixed(3).padStart(9)} ${exact.toFixed(3).padStart(9)}`,
    );
  }
}
