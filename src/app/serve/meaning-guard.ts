// The meaning guard of the gateway: short texts on the spot, long ones in threads, in fair turns between tenants. A thread that has a long
// text looks for spans in it as well.
import type { Report } from '../../core/types.ts';
import { TEXT_UNITS_MAX, type MeaningPart } from '../../detect/detector.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
import type { SpanOptions } from '../../detect/span/scanner.ts';
import type { Guards } from '../../gateway/guards.ts';
import { PoolError, WorkerPool } from '../../io/worker-pool.ts';
import { tellingParts, type DetectorBug, type OnDetectorBug } from './detector-bugs.ts';
import type { LongText } from './long-text.ts';
import { stageJudges } from './stage-judges.ts';
import type { LookedAt, SecondLook } from './second-look.ts';
import type { StageShares } from './stage-shares.ts';
import { wakeInTurns } from './waking.ts';

const POOL = { threads: 2, runMs: 5_000, queueMaxPerOwner: 64, idleMs: 60_000, heapMaxMb: 256 } as const;

export interface MeaningGuard {
  readonly meaning: Guards['meaning'];
  /** Both looks at a text that is too long for the loop. */
  readonly long: NonNullable<Guards['long']>;
  close(): Promise<void>;
}

export interface MeaningTools {
  readonly parts: readonly MeaningPart[];
  readonly shares: StageShares;
  readonly secondLook: SecondLook;
  /** Told of what a detector throws, here and in the threads. */
  readonly onBug: OnDetectorBug;
  /** How many requests are under way, in one shared cell: a thread steps aside while there are others than its own. */
  readonly underWay: Int32Array<SharedArrayBuffer>;
}

export function createMeaningGuard({ parts, shares, secondLook, onBug, underWay }: MeaningTools): MeaningGuard {
  // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
  const entry = new URL(import.meta.url.replace(/meaning-guard\.(ts|js)$/, 'meaning-worker.$1'));
  const pool = new WorkerPool({ ...POOL, entry });
  const judges = stageJudges(tellingParts(parts, onBug));
  let isClosed = false;
  wakeInTurns(judges(), () => isClosed);
  const counted = (report: MeaningReport): MeaningReport => {
    shares.took(report);
    return report;
  };
  const reviewed = (report: MeaningReport, at: LookedAt): MeaningReport | Promise<MeaningReport> => {
    const after = secondLook.review(report, at);
    return after instanceof Promise ? after.then(counted) : counted(after);
  };
  return {
    meaning(text, look, tenant) {
      const at = { text, look, tenant };
      if (text.length <= TEXT_UNITS_MAX) return reviewed(judges(look.stagesOff).judge(text, look.origin, look.context), at);
      return judgeLong({ pool, underWay, onBug }, at, false).then(({ report }) => reviewed(report, at));
    },
    long(text, look, tenant) {
      if (text.length <= TEXT_UNITS_MAX) return undefined;
      const at = { text, look, tenant };
      const looked = judgeLong({ pool, underWay, onBug }, at, true);
      return { meaning: looked.then(({ report }) => reviewed(report, at)), spans: looked.then(({ spans }) => spans) };
    },
    close() {
      isClosed = true;
      return pool.close();
    },
  };
}

interface LongTools extends Pick<MeaningTools, 'onBug' | 'underWay'> {
  readonly pool: WorkerPool;
}

/** Without `spans` nobody looked for them. */
async function judgeLong(
  { pool, underWay, onBug }: LongTools,
  { text, look, tenant }: LookedAt,
  wantsSpans: boolean,
): Promise<Pick<LookedLong, 'report' | 'spans'>> {
  const { origin, context, direction, sink, stagesOff } = look;
  const spansOf: SpanOptions | undefined = wantsSpans ? { direction, origin, context, sink } : undefined;
  const input: LongWork = { text, origin, context, underWay, spansOf, ...(stagesOff === undefined ? {} : { stagesOff }) };
  try {
    const { report, spans, bugs } = parseLooked(await pool.run(tenant, input));
    bugs.forEach(onBug);
    return { report, spans };
  } catch (error) {
    if (error instanceof PoolError) return { report: { state: 'failed', code: error.failure, findings: [] }, spans: undefined };
    throw error;
  }
}

/** What a thread is handed. */
export interface LongWork extends LongText {
  readonly underWay: Int32Array<SharedArrayBuffer>;
  /** For whom spans are looked for as well; undefined: for nobody. */
  readonly spansOf: SpanOptions | undefined;
}

/** What a thread says of a text. */
export interface LookedLong {
  readonly report: MeaningReport;
  /** Undefined: nobody asked for them. */
  readonly spans: Report | undefined;
  readonly bugs: readonly DetectorBug[];
}

// What our own worker posts is this by its type; a structured clone keeps its shape.
const parseLooked = (output: unknown): LookedLong => output as LookedLong;
