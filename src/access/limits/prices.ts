// What tokens cost, in integer arithmetic, rounded up: a budget must not leak through fractions.
import { z } from 'zod';
import table from '../prices.json' with { type: 'json' };

/** One US dollar per million tokens is one micro-dollar per token; prices have up to three more decimals. */
const THOUSANDTHS = 1_000;
const MODELS_KEPT_MAX = 1_024;

const price = z.number().min(0).max(1_000_000);
const rowSchema = z.strictObject({ match: z.string().min(1).max(256), input: price, output: price });

/** A row of the price table: currency units per million tokens. `match` is a model name in which `*` stands for any text. */
export type PriceRow = Readonly<z.infer<typeof rowSchema>>;

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

interface ThousandthPrice {
  readonly input: number;
  readonly output: number;
}

export class Prices {
  readonly #rows: readonly { readonly parts: readonly string[]; readonly price: ThousandthPrice }[];
  readonly #unknown: ThousandthPrice;
  /** Names come from callers, hence the bound. */
  readonly #kept = new Map<string, ThousandthPrice>();

  /** The operator's own rows come first. */
  constructor(own: readonly PriceRow[] = []) {
    this.#rows = [...own, ...table.models].map((row) => ({ parts: row.match.toLowerCase().split('*'), price: inThousandths(row) }));
    this.#unknown = inThousandths(table.unknown);
  }

  /** Micro-units that the usage costs, rounded up. An unknown model costs as much as a dear one, so that no budget is passed by a new name. */
  costOf(model: string, usage: TokenUsage): number {
    const { input, output } = this.#priceOf(model);
    return Math.ceil((usage.inputTokens * input + usage.outputTokens * output) / THOUSANDTHS);
  }

  /** False when the model is charged at the price of an unknown one. */
  knows(model: string): boolean {
    return this.#priceOf(model) !== this.#unknown;
  }

  #priceOf(model: string): ThousandthPrice {
    const kept = this.#kept.get(model);
    if (kept !== undefined) return kept;
    const name = bareName(model);
    const found = this.#rows.find(({ parts }) => fitsParts(name, parts))?.price ?? this.#unknown;
    if (this.#kept.size >= MODELS_KEPT_MAX) this.#kept.clear();
    this.#kept.set(model, found);
    return found;
  }
}

const inThousandths = (row: ThousandthPrice): ThousandthPrice => ({
  input: Math.ceil(row.input * THOUSANDTHS),
  output: Math.ceil(row.output * THOUSANDTHS),
});

/** Hosts put a maker's path before the name (`meta-llama/Llama-3.1-8B`). */
const bareName = (model: string): string => model.toLowerCase().slice(model.lastIndexOf('/') + 1);

/** Matches a pattern cut at its stars, left to right: linear, because the first place of each part is always the best one. */
function fitsParts(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
