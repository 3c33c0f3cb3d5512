// The image door of the gateway: small checks here, everything that decodes in processes of its own. Nothing is loaded before the first picture.
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImagePlaces } from '../config/images.ts';
import { PoolError, WorkerPool } from '../../io/worker-pool.ts';
import { startSealed } from '../../io/sealed-process.ts';
import { fetchPublic, publicUrl } from '../../io/outbound/fetch-public.ts';
import type { ImageDoor, ImageSize, ImageVerdict } from '../../lens/images/image-door.ts';
import { factsOf, type ImageFacts } from '../../lens/images/image-facts.ts';
import { IMAGE_LIMITS } from '../../lens/images/limits.ts';
import type { ImageJob, ImageLook } from '../../lens/images/look.ts';
import { refusalWords } from '../../lens/images/refusal-words.ts';

const PACKAGES = [
  'sharp',
  'tesseract.js',
  '@tesseract.js-data/eng',
  'nsfwjs',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-wasm',
] as const;
const POOL = { threads: 1, runMs: 20_000, queueMaxPerOwner: 16, idleMs: 60_000, heapMaxMb: 512 } as const;

export interface ImageGuard extends ImageDoor {
  close(): Promise<void>;
}

/** `packages`: what it takes to look. */
export function createImageGuard(settings: () => ImagePlaces, packages: readonly string[] = PACKAGES): ImageGuard {
  let pool: WorkerPool | undefined;
  return {
    get perRequestMax() {
      return settings().perRequest;
    },
    async look(owner, source) {
      const places = settings();
      const got = source.kind === 'url' ? await fetched(source.url, places) : unpacked(source.base64);
      if (typeof got === 'string') return { state: 'refused', reason: got };
      const limits = { ...IMAGE_LIMITS, pixelsMax: places.pixelsMax };
      const facts = factsOf(got, limits);
      if (facts.state === 'refused') return { state: 'refused', reason: refusalWords(facts) };
      const missing = missingOf(packages);
      if (missing !== '') return { state: 'absent', missing, size: sizeOf(facts.facts) };
      pool ??= createPool();
      return lookIn(pool, owner, { bytes: got, facts: facts.facts, limits });
    },
    close: async () => pool?.close(),
  };
}

/** RFC 4648 section 4, without anything between the letters: what two readers could read differently is not read. */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The bytes, or why there are none. */
function unpacked(base64: string): Uint8Array | string {
  return BASE64.test(base64) && base64.length % 4 === 0 ? Buffer.from(base64, 'base64') : 'it is no base64';
}

const FETCH_MS = 10_000;

async function fetched(text: string, { remoteHosts, reach }: ImagePlaces): Promise<Uint8Array | string> {
  // With its port, where the URL has one.
  const host = URL.parse(text)?.host ?? '';
  if (!remoteHosts.includes(host))
    return 'it is a URL of a host that the operator has not listed in images.remoteHosts; send the picture itself';
  try {
    const url = publicUrl(text, { hasPort: true, reach });
    return await fetchPublic(url, { bytesMax: IMAGE_LIMITS.bytesMax, timeoutMs: FETCH_MS }, reach);
  } catch {
    // Why is nobody's business who may be feeling for what stands in our network.
    return 'it could not be fetched from its URL';
  }
}

const sizeOf = ({ width, height }: ImageFacts): ImageSize => ({ width, height });

async function lookIn(pool: WorkerPool, owner: string, job: ImageJob): Promise<ImageVerdict> {
  try {
    const look = parseLook(await pool.run(owner, job));
    if (look.state === 'failed') return { state: 'failed', code: 'detector_error', size: sizeOf(job.facts) };
    if (look.state === 'undecodable') return { state: 'refused', reason: refusalWords({ refusal: 'damaged' }) };
    const digest = createHash('sha256').update(job.bytes).digest('hex');
    const base64 = Buffer.from(look.bytes).toString('base64');
    return {
      state: 'looked',
      mediaType: `image/${look.kind}`,
      base64,
      texts: look.texts,
      findings: look.findings,
      digest,
      size: sizeOf(job.facts),
    };
  } catch (error) {
    if (error instanceof PoolError) return { state: 'failed', code: error.failure, size: sizeOf(job.facts) };
    throw error;
  }
}

const require = createRequire(import.meta.url);

/** Those that are not there, as npm wants them named. Looked up anew for each picture, so that an installation needs no restart. */
const missingOf = (packages: readonly string[]): string => packages.filter((name) => packageFolder(name) === undefined).join(' ');

/** By its place and not by its entry: a package need not have one. */
const packageFolder = (name: string): string | undefined =>
  (require.resolve.paths(name) ?? []).map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));

function createPool(): WorkerPool {
  // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
  const entry = new URL(import.meta.url.replace(/image-guard\.(ts|js)$/, 'image-process.$1'));
  const house = join(dirname(fileURLToPath(entry)), '..', '..');
  // Packages bring others along, which npm lays beside them.
  const packages = new Set(PACKAGES.map((name) => packageFolder(name)?.replace(/([\\/]node_modules)[\\/].*$/, '$1') ?? house));
  const linked = [...['app/serve', 'lens', 'core', '../package.json'].map((part) => join(house, part)), ...packages];
  // Folders can be links, and Node follows them before it asks whether it may read.
  const reads = new Set([...linked, ...linked.map((place) => realpathSync(place))]);
  return new WorkerPool({ ...POOL, entry, start: (at) => startSealed(at, { reads: [...reads], heapMaxMb: POOL.heapMaxMb }) });
}

// What our own process posts is a look by its type; a structured clone keeps its shape.
const parseLook = (output: unknown): ImageLook => output as ImageLook;
