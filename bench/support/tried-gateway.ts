// A gateway as one who tries texts at it sees it: the judge of injection, and what was blocked remembered or not.
import { BARE_POLICY } from '../../src/gateway/bare-policy.fixture.ts';
import type { Origin } from '../../src/core/types.ts';
import type { MeaningJudge } from '../../src/detect/meaning/judge.ts';
import { SCORE_HIGH } from '../../src/detect/meaning/weigh.ts';
import { VariantMemory } from '../../src/gateway/variant-memory.ts';

export interface Answer {
  readonly isBlocked: boolean;
  /** Of the text by itself, and with what is remembered. */
  readonly own: number;
  readonly score: number;
}

const policy = BARE_POLICY;
const REQUEST = { id: 'req_bench', route: { policy } };

export class TriedGateway {
  readonly #judge: MeaningJudge;
  readonly #origin: Origin;
  #isRemembering: boolean;
  readonly memory = new VariantMemory({
    clock: { nowMs: () => 0, steadyMs: () => 0 },
    random: { bytes: (count) => new Uint8Array(count).fill(7) },
    settings: () => ({ rememberedMax: 2_000, rememberMinutes: 30 }),
    isAccepted: () => false,
  });

  constructor(judge: MeaningJudge, origin: Origin, isRemembering: boolean) {
    this.#judge = judge;
    this.#origin = origin;
    this.#isRemembering = isRemembering;
  }

  /** One request; what is blocked is remembered where that is asked for. */
  ask(text: string, origin: Origin = this.#origin): Answer {
    const looked = this.#judge.judge(text, origin, {});
    const { report, like } = this.memory.recall('tenant', text, looked);
    const [own, score] = [looked.score ?? 0, report.score ?? 0];
    const isBlocked = score >= SCORE_HIGH;
    const findings = report.findings.filter((finding) => finding.score >= SCORE_HIGH).map((finding) => ({ finding }));
    if (isBlocked && this.#isRemembering) this.memory.remember('tenant', REQUEST, [{ text, origin, report, findings, like }]);
    return { isBlocked, own, score };
  }

  /** A text that was blocked, whatever it scores. */
  take(text: string): void {
    const report = this.#judge.judge(text, this.#origin, {});
    const finding = {
      rule: 'injection.learned',
      class: 'injection',
      severity: 'high',
      score: 0.6,
      start: 0,
      end: text.length,
      reason: 'taken for an attack',
      taxonomy: 'direct-injection',
    } as const;
    this.memory.remember('tenant', REQUEST, [{ text, origin: this.#origin, report, findings: [{ finding }] }]);
  }

  stopRemembering(): void {
    this.#isRemembering = false;
  }
}
