// The thread that holds the sentence encoder. Its network runs as WebAssembly; weights and words come with the package, and nothing is fetched.
import { parentPort } from 'node:worker_threads';
import { opinionOf, type VectorHead } from '../../lens/models/vector-head.ts';
import type { Opinion } from '../../lens/models/classifier.ts';
import { stepBack } from '../../io/step-back.ts';
import { openEncoder, type Encoder } from './sentence-encoder.ts';
import { loadHead, type VectorJob, type VectorReply } from './second-look-vectors.ts';

interface Loaded {
  readonly encoder: Encoder;
  readonly head: VectorHead;
}

let loaded: Promise<Loaded> | undefined;

parentPort?.on('message', (input: unknown) => {
  void reply(parseJob(input)).then((answer) => parentPort?.postMessage(answer));
});

async function reply({ texts, origin, untilMs }: VectorJob): Promise<VectorReply> {
  const isLoading = texts.length === 0;
  try {
    // A job that nobody waits for any more must not hold up those behind it.
    if (Date.now() > untilMs) return { kind: 'answer', answer: { state: 'failed', code: 'out_of_budget' } };
    const { encoder, head } = await (loaded ??= load());
    const opinions: Opinion[] = [];
    for (const text of texts) {
      const opinion = opinionOf(head, await encoder.vectorOf(text), origin);
      opinions.push(encoder.cuts(text) ? { ...opinion, isCut: true } : opinion);
    }
    return { kind: 'answer', answer: { state: 'looked', opinions } };
  } catch (error) {
    // What is mended meanwhile is loaded by the next one.
    if (isLoading) loaded = undefined;
    if (isLoading)
      return { kind: 'unusable', reason: `it could not be loaded (${error instanceof Error ? error.message.slice(0, 300) : 'unknown'})` };
    return { kind: 'answer', answer: { state: 'failed', code: 'detector_error' } };
  }
}

async function load(): Promise<Loaded> {
  const encoder = await openEncoder();
  const head = loadHead();
  opinionOf(head, await encoder.vectorOf('Hello, world.'), 'user');
  // What is in doubt must not slow what is not; somebody waits for the loading, which happens once.
  stepBack();
  return { encoder, head };
}

// What the gateway posts is a job by its type; a structured clone keeps its shape.
const parseJob = (input: unknown): VectorJob => input as VectorJob;
