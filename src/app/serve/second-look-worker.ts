// The thread that holds an operator's classifier. It loads the optional packages and the files once; the network runs as WebAssembly, which
// reads nothing but what it is handed.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { classifierOf, type Classifier, type Network, type Opinion, type Tokenizer } from '../../lens/models/classifier.ts';
import { ClassifierError, parseClassifierCard, specialTokensOf } from '../../lens/models/classifier-folder.ts';
import type { ClassifierFiles } from '../config/second-look.ts';
import type { ModelJob, ModelReply } from './second-look-model.ts';

interface Loaded {
  readonly classifier: Classifier;
  readonly digests: Readonly<Record<string, string>>;
}

/** A text that every tokenizer knows: a network that cannot judge it cannot judge any. */
const PROBE = 'Hello, world.';

let loaded: Promise<Loaded> | undefined;

parentPort?.on('message', (input: unknown) => {
  void reply(parseJob(input)).then((answer) => parentPort?.postMessage(answer));
});

async function reply(job: ModelJob): Promise<ModelReply> {
  try {
    // A job that nobody waits for any more must not hold up those behind it.
    if (job.kind === 'classify' && Date.now() > job.untilMs) return FAILED_TO_COME_TO_IT;
    const { classifier, digests } = await (loaded ??= load(job.files));
    if (job.kind === 'load') return { kind: 'loaded', digests };
    const opinions: Opinion[] = [];
    for (const text of job.texts) opinions.push(await classifier.classify(text));
    return { kind: 'answer', answer: { state: 'looked', opinions } };
  } catch (error) {
    if (job.kind === 'load') return { kind: 'unusable', reason: reasonOf(error) };
    return { kind: 'answer', answer: { state: 'failed', code: 'detector_error' } };
  }
}

const FAILED_TO_COME_TO_IT: ModelReply = { kind: 'answer', answer: { state: 'failed', code: 'out_of_budget' } };

async function load({ folder, network: file, labels }: ClassifierFiles): Promise<Loaded> {
  const digests: Record<string, string> = {};
  const read = async (path: string): Promise<Uint8Array> => {
    const bytes = await readFile(path);
    digests[basename(path)] = createHash('sha256').update(bytes).digest('hex');
    return bytes;
  };
  const readJson = async (name: string): Promise<unknown> => JSON.parse(Buffer.from(await read(join(folder, name))).toString('utf8'));
  const card = parseClassifierCard(await readJson('config.json'), labels);
  const description = await readJson('tokenizer.json');
  const extra = existsSync(join(folder, 'tokenizer_config.json')) ? await readJson('tokenizer_config.json') : {};
  const specialTokens = specialTokensOf(description);
  const { Tokenizer: TokenizerClass } = await import('@huggingface/tokenizers');
  const tokenizer: Tokenizer = new TokenizerClass(parseObject(description), parseObject(extra));
  const network = await startNetwork(await read(file));
  const classifier = classifierOf({ card, tokenizer, network, specialTokens });
  await classifier.classify(PROBE);
  return { classifier, digests };
}

async function startNetwork(bytes: Uint8Array): Promise<Network> {
  const { env, InferenceSession, Tensor } = await import('onnxruntime-web');
  // Threads of its own would be threads that nobody ends.
  env.wasm.numThreads = 1;
  env.logLevel = 'error';
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.entries(inputs).map(([name, values]) => {
        const data = BigInt64Array.from(values, (value) => BigInt(value));
        return [name, new Tensor('int64', data, [1, values.length])] as const;
      });
      const outputs = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data, Number)]));
    },
  };
}

/** In words for the operator: what the files say of themselves is theirs to read. */
const reasonOf = (error: unknown): string =>
  error instanceof ClassifierError
    ? error.message
    : `its files could not be loaded (${error instanceof Error ? error.message.slice(0, 300) : 'unknown'})`;

// What the gateway posts is a job by its type; a structured clone keeps its shape.
const parseJob = (input: unknown): ModelJob => input as ModelJob;
const parseObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
