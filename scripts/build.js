// Builds `dist/`: from `src/` the types are stripped by the compiler and data files are copied beside the code that reads them;
// from `console/` come the files of the console.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const compiler = join(root, 'node_modules', '.bin', 'tsc');

if (existsSync(compiler)) {
  rmSync(dist, { recursive: true, force: true });
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
  cpSync(join(root, 'src'), dist, { recursive: true, filter: (path) => !/\.(ts|md)$/.test(path) });
  const { build } = await import('vite');
  await build({ configFile: join(root, 'console', 'vite.config.ts'), logLevel: 'warn' });
} else {
  // `npm ci --omit=dev` has no compiler, and a published package brings its `dist/` along.
  console.error('sallyport: no compiler installed, dist/ is left as it is.');
}
