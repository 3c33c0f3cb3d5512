// What each stage of the injection cascade has contributed since the start: counted here, told by the metrics.
import type { Stage } from '../../core/types.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import { SCORE_HIGH } from '../../detect/meaning/weigh.ts';

export interface StageShare {
  /** Texts that it judged. */
  texts: number;
  /** Texts that it would flag by itself. */
  flagged: number;
  /** Texts that were flagged in the end, and that no other stage would have flagged. */
  alone: number;
}

/** How second looks ended. */
export type Outcome = 'raised' | 'lowered' | 'kept' | 'failed' | 'kept_home';

export class StageShares {
  readonly of: Readonly<Record<Exclude<Stage, 'memory'>, StageShare>> = { rules: none(), fast: none(), strong: none() };

  readonly secondLooks: Record<Outcome, number> = {
    raised: 0,
    lowered: 0,
    kept: 0,
    failed: 0,
    kept_home: 0,
  };

  took({ stages = [], score = 0 }: MeaningReport): void {
    let flags = 0;
    for (const one of stages) if (one.score >= SCORE_HIGH) flags += 1;
    const isAlone = flags === 1 && score >= SCORE_HIGH;
    for (const one of stages) {
      const share = this.#shareOf(one.stage);
      if (share === undefined) continue;
      share.texts += 1;
      if (one.score < SCORE_HIGH) continue;
      share.flagged += 1;
      if (isAlone) share.alone += 1;
    }
  }

  #shareOf(stage: string): StageShare | undefined {
    return stage === 'rules' || stage === 'fast' || stage === 'strong' ? this.of[stage] : undefined;
  }
}

const none = (): StageShare => ({ texts: 0, flagged: 0, alone: 0 });
