// What each stage of the cascade would have done by itself over labelled rows.
import type { StageScore } from '../../detect/detector.ts';
import { shareOf, type Share } from './eval-figures.ts';
import { table } from './printing.ts';

export interface StageFigures {
  readonly stage: string;
  /** Rows that it judged: the strong stage sees only those in doubt. */
  readonly rows: number;
  readonly recall: Share;
  readonly falseAlarms: Share;
}

interface StagedRow {
  readonly label: 0 | 1;
  readonly verdict: { readonly stages?: readonly StageScore[] };
}

export function stageFigures(rows: readonly StagedRow[], threshold: number): readonly StageFigures[] {
  const names = new Set(rows.flatMap(({ verdict }) => (verdict.stages ?? []).map(({ stage }) => stage)));
  return [...names].map((stage): StageFigures => {
    const seen = rows.flatMap(({ label, verdict }) => {
      const score = verdict.stages?.find((one) => one.stage === stage)?.score;
      return score === undefined ? [] : [{ label, isFlagged: score >= threshold }];
    });
    const share = (label: 0 | 1): Share => {
      const some = seen.filter((one) => one.label === label);
      return shareOf(some.filter(({ isFlagged }) => isFlagged).length, some.length);
    };
    return { stage, rows: seen.length, recall: share(1), falseAlarms: share(0) };
  });
}

export const stageText = (figures: readonly StageFigures[], shareText: (share: Share) => string): string =>
  table(
    ['stage by itself', 'rows', 'recall', 'false alarms'],
    figures.map(({ stage, rows, recall, falseAlarms }) => [stage, String(rows), shareText(recall), shareText(falseAlarms)]),
  );
