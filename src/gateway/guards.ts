// What the gateway asks of its guards. `app` hands in the real ones, made from whatever lies in `detect/rules/`.
import type { Direction, Origin, Report, Stage } from '../core/types.ts';
import type { DetectContext, Sink } from '../detect/detector.ts';
import type { SpanScanner } from '../detect/span/scanner.ts';

export interface Look {
  readonly direction: Direction;
  readonly origin: Origin;
  readonly context: DetectContext;
  /** Stages of the injection cascade that the policy goes without. */
  readonly stagesOff?: readonly Stage[];
  /** Where the text goes, if that is known. */
  readonly sink?: Sink;
}

export interface Guards {
  /** What a text means, over all its decoded readings. Long texts are judged in a worker, in fair turns between tenants. */
  meaning(text: string, look: Look, tenant: string): Report | Promise<Report>;
  /** Exact places of secrets, personal data and leaks, in whole texts and in streams. */
  readonly spans: SpanScanner;
}
