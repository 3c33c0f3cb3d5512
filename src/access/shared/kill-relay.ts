// Orders to stop and to resume, from each replica to all. Each keeps its own sealed record; the database puts what is told in one order.
import type { Clock } from '../../core/ports.ts';
import { raiseMark, readMark } from '../../io/state/marks.ts';
import type { State } from '../../io/state/open-state.ts';
import type { KillSwitch } from '../kill/kill-switch.ts';
import { isNewBeginning, type KillRecord } from '../kill/order.ts';
import { SELF_TEST_SUBJECT } from '../kill/self-test.ts';
import type { CounterLoss } from '../settings.ts';
import { reasonOf, type SharedHealth } from './health.ts';
import { parseRelayed, sealRelayed, type RelayedOrder } from './relayed-order.ts';

/** Orders of others that could not be looked for during so long may exist. */
const LOST_MS = 3_000;
const ROWS_MAX = 1_000;
/** A message that is older than this was held up or said again; the database has its order. */
const FRESH_MS = 60_000;

interface Hearsay {
  readonly id: string;
  readonly untilMs: number;
  /** Read while it was on its way: of an older order, or of this one if it never arrives. */
  end: RelayedOrder | undefined;
}

export interface KillRelayOptions {
  readonly state: State;
  /** This replica, by its ledger. */
  readonly log: string;
  readonly key: Uint8Array;
  readonly killSwitch: KillSwitch;
  readonly clock: Clock;
  readonly onLoss: () => CounterLoss;
  readonly health: SharedHealth;
  /** Tells the others at once, if they can be told. */
  readonly publish: (order: string) => void;
}

export class KillRelay {
  readonly #options: KillRelayOptions;
  #relayed = 0;
  #seen = 0;
  #seenId = '';
  /** Orders of others that were heard or read. */
  readonly #taken = new Set<string>();
  /** Orders of others that this replica has on its own record from before: a database that went back tells them a second time. */
  readonly #obeyed = new Set<string>();
  /** What was stopped on hearsay, by its place: that order is on its way into the database, after everything that can be read there. */
  readonly #hearsay = new Map<string, Hearsay>();
  /** The latest order of each replica: an old message is not believed again. */
  readonly #latest = new Map<string, number>();
  /** Own orders below this one are not on the own record any more: it was begun anew, and only the database knows of them. */
  #begunAnewAt = 0;
  #readsAll = false;
  #lookedAtMs: number;
  #looking: Promise<void> | undefined;

  constructor(options: KillRelayOptions) {
    this.#options = options;
    this.#lookedAtMs = options.clock.steadyMs();
  }

  /** Before the first request: whatever was ordered while nobody ran here holds here too. Throws what the state throws. */
  async begin(): Promise<() => void> {
    const { state, log, killSwitch } = this.#options;
    this.#seen = await readMark(state, `kill_seen:${log}`);
    const records = killSwitch.recordsAfter(0);
    for (const { from } of records) {
      if (from === undefined) continue;
      this.#taken.add(from);
      this.#obeyed.add(from);
    }
    this.#noteBeginning(records);
    await this.#relay();
    while (await this.#receive());
    this.#looked();
    return killSwitch.onChange((news) => this.#tell(news));
  }

  /** Call it a few times a second. Never rejects. */
  tick(): void {
    this.#assess();
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.#trouble(error))
      .finally(() => {
        this.#looking = undefined;
      });
  }

  /** An order that another replica told. Only orders to stop are obeyed on hearsay; to resume takes the database. */
  heard(sealed: string): void {
    const order = parseRelayed(sealed, undefined, this.#options.key);
    if (order?.act !== 'kill' || order.origin === this.#options.log || this.#taken.has(order.id)) return;
    if (order.place <= (this.#latest.get(order.origin) ?? 0)) return;
    if (Math.abs(this.#options.clock.nowMs() - order.atMs) > FRESH_MS) return;
    this.#note(order);
    this.#hearsay.set(placeOf(order), { id: order.id, untilMs: this.#options.clock.steadyMs() + FRESH_MS, end: undefined });
    try {
      this.#obey(order);
    } catch (error) {
      this.#trouble(error);
    }
    this.tick();
  }

  /** Whatever stood on the record before is read again from the database. */
  #noteBeginning(records: readonly KillRecord[]): void {
    const beginning = records.findLast((record) => isNewBeginning(record));
    if (beginning === undefined) return;
    this.#begunAnewAt = beginning.sequence;
    this.#readsAll = true;
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#looking;
  }

  #tell(news: readonly KillRecord[]): void {
    this.#noteBeginning(news);
    const own = news.flatMap((record) => (record.act === 'checkpoint' ? [] : [record])).filter((record) => isOwn(record));
    if (own.length === 0) return;
    for (const record of own)
      if (record.act === 'kill') this.#options.publish(sealRelayed(this.#toRelayed(record), undefined, this.#options.key));
    this.tick();
  }

  async #look(): Promise<void> {
    await this.#relay();
    await this.#receive();
    this.#forgetHearsay();
    this.#looked();
  }

  /** Who ordered it is gone, and never brought it into the database: an end that was read meanwhile was meant for it. */
  #forgetHearsay(): void {
    for (const [place, { untilMs, end }] of this.#hearsay) {
      if (this.#options.clock.steadyMs() < untilMs) continue;
      this.#hearsay.delete(place);
      if (end !== undefined) this.#obeyUnlessDone(end);
    }
  }

  #looked(): void {
    this.#lookedAtMs = this.#options.clock.steadyMs();
    this.#assess();
  }

  /** Own orders up to this one are in the database: until then they must not be folded away. */
  get relayedUpTo(): number {
    return this.#relayed;
  }

  /**
   * Brings own orders into the database; after a start all that the record still has, whatever anybody remembers of them. An order that
   * is there already stays as it is. One that was overtaken here is of no use to others, and could undo at them what overtook it.
   */
  async #relay(): Promise<void> {
    const { state, killSwitch, key } = this.#options;
    const records = killSwitch.recordsAfter(this.#relayed);
    const latest = records.at(-1)?.sequence;
    if (latest === undefined) return;
    const news = records.flatMap((record) => toSingle(record));
    const last = new Map(news.map((record) => [placeOf(record), record]));
    const own = news.filter((record) => isOwn(record) && last.get(placeOf(record)) === record).map((record) => this.#toRelayed(record));
    if (own.length > 0) {
      await state.transact(async (transaction) => {
        const top = await transaction.selectFrom('killOrders').select('sequence').orderBy('sequence', 'desc').limit(1).executeTakeFirst();
        let sequence = top?.sequence ?? 0;
        for (const order of own) {
          const known = await transaction.selectFrom('killOrders').select('sequence').where('id', '=', order.id).executeTakeFirst();
          if (known !== undefined) continue;
          sequence += 1;
          const sealed = sealRelayed(order, sequence, key);
          await transaction.insertInto('killOrders').values({ sequence, id: order.id, sealed }).execute();
        }
      }, 'orders');
    }
    this.#relayed = latest;
  }

  /** True when there may be more. */
  async #receive(): Promise<boolean> {
    const { state, log } = this.#options;
    if (this.#readsAll) {
      this.#readsAll = false;
      this.#seen = 0;
      this.#seenId = '';
      this.#obeyed.clear();
    }
    const rows = await state.db
      .selectFrom('killOrders')
      .select(['sequence', 'id', 'sealed'])
      .where('sequence', '>=', Math.max(1, this.#seen))
      .orderBy('sequence')
      .limit(ROWS_MAX)
      .execute();
    const orders = rows.map(({ sequence, sealed }) => this.#read(sequence, sealed));
    this.#assertWhole(orders);
    const news = orders.filter((order) => order.sequence > this.#seen);
    for (const { id } of news) for (const [place, heard] of this.#hearsay) if (heard.id === id) this.#hearsay.delete(place);
    // Of several orders on one thing the last holds, so that a replica that was away for long need not go through all of them.
    for (const order of new Map(news.map((one) => [placeOf(one), one])).values()) this.#obeyUnlessDone(order);
    for (const order of news) this.#note(order);
    const last = orders.at(-1);
    if (last === undefined) return false;
    this.#seenId = last.id;
    if (last.sequence === this.#seen) return false;
    await raiseMark(state, `kill_seen:${log}`, last.sequence);
    this.#seen = last.sequence;
    return rows.length === ROWS_MAX;
  }

  #read(sequence: number, sealed: string): RelayedOrder & { readonly sequence: number } {
    const order = parseRelayed(sealed, sequence, this.#options.key);
    if (order === undefined) throw new Error(`order ${sequence} in the database is damaged or not authentic`);
    return { ...order, sequence };
  }

  /** Orders are only ever added: a gap, or another one where one was, means that some may be missing. */
  #assertWhole(orders: readonly (RelayedOrder & { readonly sequence: number })[]): void {
    let expected = Math.max(1, this.#seen);
    if (this.#seen > 0 && orders.length === 0) throw new Error(`order ${this.#seen} is missing in the database`);
    for (const { sequence, id } of orders) {
      if (sequence !== expected) throw new Error(`order ${expected} is missing in the database`);
      if (sequence === this.#seen && this.#seenId !== '' && id !== this.#seenId)
        throw new Error(`order ${sequence} in the database is another one now`);
      expected += 1;
    }
  }

  #obeyUnlessDone(order: RelayedOrder): void {
    const { killSwitch, log } = this.#options;
    if ((order.origin === log && order.place >= this.#begunAnewAt) || this.#obeyed.has(order.id)) return;
    const heard = this.#hearsay.get(placeOf(order));
    if (order.act === 'resume' && heard !== undefined) return void (heard.end = order);
    const isStanding = killSwitch.status().standing.some((one) => placeOf(one) === placeOf(order));
    if (isStanding === (order.act === 'kill')) return;
    // An order that was given here meanwhile comes after this one, though nobody else knows of it yet.
    const isNewer = killSwitch
      .recordsAfter(this.#relayed)
      .some((one) => one.act !== 'checkpoint' && isOwn(one) && placeOf(one) === placeOf(order));
    if (!isNewer) this.#obey(order);
  }

  #obey({ id, act, scope, subject, who, reason }: RelayedOrder): void {
    const request = { scope, subject, who, reason, from: id };
    if (act === 'kill') this.#options.killSwitch.order(request);
    else this.#options.killSwitch.resume(request);
  }

  #note({ id, origin, place }: RelayedOrder): void {
    this.#taken.add(id);
    this.#latest.set(origin, Math.max(place, this.#latest.get(origin) ?? 0));
  }

  #toRelayed({ sequence, act, scope, subject, who, reason, atMs }: SingleRecord): RelayedOrder {
    return { id: `${this.#options.log}:${sequence}`, origin: this.#options.log, place: sequence, act, scope, subject, who, reason, atMs };
  }

  #assess(): void {
    const { clock, health, killSwitch, onLoss } = this.#options;
    const isLost = clock.steadyMs() - this.#lookedAtMs > LOST_MS;
    if (!isLost) health.well('orders');
    // A database that says nothing at all is lost as well, long before the question itself fails.
    else if (!health.isLost('orders')) health.lost('orders', `the database did not answer in ${LOST_MS} ms`);
    killSwitch.distrustOthers(isLost && onLoss() === 'refuse' ? 'the orders of the other replicas cannot be read' : undefined);
  }

  #trouble(error: unknown): void {
    if (this.#options.clock.steadyMs() - this.#lookedAtMs > LOST_MS) this.#options.health.lost('orders', reasonOf(error));
    this.#assess();
  }
}

type SingleRecord = Extract<KillRecord, { act: 'kill' | 'resume' }>;

/** A folded record still says what stands. */
const toSingle = (record: KillRecord): readonly SingleRecord[] =>
  record.act === 'checkpoint' ? record.standing.map((order) => ({ act: 'kill', ...order })) : [record];

/** What an order is about. Names of models are compared without case. */
const placeOf = ({ scope, subject }: Pick<RelayedOrder, 'scope' | 'subject'>): string => `${scope} ${subject.toLowerCase()}`;

/** Given on this machine by somebody, and not for its own test. */
const isOwn = (record: SingleRecord): boolean => record.from === undefined && record.subject !== SELF_TEST_SUBJECT;
