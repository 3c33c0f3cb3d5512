// What of the shared things is lost now: told once when it goes and once when it is back, and to whoever asks meanwhile.

/** `counters`: rates, in Valkey. `budgets` and `orders`: grants and kill orders, in the database. */
export const SHARED_PARTS = ['counters', 'budgets', 'orders'] as const;
export type SharedPart = (typeof SHARED_PARTS)[number];

export class SharedHealth {
  readonly #lost = new Map<SharedPart, string>();
  readonly #tell: (part: SharedPart, reason: string | undefined) => void;

  /** `tell` hears the reason of a loss, and nothing when it is over. It must not throw. */
  constructor(tell: (part: SharedPart, reason: string | undefined) => void) {
    this.#tell = tell;
  }

  lost(part: SharedPart, reason: string): void {
    const isNews = !this.#lost.has(part);
    this.#lost.set(part, reason);
    if (isNews) this.#tell(part, reason);
  }

  well(part: SharedPart): void {
    if (this.#lost.delete(part)) this.#tell(part, undefined);
  }

  isLost(part: SharedPart): boolean {
    return this.#lost.has(part);
  }

  get all(): readonly { readonly part: SharedPart; readonly reason: string }[] {
    return [...this.#lost].map(([part, reason]) => ({ part, reason }));
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');
