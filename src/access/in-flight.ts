// Everything that is under way, so that an order can cut it.
import type { KillSubject } from './kill/standing.ts';

interface Entry {
  readonly subject: KillSubject;
  readonly cut: (reason: string) => void;
}

export interface CutReport {
  readonly cut: number;
  /** What the cuts themselves threw. One that fails must not save the others. */
  readonly errors: readonly unknown[];
}

/**
 * Entries stand in slots that are used again, not in a Set: a Set copies itself into a new table every few dozen requests, and the
 * old table, once it has grown old, keeps everything that stood in it from the quick collector. That cost a third of all CPU.
 */
export class InFlight {
  readonly #slots: (Entry | undefined)[] = [];
  readonly #free: number[] = [];
  /** How many there are, in one cell; threads that work beside can read it at any time. */
  readonly count = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  get size(): number {
    return this.#slots.length - this.#free.length;
  }

  /** Registers work under way. `cut` must end it at once and may run at any time; the returned function takes it off the list. */
  register(subject: KillSubject, cut: (reason: string) => void): () => void {
    const slot = this.#free.pop() ?? this.#slots.length;
    const entry = { subject, cut };
    this.#slots[slot] = entry;
    this.count[0] = this.size;
    return () => this.#leave(slot, entry);
  }

  #leave(slot: number, entry: Entry): void {
    if (this.#slots[slot] !== entry) return;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    this.count[0] = this.size;
  }

  /** Cuts all for which `reasonFor` gives a reason, each once. */
  cutWhere(reasonFor: (subject: KillSubject) => string | undefined): CutReport {
    const errors: unknown[] = [];
    let cut = 0;
    for (const [slot, entry] of this.#slots.entries()) {
      const reason = entry === undefined ? undefined : reasonFor(entry.subject);
      if (entry === undefined || reason === undefined) continue;
      this.#leave(slot, entry);
      cut += 1;
      try {
        entry.cut(reason);
      } catch (error) {
        errors.push(error);
      }
    }
    return { cut, errors };
  }
}
