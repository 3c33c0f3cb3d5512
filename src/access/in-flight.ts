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

export class InFlight {
  readonly #entries = new Set<Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Registers work under way. `cut` must end it at once and may run at any time; the returned function takes it off the list. */
  register(subject: KillSubject, cut: (reason: string) => void): () => void {
    const entry = { subject, cut };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
    };
  }

  /** Cuts all for which `reasonFor` gives a reason, each once. */
  cutWhere(reasonFor: (subject: KillSubject) => string | undefined): CutReport {
    const errors: unknown[] = [];
    let cut = 0;
    for (const entry of this.#entries) {
      const reason = reasonFor(entry.subject);
      if (reason === undefined) continue;
      this.#entries.delete(entry);
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
