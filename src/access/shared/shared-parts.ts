// What several replicas share, put together: rates and messages in Valkey; grants of budgets and orders to stop in the database.
import type { Clock } from '../../core/ports.ts';
import type { SharedDoor } from '../../io/shared/shared-door.ts';
import type { State } from '../../io/state/open-state.ts';
import type { Access, SharedAccess } from '../access.ts';
import type { SpentSum } from '../limits/budget-fold.ts';
import { oldestKept } from '../limits/budget-snapshots.ts';
import { grantStore, type GrantStore } from '../limits/grants.ts';
import { Leases } from '../limits/leases.ts';
import { periodsAt } from '../limits/period.ts';
import type { AccessSettings } from '../settings.ts';
import { reasonOf, SharedHealth, type SharedPart } from './health.ts';
import { KillRelay } from './kill-relay.ts';
import { parseNews, sealNews, type News } from './news.ts';
import { ServerClock } from './server-clock.ts';
import { SharedRate } from './shared-rate.ts';

const FORGET_EVERY_MS = 6 * 3_600_000;

export interface SharedOptions {
  readonly state: State;
  readonly door: SharedDoor;
  /** This replica, by its ledger. */
  readonly log: string;
  /** The same for all replicas of an installation, and nobody else's: signs orders and messages. */
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<void>;
  /** Read anew each time, because a reload may change them. */
  readonly settings: () => Pick<AccessSettings, 'onCounterLoss' | 'onKillLoss'>;
  /** Hears the reason of a loss, and nothing when it is over. */
  readonly tell: (part: SharedPart, reason: string | undefined) => void;
  /** Told when the clock of this machine goes wrong, with the milliseconds that it is ahead of the database. */
  readonly onSkew: (aheadMs: number) => void;
}

export class SharedParts {
  readonly health: SharedHealth;
  readonly access: SharedAccess;
  readonly clock: ServerClock;
  readonly #options: SharedOptions;
  readonly #leases: Leases;
  readonly #grants: GrantStore;
  readonly #rate: SharedRate;
  #relay: KillRelay | undefined;
  #unwatch: (() => void) | undefined;
  #isLooking = false;
  #forgotAtMs = -Infinity;
  #onKeys: () => void = () => undefined;

  constructor(options: SharedOptions) {
    const { clock, pause, door, settings } = options;
    this.#options = options;
    this.health = new SharedHealth(options.tell);
    this.clock = new ServerClock({ clock, ask: () => options.state.nowMs(), onSkew: options.onSkew });
    this.#rate = new SharedRate({ door, clock, pause, health: this.health, onLoss: () => settings().onCounterLoss });
    this.#grants = grantStore(options.state, options.log);
    this.#leases = new Leases({
      store: this.#grants,
      clock: this.clock,
      pause,
      onLoss: () => settings().onCounterLoss,
      ask: (subject, period) => this.#publish({ about: 'short', subject, period }),
      onTrouble: (error) => this.health.lost('budgets', reasonOf(error)),
      onWell: () => this.health.well('budgets'),
    });
    this.access = {
      rate: this.#rate,
      breaker: {
        rests: (upstream, failures, restMs) => this.#publish({ about: 'rest', upstream, failures, restMs }),
        isWell: (upstream) => this.#publish({ about: 'well', upstream }),
      },
      failedKey: (net) => this.#publish({ about: 'guess', net }),
      ordersTold: () => this.#relay?.relayedUpTo ?? 0,
    };
  }

  /**
   * Before the first request, with budgets restored from the own ledger. `onKeys` is called when another replica changed keys.
   * Throws what the state throws.
   */
  async begin(access: Access, onKeys: () => void): Promise<void> {
    const { state, door, log, key, settings } = this.#options;
    this.#onKeys = onKeys;
    await this.clock.look();
    const { day, month } = periodsAt(this.clock.nowMs());
    await this.#leases.begin(access.budgets.spentBefore, [day, month]);
    access.budgets.share(this.#leases);
    this.#relay = new KillRelay({
      state,
      log,
      key,
      killSwitch: access.killSwitch,
      clock: this.clock,
      onLoss: () => settings().onKillLoss,
      health: this.health,
      publish: (order) => this.#publish({ about: 'kill', order }),
    });
    this.#unwatch = await this.#relay.begin();
    door.onMessage((message) => this.#hear(message, access));
  }

  /** Call it a few times a second. Never rejects. */
  tick(): void {
    this.#relay?.tick();
    void this.#rate.tick();
    void this.#leases.tick();
    if (this.#isLooking) return;
    this.#isLooking = true;
    Promise.all([this.clock.look(), this.#forget()])
      .catch((error: unknown) => this.health.lost('budgets', reasonOf(error)))
      .finally(() => (this.#isLooking = false));
  }

  /** What the other replicas have used or hold of these budgets, today and this month. Throws what the state throws. */
  usedElsewhere(subjects: readonly string[]): Promise<readonly SpentSum[]> {
    const { day, month } = periodsAt(this.clock.nowMs());
    return this.#grants.others(subjects, [day, month]);
  }

  /** Tells the others that keys, tenants or accepted findings changed. */
  tellOfKeys(): void {
    this.#publish({ about: 'keys' });
  }

  /** Gives back what others could use. Call it when the last request is settled. */
  async close(): Promise<void> {
    this.#unwatch?.();
    await this.#leases.close();
    await this.#relay?.close();
    await this.#options.door.close();
  }

  async #forget(): Promise<void> {
    if (this.clock.steadyMs() - this.#forgotAtMs < FORGET_EVERY_MS) return;
    this.#forgotAtMs = this.clock.steadyMs();
    await this.#grants.forget(oldestKept(this.clock.nowMs()));
  }

  #publish(news: News): void {
    const { door, log, key } = this.#options;
    door.publish(sealNews(news, log, key));
  }

  #hear(message: string, access: Access): void {
    const news = parseNews(message, this.#options.log, this.#options.key);
    switch (news?.about) {
      case 'keys':
        return this.#onKeys();
      case 'short':
        return this.#leases.wantedBack(news.subject, news.period);
      case 'rest':
        return access.heardOfUpstream(news.upstream, news);
      case 'well':
        return access.heardOfUpstream(news.upstream, undefined);
      case 'guess':
        return access.heardOfFailedKey(news.net);
      case 'kill':
        return this.#relay?.heard(news.order);
      case undefined:
        // Not from a replica of this installation, or from this one.
        return undefined;
    }
  }
}
