// Tells the command line which gateway runs on a data directory. A hint, not a lock: the ledger's lock keeps a second one out.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE_NAME = 'gateway.json';

const presenceSchema = z.object({
  pid: z.int().positive(),
  /** Base addresses with scheme, host and port. */
  data: z.string().max(300),
  admin: z.string().max(300),
  startedAtMs: z.int().nonnegative(),
  version: z.string().max(64),
});

export type Presence = Readonly<z.output<typeof presenceSchema>>;

const pathIn = (dataFolder: string): string => join(dataFolder, FILE_NAME);

/** Says that this process serves the directory; returns the way to take it back. */
export function announce(dataFolder: string, presence: Presence): () => void {
  const path = pathIn(dataFolder);
  rmSync(path, { force: true });
  writeFileSync(path, `${JSON.stringify(presence)}\n`, { mode: 0o600, flag: 'wx' });
  return () => rmSync(path, { force: true });
}

/** The gateway that runs now. Undefined when none does, or when the last one was ended before it could say so. */
export function runningGateway(dataFolder: string): Presence | undefined {
  const presence = presenceSchema.safeParse(readJson(pathIn(dataFolder)));
  return presence.success && isAlive(presence.data.pid) ? presence.data : undefined;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    // No file, or one that was cut short: nobody is known to run.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
