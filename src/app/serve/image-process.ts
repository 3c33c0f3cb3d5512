// The process that looks into pictures, as `io/sealed-process.ts` starts it. Loads the optional packages, and keeps them for the next picture.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { lookInto, type ImageJob, type ImageLook, type LookTools } from '../../lens/images/look.ts';
import { setUpDecoder } from '../../lens/images/make-anew.ts';
import type { Classifier } from '../../lens/images/classifier.ts';
import { classifierOf, loadNetwork, type NetworkParts } from '../../lens/images/network.ts';
import { startEngine, type ReaderEngine, type TesseractCore } from '../../lens/images/reader-engine.ts';

/** The network: the permission model of this Node.js keeps files, processes and threads shut, and does not speak of it. */
const CLOSED = /^(?:node:)?(?:net|tls|http|https|http2|dns|dgram|quic|inspector)(?:\/|$)/;
const NICE = 10;

const require = createRequire(import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    if (CLOSED.test(specifier)) throw new Error(`${specifier} is closed to whoever looks into pictures`);
    return next(specifier, context);
  },
});
for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']) Reflect.deleteProperty(globalThis, name);
// Looking into a picture must not slow the requests that carry none.
setPriority(Math.max(getPriority(), NICE));

let tools: Promise<LookTools> | undefined;

process.on('message', (input: unknown) => {
  void answer(parseJob(input)).then((look) => process.send?.(look));
});
process.on('disconnect', () => process.exit(0));

async function answer(job: ImageJob): Promise<ImageLook> {
  try {
    return await lookInto(await (tools ??= load()), job);
  } catch {
    return { state: 'failed' };
  }
}

async function load(): Promise<LookTools> {
  const { default: sharp } = await import('sharp');
  setUpDecoder(sharp);
  return { sharp, reader: await loadReader(), classifier: await loadClassifier() };
}

async function loadReader(): Promise<ReaderEngine> {
  const core = parseCore(createRequire(require.resolve('tesseract.js'))('tesseract.js-core/tesseract-core-simd-lstm'));
  const folder = dirname(require.resolve('@tesseract.js-data/eng'));
  const trained = gunzipSync(readFileSync(join(folder, '4.0.0_best_int', 'eng.traineddata.gz')));
  return startEngine(await core({}), 'eng', trained);
}

async function loadClassifier(): Promise<Classifier> {
  const core = await import('@tensorflow/tfjs-core');
  const layers = await import('@tensorflow/tfjs-layers');
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  if (!(await core.setBackend('wasm'))) throw new Error('the WebAssembly backend did not start');
  const folder = join(dirname(require.resolve('nsfwjs')), '..', 'models', 'mobilenet_v2');
  const model = parseModel(require(join(folder, 'model.min.js')));
  const weights = String(require(join(folder, 'group1-shard1of1.min.js')));
  return classifierOf(core, await loadNetwork({ core, layers, model, weights }));
}

// The package has no types of its own.
const parseCore = (core: unknown) => core as (options: object) => Promise<TesseractCore>;
const parseModel = (model: unknown) => model as NetworkParts['model'];
// What the gateway posts is a job by its type; a structured clone keeps its shape.
const parseJob = (input: unknown): ImageJob => input as ImageJob;
