// Where corpora lie: a file each, under the data folder.
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { appFault } from '../faults.ts';

const ENDING = '.corpus';

/** Also what masks and records call it. */
export const CORPUS_NAME = /^[a-z][a-z0-9-]{0,62}$/;

export const corporaFolder = (dataFolder: string): string => join(dataFolder, 'corpora');
export const corpusPath = (dataFolder: string, name: string): string => join(corporaFolder(dataFolder), name + ENDING);

/** Names of the corpora that are there, sorted. */
export async function corpusNames(dataFolder: string): Promise<readonly string[]> {
  const names = await readdir(corporaFolder(dataFolder)).catch(() => []);
  return names
    .filter((name) => name.endsWith(ENDING))
    .map((name) => name.slice(0, -ENDING.length))
    .sort();
}

/** Throws `corpus_missing`. */
export async function removeCorpus(dataFolder: string, name: string): Promise<void> {
  if (!(await corpusNames(dataFolder)).includes(name)) throw appFault('corpus_missing', { name });
  await rm(corpusPath(dataFolder, name));
}
