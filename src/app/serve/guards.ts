// Finds the detectors by their place and makes the guards of them: a new file in `detect/rules/` needs no list to be edited.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SINK_DETECTORS } from '../../detect/sinks/sinks.ts';
import type { LearnedDetector, MeaningDetector, MeaningPart, SpanDetector } from '../../detect/detector.ts';
import { parseOrderWeights, type OrderWeights } from '../../detect/documents/order-weights.ts';
import { GlossTable, parseGlossManifest } from '../../detect/gloss/gloss-table.ts';
import { fastDetector } from '../../detect/model/fast-stage.ts';
import { parseWeights } from '../../detect/model/weights.ts';
import { modelsFolder } from './models-folder.ts';

export interface Detectors {
  readonly meaning: readonly MeaningPart[];
  readonly spans: readonly SpanDetector[];
  /** What the judge of documents learned; without them it goes by words alone. */
  readonly orders?: OrderWeights;
}

/** `detect/rules/` of the sources or of the build, whichever this file runs in: a build joins files, so its depth is not known. */
function rulesFolder(from: string = import.meta.dirname): string {
  const folder = join(from, 'detect', 'rules');
  return existsSync(folder) || dirname(from) === from ? folder : rulesFolder(dirname(from));
}

/** The fast learned stage. Weights that are missing, or not those that their manifest names, stop the start. */
export async function loadLearned(folder: string = join(modelsFolder(), 'injection')): Promise<LearnedDetector> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'fast.json'), 'utf8'));
  const bytes = await readFile(join(folder, 'fast.bin'));
  const weights = parseWeights(manifest, bytes);
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== weights.manifest.digest)
    throw new Error(`models/injection/fast.bin is not what fast.json names: its SHA-256 is ${digest}`);
  return fastDetector(weights, await loadGlosses(folder));
}

async function loadGlosses(folder: string): Promise<GlossTable> {
  const manifest = parseGlossManifest(JSON.parse(await readFile(join(folder, 'glosses.json'), 'utf8')));
  const bytes = await readFile(join(folder, 'glosses.bin'));
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== manifest.digest) throw new Error(`models/injection/glosses.bin is not what glosses.json names: its SHA-256 is ${digest}`);
  return new GlossTable(manifest, bytes);
}

/** Every detector that ships: the rules, and the learned stage beside them. */
export async function loadDetectors(folder?: string): Promise<Detectors> {
  const rules = await loadRules(folder);
  // A folder of one's own is taken as it is.
  if (folder !== undefined) return rules;
  return { meaning: [...rules.meaning, await loadLearned()], spans: [...rules.spans, ...SINK_DETECTORS], orders: await loadOrders() };
}

/** What the judge of documents learned. Weights that are missing or not whole stop the start. */
async function loadOrders(): Promise<OrderWeights> {
  return parseOrderWeights(JSON.parse(await readFile(join(modelsFolder(), 'documents', 'orders.json'), 'utf8')));
}

/** Loads every rule file. A file that is no detector stops the start: a guard that is not there must not look like one that is. */
export async function loadRules(folder: string = rulesFolder()): Promise<Detectors> {
  const names = (await readdir(folder)).filter((name) => /\.(ts|js)$/.test(name) && !/\.(test|fixture|d)\.(ts|js)$/.test(name)).sort();
  const loaded = await Promise.all(names.map(async (name) => parseDetector(await import(pathToFileURL(join(folder, name)).href), name)));
  return {
    meaning: loaded.filter((detector) => detector.kind === 'meaning'),
    spans: loaded.filter((detector) => detector.kind === 'span'),
  };
}

function parseDetector(module: unknown, name: string): MeaningDetector | SpanDetector {
  const found = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (typeof found !== 'object' || found === null || !('kind' in found) || (found.kind !== 'meaning' && found.kind !== 'span')) {
    throw new TypeError(`detect/rules/${name} does not export a detector as its default`);
  }
  return found as MeaningDetector | SpanDetector;
}
