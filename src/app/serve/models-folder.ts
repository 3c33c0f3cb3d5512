// Where the weights that ship are: a build joins files, so the depth of whoever asks is not known.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `models/` of the package: beside `src/` or `dist/`, whichever this file runs in. */
export function modelsFolder(from: string = import.meta.dirname): string {
  const folder = join(from, 'models');
  return existsSync(join(folder, 'injection', 'fast.json')) || dirname(from) === from ? folder : modelsFolder(dirname(from));
}
