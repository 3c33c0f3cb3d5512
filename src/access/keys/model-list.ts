// The models that a key may use.

interface Names {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** A model has to be on every list. Names are compared as they are: a list of what is allowed must not guess. */
export class ModelList {
  readonly #lists: readonly Names[];

  /** Exact names, and prefixes written with a final `*`. */
  constructor(lists: readonly (readonly string[])[]) {
    this.#lists = lists.map((models) => ({
      exact: new Set(models.filter((name) => !name.endsWith('*'))),
      prefixes: models.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1)),
    }));
  }

  has(model: string): boolean {
    return this.#lists.every(({ exact, prefixes }) => exact.has(model) || prefixes.some((prefix) => model.startsWith(prefix)));
  }
}
