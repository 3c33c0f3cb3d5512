// How an answer ended: what was decided of it, what it used, and whether anybody was asked.
import type { Judgement } from './sentry.ts';
import type { Usage } from './wire/format.ts';

export type Judged = Pick<Judgement, 'action' | 'would' | 'findings'>;

export interface Ending extends Judged {
  readonly status: number;
  readonly usage?: Usage | undefined;
  /** The answer as it was released, for the commitment. */
  readonly text?: string;
  /** Why it ended early: a fault code. */
  readonly reason?: string;
  readonly upstream: 'ok' | 'failed' | 'left' | 'not_called';
}

export const NOT_CALLED = { upstream: 'not_called' } as const;
