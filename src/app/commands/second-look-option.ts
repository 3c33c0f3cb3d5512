// The second look of a configuration for commands that judge rows: the same that the gateway takes, without its limit by the minute.
import { Fault } from '../../core/fault.ts';
import type { Origin } from '../../core/types.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import { createSpanScanner } from '../../detect/span/scanner.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { readSecret } from '../config/compile.ts';
import { loadConfig } from '../config/load.ts';
import { compileSecondLook, VECTOR_BAND, type SecondLookSettings } from '../config/second-look.ts';
import { appFault } from '../faults.ts';
import type { Detectors } from '../serve/guards.ts';
import { missingPackages } from '../serve/optional-packages.ts';
import { SecondLookKeeper } from '../serve/second-look-keeper.ts';
import { VECTOR_PACKAGES } from '../serve/second-look-vectors.ts';

/** Words for the description of the option. */
export const SECOND_LOOK_WORDS =
  'configuration whose secondLook is asked about rows in doubt, in place of the sentence vectors; an external judge is sent them';

/** Nobody waits for a row: the encoder has time even where others use the machine. */
const ROW_DEADLINE_MS = 30_000;

export interface RowReview {
  readonly review: (
    report: MeaningReport,
    at: { readonly text: string; readonly origin: Origin },
  ) => MeaningReport | Promise<MeaningReport>;
  close(): Promise<void>;
}

/** The second look that ships, where its packages are installed; elsewhere says what is missing. Faults as those of a start. */
export async function openOwnReview({ spans }: Detectors, tell: (line: string) => void): Promise<RowReview | undefined> {
  const missing = missingPackages(VECTOR_PACKAGES);
  if (missing === '') {
    try {
      return await reviewBy({ by: { kind: 'vectors' }, ...VECTOR_BAND, deadlineMs: ROW_DEADLINE_MS, perMinute: 1 }, spans);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw appFault('bad_argument', {
        what: `The strong stage cannot look: ${error.message}`,
        fix: 'Install its packages again, or say --without strong.',
      });
    }
  }
  tell(`The strong stage does not look: "npm install ${missing}", or say --without strong.`);
  return undefined;
}

/** Faults as those of a start, and `bad_argument` for a file without a second look. */
export async function openRowReview(file: string, { spans }: Detectors): Promise<RowReview> {
  const { secondLook } = loadConfig(file);
  const compiled = secondLook && compileSecondLook(secondLook, (reference) => readSecret(reference, process.env));
  if (compiled === undefined)
    throw appFault('bad_argument', {
      what: `${file} has no secondLook.`,
      fix: 'Add one (docs/detection-stages.md), or leave --second-look out.',
    });
  return await reviewBy(compiled, spans);
}

async function reviewBy(given: SecondLookSettings, spans: Detectors['spans']): Promise<RowReview> {
  const settings = { ...given, perMinute: Number.POSITIVE_INFINITY };
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
