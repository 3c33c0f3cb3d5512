// What a request may cost at most, before anybody knows what it will.
import type { Cost } from '../access/limits/purse.ts';
import type { GatewayDeps } from './deps.ts';
import { gatewayFault } from './faults.ts';
import { costOn } from './leg-price.ts';
import type { Route } from './routes.ts';
import type { Demand, WireFormat } from './wire/format.ts';

/** Over all choices: more than any model writes, and few enough for exact sums of money. */
const OUTPUT_TOKENS_MAX = 1_000_000_000;

/** One way in which a request may be asked. */
export interface Asked {
  readonly route: Route;
  readonly format: WireFormat;
  readonly body: string;
  readonly demand: Demand;
}

/** The bound of the dearest way: only one of them will answer, and nobody knows which. Throws `wrong_type`. */
export function boundOf(deps: GatewayDeps, model: string, ways: readonly Asked[]): Cost {
  let microUnits = 0;
  let tokens = 0;
  for (const way of ways) {
    const outputTokens = outputTokensOf(deps, way);
    const inputTokens = way.demand.inputTokens ?? Buffer.byteLength(way.body, 'utf8');
    const usage = { inputTokens, outputTokens };
    microUnits = Math.max(
      microUnits,
      costOn(way.route, usage, () => deps.access.priceOf(way.route.model ?? model, usage)),
    );
    tokens = Math.max(tokens, inputTokens + outputTokens);
  }
  return { microUnits, tokens };
}

/** What the answer may cost at most. A part of a token cannot be reserved, nor can a number beyond all reckoning, nor no number at all. */
function outputTokensOf(deps: GatewayDeps, { format, demand: { outputTokensMax, choices } }: Asked): number {
  const tokens = (outputTokensMax ?? deps.settings().outputTokens) * Math.max(choices, 1);
  if (Number.isSafeInteger(tokens) && tokens <= OUTPUT_TOKENS_MAX) return tokens;
  const cap = format.id === 'openai-responses' ? '/max_output_tokens' : '/max_tokens';
  const pointer = Number.isNaN(choices) ? '/n' : cap;
  throw gatewayFault(
    'wrong_type',
    { pointer, expected: `a whole number from 1 on, at most ${OUTPUT_TOKENS_MAX} over all choices` },
    { pointer },
  );
}
