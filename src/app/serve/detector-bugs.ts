// What detectors throw: told in the log by the name of the detector and of the error, and counted. Never with the words of the error, which
// can quote the text that the detector choked on. What was not looked at is a failure of the guard, which the policy decides on elsewhere.
import type { Logger } from 'pino';
import type { MeaningPart } from '../../detect/detector.ts';
import type { TextWatch } from '../../detect/text-watch.ts';
import { rarely } from './rarely.ts';

/** As it crosses from a thread. */
export interface DetectorBug {
  readonly detector: string;
  /** The name of the error's class. */
  readonly error: string;
  /** Where it was thrown, in our own files. */
  readonly frames: string;
}

export type OnDetectorBug = (bug: DetectorBug) => void;

export function bugOf(detector: string, error: unknown): DetectorBug {
  if (!(error instanceof Error)) return { detector, error: 'unknown', frames: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { detector, error: error.constructor.name, frames: frames.join('\n') };
}

/** The same detectors; what one of them throws is told on its way. */
export function tellingParts(parts: readonly MeaningPart[], onBug: OnDetectorBug): readonly MeaningPart[] {
  return parts.map((part) => {
    if (part.kind !== 'meaning') return part;
    return {
      ...part,
      judge(look) {
        try {
          return part.judge(look);
        } catch (error) {
          onBug(bugOf(part.id, error));
          throw error;
        }
      },
    };
  });
}

/** The same for a watch that a policy asks for. */
export class TellingWatch implements TextWatch {
  readonly #watch: TextWatch;
  readonly #onBug: OnDetectorBug;

  constructor(watch: TextWatch, onBug: OnDetectorBug) {
    this.#watch = watch;
    this.#onBug = onBug;
  }

  get clearTo(): number {
    return this.#watch.clearTo;
  }

  read(part: string, isFinal: boolean): ReturnType<TextWatch['read']> {
    try {
      return this.#watch.read(part, isFinal);
    } catch (error) {
      this.#onBug(bugOf(this.#watch.constructor.name, error));
      throw error;
    }
  }
}

/** Keeps count, and tells of the same detector every ten seconds at most. */
export class DetectorBugs {
  readonly #log: Pick<Logger, 'error'>;
  readonly #counts = new Map<string, number>();
  readonly #tell = new Map<string, (bug: unknown) => void>();

  constructor(log: Pick<Logger, 'error'>) {
    this.#log = log;
  }

  /** By the id of the detector, since the start. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  readonly take: OnDetectorBug = (bug) => {
    const { detector, error, frames } = bug;
    this.#counts.set(detector, (this.#counts.get(detector) ?? 0) + 1);
    const tell =
      this.#tell.get(detector) ??
      rarely(() =>
        this.#log.error(
          { detector, err: { type: error, stack: frames } },
          'a detector failed by a bug: what it did not look at is handled as onFailure says',
        ),
      );
    this.#tell.set(detector, tell);
    tell(bug);
  };
}
