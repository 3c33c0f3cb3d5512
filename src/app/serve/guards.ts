// Finds the detectors by their place and makes the guards of them: a new file in `detect/rules/` needs no list to be edited.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MeaningDetector, SpanDetector } from '../../detect/detector.ts';

export interface Detectors {
  readonly meaning: readonly MeaningDetector[];
  readonly spans: readonly SpanDetector[];
}

/** `detect/rules/` of the sources or of the build, whichever this file runs in: a build joins files, so its depth is not known. */
function rulesFolder(from: string = import.meta.dirname): string {
  const folder = join(from, 'detect', 'rules');
  return existsSync(folder) || dirname(from) === from ? folder : rulesFolder(dirname(from));
}

/** Loads every rule file. A file that is no detector stops the start: a guard that is not there must not look like one that is. */
export async function loadDetectors(folder: string = rulesFolder()): Promise<Detectors> {
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
