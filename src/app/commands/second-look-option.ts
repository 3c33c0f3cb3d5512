// The second look of a configuration for commands that judge rows: the same that the gateway takes, without its limit by the minute.
import type { Origin } from '../../core/types.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import { createSpanScanner } from '../../detect/span/scanner.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { readSecret } from '../config/compile.ts';
import { loadConfig } from '../config/load.ts';
import { compileSecondLook } from '../config/second-look.ts';
import { appFault } from '../faults.ts';
import type { Detectors } from '../serve/guards.ts';
import { SecondLookKeeper } from '../serve/second-look-keeper.ts';

/** Words for the description of the option. */
export const SECOND_LOOK_WORDS = 'configuration whose secondLook is asked about rows in doubt; an external judge is sent them';

export interface RowReview {
  readonly review: (
    report: MeaningReport,
    at: { readonly text: string; readonly origin: Origin },
  ) => MeaningReport | Promise<MeaningReport>;
  close(): Promise<void>;
}

/** Faults as those of a start, and `bad_argument` for a file without a second look. */
export async function openRowReview(file: string, { spans }: Detectors): Promise<RowReview> {
  const compiled = compileSecondLook(loadConfig(file).secondLook, (reference) => readSecret(reference, process.env));
  if (compiled === undefined)
    throw appFault('bad_argument', {
      what: `${file} has no secondLook.`,
      fix: 'Add one (docs/detection-stages.md), or leave --second-look out.',
    });
  const settings = { ...compiled, perMinute: Number.POSITIVE_INFINITY };
  const keeper = new SecondLookKeeper({
    settings: () => settings,
    spans: createSpanScanner(spans),
    clock: systemClock,
    random: systemRandom,
    count() {},
    onSettled() {},
    onChange() {},
  });
  await keeper.start();
  return {
    review: (report, { text, origin }) =>
      keeper.review(report, { text, tenant: 'rows', look: { direction: 'input', origin, context: {}, leavesHouse: true } }),
    close: () => keeper.close(),
  };
}
