// What the gateway asks of its guards. `app` hands in the real ones, made from whatever lies in `detect/rules/`.
import type { Direction, Origin, Report, Stage } from '../core/types.ts';
import type { DetectContext, Sink, SpanDetector } from '../detect/detector.ts';
import type { MeaningReport } from '../detect/meaning/judge.ts';
import type { SpanScanner } from '../detect/span/scanner.ts';
import type { Policy } from '../policy/policy.ts';
import type { TextWatch } from '../detect/text-watch.ts';
import type { LookFor } from '../policy/look-for.ts';

export interface Look {
  readonly direction: Direction;
  readonly origin: Origin;
  readonly context: DetectContext;
  /** Stages of the injection cascade that the policy goes without. */
  readonly stagesOff?: readonly Stage[];
  /** Whether the text goes to an upstream outside the house anyway; absent: it does not. */
  readonly leavesHouse?: boolean;
  /** Where the text goes, if that is known. */
  readonly sink?: Sink;
  /** Span detectors that the policy asks for. */
  readonly followers?: readonly SpanDetector[];
}

/** Which texts are told apart by what a policy asks for. */
export interface Stretch {
  readonly direction: Direction;
  readonly origin: Origin;
  /** Whether people read it: not the arguments of a tool. */
  readonly isSaid: boolean;
  /** Whether it is where messages meet: pieces of several, joined. Only what is cut in two is looked for there, not what a whole speaks of. */
  readonly isSeam?: true;
}

/** What looks for what a policy asks for. */
export interface Asked {
  /** Tells apart what was looked for: a text in which others found nothing is not clean for it. */
  readonly id: string;
  followers(stretch: Stretch): readonly SpanDetector[];
  /** Fresh ones, for one text. */
  watches(stretch: Stretch): readonly TextWatch[];
}

export interface LongLook {
  readonly meaning: Promise<MeaningReport>;
  /** Undefined: nobody looked, and the loop must. */
  readonly spans: Promise<Report | undefined>;
}

export interface Guards {
  /** What a text means, over all its decoded readings. Long texts are judged in a worker, in fair turns between tenants. */
  meaning(text: string, look: Look, tenant: string): MeaningReport | Promise<MeaningReport>;
  /**
   * Both looks at a long text at once, off the loop that serves others. Undefined where the loop has to look itself: at a short text, or for
   * what only it knows of.
   */
  long?(text: string, look: Look, tenant: string): LongLook | undefined;
  /** Exact places of secrets, personal data and leaks, in whole texts and in streams. */
  readonly spans: SpanScanner;
  /** Changes with what is looked for: a text that was clean before may not be now. */
  edition?(): string;
  /** For what a policy asks beyond that; the same for the same object. Throws when it cannot be had. */
  asked?(lookFor: LookFor): Asked;
}

/** What a look is told of the stages that a policy goes without. */
export const withoutStages = ({ stagesOff }: Policy): { readonly stagesOff?: readonly Stage[] } =>
  stagesOff === undefined ? {} : { stagesOff };

/** A judge that throws has not looked. */
export function readOn(watch: TextWatch, part: string, isFinal: boolean): Report {
  try {
    return { state: 'looked', findings: watch.read(part, isFinal) };
  } catch {
    return { state: 'failed', code: 'detector_error', findings: [] };
  }
}
