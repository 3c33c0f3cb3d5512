// The meaning guard of the gateway: short texts on the spot, long ones in threads, in fair turns between tenants.
import { TEXT_UNITS_MAX, type MeaningPart } from '../../detect/detector.ts';
import type { MeaningReport } from '../../detect/meaning/judge.ts';
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
      return judgeLong({ pool, underWay, onBug }, at).then((report) => reviewed(report, at));
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

async function judgeLong({ pool, underWay, onBug }: LongTools, { text, look, tenant }: LookedAt): Promise<MeaningReport> {
  const { origin, context, stagesOff } = look;
  const input: LongWork = { text, origin, context, underWay, ...(stagesOff === undefined ? {} : { stagesOff }) };
  try {
    const { report, bugs } = parseLooked(await pool.run(tenant, input));
    bugs.forEach(onBug);
    return report;
  } catch (error) {
    if (error instanceof PoolError) return { state: 'failed', code: error.failure, findings: [] };
    throw error;
  }
}

/** What a thread is handed. */
export interface LongWork extends LongText {
  readonly underWay: Int32Array<SharedArrayBuffer>;
}

/** What a thread says of a text. */
export interface LookedLong {
  readonly report: MeaningReport;
  readonly bugs: readonly DetectorBug[];
}

// What our own worker posts is this by its type; a structured clone keeps its shape.
const parseLooked = (output: unknown): LookedLong => output as LookedLong;
