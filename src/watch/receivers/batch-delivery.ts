// One batch until all of it is taken, or refused for good. It remembers what was taken, so that a retry sends the rest only.
import { ReceiverTrouble, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

export interface RefusedEvent {
  readonly event: ReceiverEvent;
  readonly reason: string;
}

/** A place that takes nothing of a batch is not right about all of it: rather its own settings are wrong. */
export class RefusedWhole extends ReceiverTrouble {}

/** Rounds in which a place may put the same events off, before it is left alone for a while. */
const ROUNDS_MAX = 3;

export class BatchDelivery {
  readonly #receiver: Receiver;
  #waiting: readonly ReceiverEvent[];
  #suspects: RefusedEvent[] = [];
  #taken = 0;

  constructor(receiver: Receiver, events: readonly ReceiverEvent[]) {
    this.#receiver = receiver;
    this.#waiting = events;
  }

  /** Events that the place has taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Further events: whether the place takes those says whether it is right about the ones that it refused. */
  add(events: readonly ReceiverEvent[]): void {
    this.#waiting = [...this.#waiting, ...events];
  }

  /**
   * Resolves with what was refused for good, once everything else is taken. Throws `ReceiverTrouble` when it has to be called again.
   * An event counts as refused for good when it is refused after others were taken: a place that refuses everything has a trouble of its own.
   */
  async attempt(): Promise<readonly RefusedEvent[]> {
    const left = [this.#waiting];
    this.#waiting = [];
    try {
      for (let part = left.pop(), puts = 0; part !== undefined; part = left.pop()) {
        if (part.length === 0) continue;
        left.push(part);
        const outcome = await this.#tell(part);
        left.pop();
        const again = this.#sort(part, outcome);
        left.push(...again);
        if (outcome.state === 'mixed' && outcome.again.size > 0 && ++puts >= ROUNDS_MAX)
          throw new ReceiverTrouble('it takes only a part of what it is sent');
      }
    } catch (error) {
      this.#waiting = left.toReversed().flat();
      throw error;
    }
    const suspects = this.#suspects;
    this.#suspects = [];
    if (suspects.length === 0) return [];
    if (this.#taken > 0) return this.#refusedAgain(suspects);
    this.#waiting = suspects.map(({ event }) => event);
    throw new RefusedWhole(`it refuses everything: ${suspects[0]?.reason ?? 'no reason given'}`);
  }

  /** Asks once more, one by one, now that the place is known to take events: it may have been out of order when it refused them. */
  async #refusedAgain(suspects: readonly RefusedEvent[]): Promise<readonly RefusedEvent[]> {
    const refused: RefusedEvent[] = [];
    for (const [at, { event }] of suspects.entries()) {
      try {
        const outcome = await this.#tell([event]);
        const reason = outcome.state === 'refused' ? outcome.reason : outcome.state === 'mixed' ? outcome.refused.get(0) : undefined;
        if (outcome.state === 'mixed' && outcome.again.size > 0) throw new ReceiverTrouble('it takes only a part of what it is sent');
        if (reason === undefined) this.#taken += 1;
        else refused.push({ event, reason });
      } catch (error) {
        this.#waiting = [...refused, ...suspects.slice(at)].map((one) => one.event);
        throw error;
      }
    }
    return refused;
  }

  /** An event that our own code cannot put into the receiver's form must not hold up all that come after it. */
  async #tell(part: readonly ReceiverEvent[]): Promise<Outcome> {
    try {
      return await this.#receiver.deliver(part);
    } catch (error) {
      if (error instanceof ReceiverTrouble) throw error;
      return { state: 'refused', reason: `it cannot be put into this form: ${error instanceof Error ? error.message : 'unknown'}` };
    }
  }

  /** What has to be sent (again), the first part last. */
  #sort(part: readonly ReceiverEvent[], outcome: Outcome): readonly (readonly ReceiverEvent[])[] {
    switch (outcome.state) {
      case 'taken':
        this.#taken += part.length;
        return [];
      case 'refused': {
        const [only] = part;
        if (part.length === 1 && only !== undefined) {
          this.#suspects.push({ event: only, reason: outcome.reason });
          return [];
        }
        const middle = Math.ceil(part.length / 2);
        return [part.slice(middle), part.slice(0, middle)];
      }
      case 'mixed': {
        for (const [at, reason] of outcome.refused) {
          const event = part[at];
          if (event !== undefined) this.#suspects.push({ event, reason });
        }
        this.#taken += part.length - outcome.refused.size - outcome.again.size;
        return [part.filter((_, at) => outcome.again.has(at))];
      }
    }
  }
}
