// How an answer ended: what was decided of it, what it used, and whether anybody was asked.
import type { Cost } from '../access/limits/purse.ts';
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

/**
 * An answer that was cut off has used at least what was written of it, whatever an early count says: nobody may leave early to pay less.
 * No token is taken to stand for less than a character. Without any count the bound is charged, which is more.
 */
export const countingRead = (usage: Usage | undefined, readUnits: number): Usage | undefined =>
  usage === undefined || usage.outputTokens >= readUnits ? usage : { ...usage, outputTokens: readUnits, isEstimated: true };

/** What is charged for usage that is known, or estimated. */
export const chargeFor = ({ isEstimated }: Usage, used: Cost, bound: Cost): Cost & { readonly estimated: boolean } =>
  isEstimated === true
    ? { microUnits: Math.min(used.microUnits, bound.microUnits), tokens: Math.min(used.tokens, bound.tokens), estimated: true }
    : { ...used, estimated: false };
