// `npm run bench`: every table that docs/performance.md holds. Names after `--` choose some of them.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';

const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts' && name !== 'soak.ts')
  .map((name) => name.slice(0, -3))
  .sort();
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no bench called ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}
console.log(
  `${new Date().toISOString()}  Node ${process.version}  Linux ${release()}  ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
);
for (const name of wanted.length > 0 ? wanted : names) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`), ...flags], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
