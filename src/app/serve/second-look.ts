// The second look: asked only where the first stages leave a doubt, with at most two excerpts of a text, within a deadline. Whoever does
// not answer in time, or not understandably, has failed to look, and the policy says what that means.
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/ports.ts';
import type { FailureCode } from '../../core/types.ts';
import type { SpanScanner } from '../../detect/span/scanner.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import type { Look } from '../../gateway/guards.ts';
import { maskSpans } from '../../gateway/mask.ts';
import type { Opinion } from '../../lens/models/classifier.ts';
import type { SecondLookSettings } from '../config/second-look.ts';
import type { Answer, Asker } from './second-look-asker.ts';
import { coversFindings, excerptsOf, isWhole, sentenceOf, type Excerpt } from './second-look-excerpts.ts';
import { afterSecondLook } from './second-look-verdict.ts';
import type { Outcome } from './stage-shares.ts';

export interface LookedAt {
  readonly text: string;
  readonly look: Look;
  readonly tenant: string;
}

export interface SecondLook {
  /** What becomes of a report: the same object, at once, where there is no doubt. */
  review(report: MeaningReport, at: LookedAt): MeaningReport | Promise<MeaningReport>;
}

export interface SecondLookTools {
  readonly settings: SecondLookSettings;
  readonly asker: Asker;
  readonly spans: SpanScanner;
  readonly clock: Clock;
  readonly count: (outcome: Outcome) => void;
}

const MINUTE_MS = 60_000;
/** A model's name or a word of greeting says too little to be doubted, unless something was found in it. */
const UNITS_MIN = 16;
/** Opinions that are kept: a conversation sends its history with every turn. */
const REMEMBERED_MAX = 4_096;
/** Tenants whose looks are counted at a time. */
const TENANTS_MAX = 10_000;
/** Read on both sides of an excerpt, so that a secret that is cut by its edge is recognised. */
const MARGIN_UNITS = 1_024;

export function createSecondLook(tools: SecondLookTools): SecondLook {
  const bench = new Bench(tools);
  return { review: (report, at) => (bench.isInDoubt(report, at) ? bench.review(report, at) : report) };
}

class Bench {
  readonly #tools: SecondLookTools;
  readonly #remembered = new Map<string, readonly Opinion[]>();
  readonly #used = new Map<string, number>();
  #minute = 0;

  constructor(tools: SecondLookTools) {
    this.#tools = tools;
  }

  isInDoubt({ state, score, findings }: MeaningReport, { text, look: { stagesOff } }: LookedAt): boolean {
    const { from, to, isDefault } = this.#tools.settings;
    if (text.length < UNITS_MIN && findings.length === 0) return false;
    if (state !== 'looked' || stagesOff?.includes('strong') === true) return false;
    // Without a score nobody has judged: then all of it is in doubt, unless who went without the other stages never asked for this one.
    return score === undefined ? isDefault !== true : score >= from && score < to;
  }

  async review(report: MeaningReport, at: LookedAt): Promise<MeaningReport> {
    const { asker, count, settings } = this.#tools;
    if (asker.isExternal && at.look.leavesHouse !== true) {
      count('kept_home');
      return report;
    }
    const excerpts = asker.sees === 'one sentence' ? [sentenceOf(at.text, report)] : excerptsOf(at.text, report);
    const answer = await this.#answer(excerpts, at);
    if (answer.state === 'failed') {
      count('failed');
      // Nobody was promised a second look that nobody asked for.
      if (settings.isDefault === true) return { ...report, isProvisional: true };
      return { ...report, state: 'failed', code: answer.code };
    }
    const worst = worstOf(answer.opinions);
    const place = excerpts[worst.index];
    if (place === undefined) throw new Error('a second look has fewer excerpts than opinions');
    const mayLower =
      asker.isEvidence === true
        ? worst.opinion.isCut !== true && isWhole({ text: at.text, origin: at.look.origin }, report)
        : coversFindings(excerpts, report.findings);
    const next = afterSecondLook(report, {
      opinion: worst.opinion,
      at: place,
      origin: at.look.origin,
      band: settings,
      mayLower,
      isEvidence: asker.isEvidence === true,
    });
    count(outcomeOf(report.score ?? 0, next.score ?? 0));
    return next;
  }

  async #answer(excerpts: readonly Excerpt[], { text, look, tenant }: LookedAt): Promise<Answer> {
    const { asker, clock, settings } = this.#tools;
    const texts = excerpts.map((excerpt) => (asker.isExternal ? this.#masked(text, excerpt, look) : wordsOf(text, excerpt)));
    const name = nameOf(tenant, look, texts);
    const known = this.#remembered.get(name);
    if (known !== undefined) return { state: 'looked', opinions: known };
    if (!this.#hasRoom(tenant)) return { state: 'failed', code: 'queue_full' };
    const untilMs = clock.nowMs() + settings.deadlineMs;
    const answer = await asker.ask({ texts, origin: look.origin, owner: tenant, untilMs });
    if (answer.state === 'looked' && answer.opinions.length !== texts.length) return { state: 'failed', code: 'detector_error' };
    if (answer.state === 'looked') this.#remember(name, answer.opinions);
    return answer;
  }

  /** What leaves the house for a verdict leaves without secrets and personal data, whatever the policy lets pass. */
  #masked(text: string, { start, end, reading }: Excerpt, look: Look): string {
    const [whole, from, to] =
      reading === undefined
        ? ([text.slice(Math.max(0, start - MARGIN_UNITS), end + MARGIN_UNITS), Math.min(start, MARGIN_UNITS), end - start] as const)
        : ([reading, 0, reading.length] as const);
    const { findings } = this.#tools.spans.inspect(whole, look);
    const inside = findings
      .map((finding) => ({ ...finding, start: finding.start - from, end: Math.min(finding.end - from, to) }))
      .filter((finding) => finding.end > 0 && finding.start < to)
      .map((finding) => ({ ...finding, start: Math.max(0, finding.start) }));
    const masked = maskSpans(whole.slice(from, from + to), inside);
    // A reading is in small letters, in which no rule knows a key: whatever looks like one goes.
    return reading === undefined ? masked : masked.replace(OPAQUE, '[OPAQUE]');
  }

  /** One request may hold thousands of turns: what it may cost is bounded by tenant and minute. */
  #hasRoom(tenant: string): boolean {
    const minute = Math.floor(this.#tools.clock.nowMs() / MINUTE_MS);
    if (minute !== this.#minute || this.#used.size > TENANTS_MAX) this.#used.clear();
    this.#minute = minute;
    const used = this.#used.get(tenant) ?? 0;
    this.#used.set(tenant, used + 1);
    return used < this.#tools.settings.perMinute;
  }

  #remember(name: string, opinions: readonly Opinion[]): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest);
    this.#remembered.set(name, opinions);
  }
}

/** Longer than words, and with digits: what random keys look like, and no sentence. */
const OPAQUE = /(?=[^\s\d]{0,64}\d)[\w+/=.~-]{16,}/g;

const wordsOf = (text: string, { start, end, reading }: Excerpt): string => reading ?? text.slice(start, end);

/** By tenant, so that none can tell by the time of an answer what another one has sent. */
const nameOf = (tenant: string, { origin }: Look, texts: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, origin, texts]))
    .digest('base64');

function worstOf(opinions: readonly Opinion[]): { readonly opinion: Opinion; readonly index: number } {
  let index = 0;
  for (const [at, { score }] of opinions.entries()) if (score > (opinions[index]?.score ?? 0)) index = at;
  const opinion = opinions[index];
  if (opinion === undefined) throw new Error('a second look without an opinion');
  return { opinion, index };
}

const outcomeOf = (before: number, after: number): Outcome => (after > before ? 'raised' : after < before ? 'lowered' : 'kept');

/** For askers: resolves with the answer, or with a failure once nobody waits any more. */
export function withDeadline(answer: Promise<Answer>, { ms, after }: Deadline): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const callOff = after(ms, () => resolve(failed('out_of_budget')));
    answer.then(resolve, reject).finally(callOff);
  });
}

export interface Deadline {
  readonly ms: number;
  readonly after: (ms: number, then: () => void) => () => void;
}

const failed = (code: FailureCode): Answer => ({ state: 'failed', code });
