// Runs in a sealed process for the test, and says what it was able to do there.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

const able = (step: () => unknown): boolean => {
  try {
    step();
    return true;
  } catch {
    return false;
  }
};

process.on('message', ({ task, readable, secret }: { readonly task: string; readonly readable: string; readonly secret: string }) => {
  if (task === 'die') process.abort();
  if (task === 'hang') for (;;) continue;
  process.send?.({
    readsWhatIsListed: able(() => readFileSync(readable)),
    readsOther: able(() => readFileSync(secret)),
    writes: able(() => writeFileSync(readable, 'x')),
    spawns: able(() => spawnSync('/bin/true', { stdio: 'ignore' }).error ?? 0),
    threads: able(() => new Worker('0', { eval: true })),
    // The channel to its parent is all that it was told.
    environment: Object.keys(process.env).filter((name) => !name.startsWith('NODE_CHANNEL')),
  });
});
