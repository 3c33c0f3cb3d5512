// Keeps whoever takes second looks over reloads: a new classifier is loaded while the old one still looks, and what is not ready is waited
// for and never passed by.
import { isDeepStrictEqual } from 'node:util';
import type { Clock, RandomSource } from '../../core/ports.ts';
import type { SpanScanner } from '../../detect/span/scanner.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import type { SecondLookSettings } from '../config/second-look.ts';
import { appFault } from '../faults.ts';
import { createSecondLook, type LookedAt, type SecondLook, type SecondLookTools } from './second-look.ts';
import type { Asker, AskerStatus } from './second-look-asker.ts';
import { createJudgeAsker } from './second-look-judge.ts';
import { createModelAsker } from './second-look-model.ts';
import { createVectorAsker } from './second-look-vectors.ts';

export interface KeeperTools {
  /** Read anew for each text; a change is taken over. */
  readonly settings: () => SecondLookSettings | undefined;
  readonly spans: SpanScanner;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly count: SecondLookTools['count'];
  /** Hears what has settled: ready, or failed. */
  readonly onSettled: (status: AskerStatus) => void;
  /** Somebody else looks from now on, or nobody: what was clean for the last one need not be for the next. */
  readonly onChange: () => void;
}

interface Kept {
  readonly settings: SecondLookSettings;
  readonly asker: Asker;
  readonly look: SecondLook;
}

export function askerOf(
  { by, isDefault }: Pick<SecondLookSettings, 'by' | 'isDefault'>,
  { clock, random }: Pick<KeeperTools, 'clock' | 'random'>,
): Asker {
  if (by.kind === 'vectors') return createVectorAsker(clock, isDefault === true);
  return by.kind === 'model' ? createModelAsker(by, clock) : createJudgeAsker(by, { clock, random });
}

export class SecondLookKeeper implements SecondLook {
  readonly #tools: KeeperTools;
  #seen: SecondLookSettings | undefined;
  #current: Kept | undefined;
  /** What is being loaded while the current one looks. */
  #next: Kept | undefined;

  constructor(tools: KeeperTools) {
    this.#tools = tools;
  }

  /** Loads what is configured. Throws `second_look_model` when it cannot be used: a start must not go on without it. */
  async start(): Promise<void> {
    this.#follow();
    const kept = this.#current;
    if (kept === undefined || kept.settings.isDefault === true) return;
    await kept.asker.settled;
    const { state, detail } = kept.asker.status;
    const { by } = kept.settings;
    if (state !== 'failed' || by.kind === 'judge') return;
    await this.close();
    throw appFault('second_look_model', { folder: by.kind === 'model' ? by.folder : 'models/injection', reason: detail });
  }

  review(report: MeaningReport, at: LookedAt): MeaningReport | Promise<MeaningReport> {
    if (this.#tools.settings() !== this.#seen) this.#follow();
    return this.#current === undefined ? report : this.#current.look.review(report, at);
  }

  /** Undefined where none is configured. */
  get status(): AskerStatus | undefined {
    if (this.#tools.settings() !== this.#seen) this.#follow();
    return (this.#next ?? this.#current)?.asker.status;
  }

  async close(): Promise<void> {
    await Promise.all([this.#current?.asker.close(), this.#next?.asker.close()]);
  }

  #follow(): void {
    const settings = this.#tools.settings();
    this.#seen = settings;
    const waiting = this.#next;
    if (isDeepStrictEqual(settings, (waiting ?? this.#current)?.settings)) return;
    const kept = settings === undefined ? undefined : this.#keptFor(settings);
    this.#next = undefined;
    if (this.#mayTake(kept)) this.#take(kept);
    else this.#next = kept;
    if (waiting !== undefined && waiting.asker !== kept?.asker) void waiting.asker.close();
  }

  /** Without an old one, texts wait for the new one: they must not pass unseen meanwhile. What loads when it is asked is never waited for. */
  #mayTake(kept: Kept | undefined): boolean {
    const current = this.#current;
    return kept === undefined || current === undefined || current.asker === kept.asker || kept.settings.isDefault === true;
  }

  /** Another band alone needs no new asker. */
  #keptFor(settings: SecondLookSettings): Kept {
    const { spans, clock, count } = this.#tools;
    const known = [this.#next, this.#current].find(
      (one) => isDeepStrictEqual(one?.settings.by, settings.by) && one?.settings.isDefault === settings.isDefault,
    )?.asker;
    const asker = known ?? askerOf(settings, this.#tools);
    if (known === undefined) void asker.settled.then(() => this.#onSettled(asker));
    return { settings, asker, look: createSecondLook({ settings, asker, spans, clock, count }) };
  }

  #onSettled(asker: Asker): void {
    const next = this.#next;
    if (next?.asker === asker) {
      this.#next = undefined;
      this.#take(next);
    }
    if (this.#current?.asker === asker) this.#tools.onSettled(asker.status);
  }

  #take(kept: Kept | undefined): void {
    const before = this.#current;
    this.#current = kept;
    this.#tools.onChange();
    if (before !== undefined && before.asker !== kept?.asker) void before.asker.close();
  }
}
