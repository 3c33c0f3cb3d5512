// What each sign of an order weighs, as `models/documents/orders.json` says it. Weights are no code: `app` reads them and hands them in.

/** How well a text is kept from people: the better, the likelier an order in it is meant for a model. */
export const PLACES = ['hidden', 'aside', 'open', 'seen', 'sight'] as const;
export type Place = (typeof PLACES)[number];

/** What the cascade thinks of the text by itself, then the words that are in it. */
export const SIGNS = ['fast', 'rules', 'address', 'direct', 'answer', 'order', 'harmless'] as const;
export type Sign = (typeof SIGNS)[number];
export type Signs = Readonly<Record<Sign, number>>;

export interface OrderWeights {
  readonly weights: Signs;
  readonly biases: Readonly<Record<Place, number>>;
}

/** Throws at start, never in a request. */
export function parseOrderWeights(value: unknown): OrderWeights {
  const read = value as { readonly format?: unknown; readonly weights?: unknown; readonly biases?: unknown };
  if (typeof value !== 'object' || value === null || read.format !== 'sallyport-orders')
    throw new Error('orders.json holds no weights of orders');
  return { weights: parseNumbers(SIGNS, read.weights), biases: parseNumbers(PLACES, read.biases) };
}

function parseNumbers<Name extends string>(names: readonly Name[], value: unknown): Readonly<Record<Name, number>> {
  const numbers = value as Readonly<Record<Name, number>>;
  const isWhole = typeof value === 'object' && value !== null && names.every((name) => Number.isFinite(numbers[name]));
  if (!isWhole) throw new Error(`orders.json lacks one of ${names.join(', ')}`);
  return numbers;
}

/** The logarithm of the odds that a text gives orders to a model. */
export function oddsOf({ weights, biases }: OrderWeights, { place, signs }: { readonly place: Place; readonly signs: Signs }): number {
  let sum = biases[place];
  for (const sign of SIGNS) sum += weights[sign] * signs[sign];
  return sum;
}
