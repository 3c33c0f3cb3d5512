// One request beside what was blocked lately: what it resembles, and what of it is to be remembered now.
import type { FindingClass, Origin } from '../core/types.ts';
import type { MeaningReport } from '../detect/meaning/judge.ts';
import type { JudgedFinding, SentryInput } from './sentry.ts';
import { isRecalled, type BlockedText, type Recalled } from './variant-memory.ts';

/** What is remembered, and has to be told from what somebody accepted. */
export const ATTACKS: ReadonlySet<FindingClass> = new Set(['injection', 'jailbreak']);

export class BlockedLately {
  readonly #input: Pick<SentryInput, 'variants' | 'policy' | 'tenant'>;
  /** Texts of this request that were blocked for what they mean. */
  readonly blocked: BlockedText[] = [];

  constructor(input: Pick<SentryInput, 'variants' | 'policy' | 'tenant'>) {
    this.#input = input;
  }

  recall(report: MeaningReport, text: string, origin: Origin): Recalled {
    const { variants, policy, tenant } = this.#input;
    return variants === undefined || !isRecalled(policy, origin) ? { report } : variants.recall(tenant, text, report);
  }

  /** Notes a text, if any of what was found in it blocks it. */
  note(looked: Omit<BlockedText, 'findings'>, found: readonly JudgedFinding[]): void {
    const findings = found.filter(({ action, finding }) => action === 'block' && ATTACKS.has(finding.class));
    if (findings.length > 0) this.blocked.push({ ...looked, findings });
  }
}
