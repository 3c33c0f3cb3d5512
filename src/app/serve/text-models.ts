// Reads the weights of the judges of whole texts from `models/`, and refuses what its digest does not vouch for.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Task } from '../../detect/detector.ts';
import { createHarmModel } from '../../detect/harm/harm-model.ts';
import { createNameModel } from '../../detect/names/name-model.ts';
import type { TextModel } from '../../detect/text-model.ts';
import { modelsFolder } from './models-folder.ts';

const MAKES: Readonly<Partial<Record<Task, { readonly folder: string; readonly make: (weights: Uint8Array) => TextModel }>>> = {
  pii: { folder: 'names', make: createNameModel },
  harm: { folder: 'harm', make: createHarmModel },
};

const cardSchema = z.object({ sha256: z.string() });

/** The judges of a task. Throws when weights are missing or damaged: a judge that is not there must not look like one that found nothing. */
export async function loadTextModels(task: Task, folder: string = modelsFolder()): Promise<readonly TextModel[]> {
  const row = MAKES[task];
  if (row === undefined) return [];
  return [row.make(readWeights(row.folder, folder))];
}

/** Weights of one model, vouched for by their digest. */
export function readWeights(model: string, folder: string = modelsFolder()): Uint8Array {
  const weights = readFileSync(join(folder, model, 'weights.bin'));
  const { sha256 } = cardSchema.parse(JSON.parse(readFileSync(join(folder, model, 'weights.json'), 'utf8')));
  const found = createHash('sha256').update(weights).digest('hex');
  if (found !== sha256) throw new Error(`models/${model}/weights.bin is damaged: its digest is ${found}`);
  return weights;
}
