// Operators' own types beside the detectors that ship: the same scanner, read along with by what the configuration describes now.
import { createHash } from 'node:crypto';
import { customDetector } from '../../detect/custom/custom-detector.ts';
import type { SpanDetector } from '../../detect/detector.ts';
import type { SpanOptions, SpanScanner } from '../../detect/span/scanner.ts';
import type { Config } from '../config/schema.ts';

type CustomTypes = Config['detectors']['custom'];

interface Own {
  readonly from: CustomTypes;
  readonly detectors: readonly SpanDetector[];
  /** Tells configurations apart; empty without types. */
  readonly edition: string;
}

const ownOf = (types: CustomTypes): Own => ({
  from: types,
  detectors: types.map(customDetector),
  edition: types.length === 0 ? '' : createHash('sha256').update(JSON.stringify(types)).digest('base64url'),
});

export interface OwnTypes {
  readonly spans: SpanScanner;
  /** Changes with the types: a text that was clean before may not be now. */
  edition(): string;
}

/** `types` is read anew for each text; they are compiled when they are others than before. */
export function withOwnTypes(scanner: SpanScanner, types: () => CustomTypes): OwnTypes {
  let own = ownOf(types());
  const current = (): Own => (own.from === types() ? own : (own = ownOf(types())));
  const options = (given: SpanOptions): SpanOptions => {
    const { detectors } = current();
    if (detectors.length === 0) return given;
    const { direction, tasks, followers = [] } = given;
    const chosen = detectors.filter((one) => one.directions.includes(direction) && (tasks === undefined || tasks.includes(one.task)));
    return { ...given, followers: [...chosen, ...followers] };
  };
  return {
    spans: {
      inspect: (text, given) => scanner.inspect(text, options(given)),
      stream: (given) => scanner.stream(options(given)),
      neutral: (rule, text) => scanner.neutral(rule, text),
    },
    edition: () => current().edition,
  };
}
