// A second look by an operator's own classifier: in a thread of its own, which loads it once and keeps it.
import type { Clock } from '../../core/ports.ts';
import { PoolError, WorkerPool } from '../../io/worker-pool.ts';
import type { ClassifierFiles } from '../config/second-look.ts';
import { after } from './after.ts';
import { withDeadline } from './second-look.ts';
import type { Answer, Asker, AskerStatus, Question } from './second-look-asker.ts';

/** What the thread is sent. */
export type ModelJob =
  | { readonly kind: 'load'; readonly files: ClassifierFiles }
  | { readonly kind: 'classify'; readonly files: ClassifierFiles; readonly texts: readonly string[]; readonly untilMs: number };

/** What it sends back: what it has loaded, why it could not, or an answer. */
export type ModelReply =
  | { readonly kind: 'loaded'; readonly digests: Readonly<Record<string, string>> }
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'answer'; readonly answer: Answer };

/**
 * One thread, because a network uses a core to the full and its weights are held once. Loading may take a minute; a look is bounded by its
 * own deadline. It stays while the gateway runs: loading anew after a quiet hour would make the next text wait.
 */
const POOL = { threads: 1, runMs: 120_000, queueMaxPerOwner: 64, idleMs: 2_147_483_647, heapMaxMb: 1_024 } as const;
const LOADER = '';

export function createModelAsker(files: ClassifierFiles, clock: Clock): Asker {
  // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
  const entry = new URL(import.meta.url.replace(/second-look-model\.(ts|js)$/, 'second-look-worker.$1'));
  const pool = new WorkerPool({ ...POOL, entry });
  let status: AskerStatus = { state: 'loading', detail: `loading the classifier in ${files.folder}`, digests: {} };
  const load: ModelJob = { kind: 'load', files };
  const settled = send(pool, LOADER, load).then((reply) => {
    status = statusOf(reply, files);
  });
  return {
    isExternal: false,
    settled,
    get status() {
      return status;
    },
    ask: ({ texts, owner, untilMs }: Question) =>
      withDeadline(
        settled.then(async () => {
          if (status.state === 'failed') return { state: 'failed', code: 'detector_error' };
          return answerOf(await send(pool, owner, { kind: 'classify', files, texts, untilMs }));
        }),
        { ms: Math.max(0, untilMs - clock.nowMs()), after },
      ),
    close: () => pool.close(),
  };
}

async function send(pool: WorkerPool, owner: string, job: ModelJob): Promise<ModelReply> {
  try {
    return parseReply(await pool.run(owner, job));
  } catch (error) {
    if (error instanceof PoolError) return { kind: 'answer', answer: { state: 'failed', code: error.failure } };
    throw error;
  }
}

function statusOf(reply: ModelReply, { folder }: ClassifierFiles): AskerStatus {
  if (reply.kind === 'loaded') return { state: 'ready', detail: `the classifier in ${folder}`, digests: reply.digests };
  const why = reply.kind === 'unusable' ? reply.reason : 'its thread was lost';
  return { state: 'failed', detail: why, digests: {} };
}

const answerOf = (reply: ModelReply): Answer => (reply.kind === 'answer' ? reply.answer : { state: 'failed', code: 'detector_error' });

// What our own worker posts is a reply by its type; a structured clone keeps its shape.
const parseReply = (output: unknown): ModelReply => output as ModelReply;
