// Makes a backup beside a running gateway or without one: the state first, then the record as of a checkpoint that covers it, then
// everything else. Restored, no part knows of something that another one lacks.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync, backup as copyDatabase } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { appFault } from '../faults.ts';
import { VERSION } from '../version.ts';
import { ledgerFiles, newestMark, verifierKeyOf, type LedgerMark } from './ledger-part.ts';
import { MANIFEST_NAME, type Manifest } from './manifest.ts';
import { seal } from './sealed.ts';
import { toTar, type TarFile } from './tar.ts';

export interface BackupOptions {
  /** Absolute path of the data directory. */
  readonly dataFolder: string;
  /** Where the archive goes; nothing may be there yet. */
  readonly path: string;
  /** Absent: not encrypted. */
  readonly passphrase?: string;
  /** See `Sealing`. */
  readonly costN?: number;
  /** The state is in a database that has a backup of its own. */
  readonly isStateElsewhere: boolean;
  readonly nowMs: () => number;
  readonly random: (count: number) => Uint8Array;
  readonly pause: (ms: number) => Promise<void>;
  /** How long to wait for a checkpoint that covers what the state has counted. */
  readonly patienceMs: number;
  /** Told while it waits. */
  readonly onWait: (what: string) => void;
}

const WAIT_MS = 250;
/** Made anew from the rest, or true of this moment and this machine only. */
const LEFT_OUT = /^(?:gateway\.json|index\.db.*|state\.db.*|events|ledger|.*\.(?:draft|new|lock|tmp))$/;
const DEPTH_MAX = 4;

/** Throws `backup_impossible`, and what the disk throws; then nothing is left behind. */
export async function makeBackup(options: BackupOptions): Promise<Manifest> {
  const { path, passphrase, random, costN } = options;
  const draft = `${path}.tmp`;
  const stateCopy = `${path}.state.tmp`;
  if (existsSync(path)) throw appFault('backup_impossible', { reason: `${path} is there already` });
  try {
    const state = await copyState(options, stateCopy);
    const mark = await coveringMark(options, state === 'included' ? countedRecords(stateCopy) : 0);
    const manifest: { made?: Manifest } = {};
    const archive = toTar(withManifest(options, { state, mark, stateCopy }, (made) => (manifest.made = made)));
    const zipped = Readable.from(archive).pipe(createGzip({ level: 6 }));
    const sealed = passphrase === undefined ? zipped : Readable.from(seal(zipped, { passphrase, random, costN }));
    await pipeline(sealed, createWriteStream(draft, { flags: 'wx', mode: 0o600 }));
    await syncFile(draft);
    await rename(draft, path);
    await syncFile(dirname(path));
    if (manifest.made === undefined) throw new Error('the archive has no manifest');
    return manifest.made;
  } finally {
    await rm(draft, { force: true });
    await rm(stateCopy, { force: true });
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}

/** A copy of one moment, whoever writes meanwhile (SQLite's online backup, sqlite.org/backup.html). */
async function copyState({ dataFolder, isStateElsewhere }: BackupOptions, copy: string): Promise<Manifest['state']> {
  const file = join(dataFolder, 'state.db');
  if (isStateElsewhere) return 'elsewhere';
  if (!existsSync(file)) return 'none';
  // Made first, with the right mode: SQLite would make one that others can read.
  await (await open(copy, 'wx', 0o600)).close();
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    await copyDatabase(database, copy);
  } finally {
    database.close();
  }
  return 'included';
}

/** How many records of the ledger the budgets of this copy count. */
function countedRecords(copy: string): number {
  const database = new DatabaseSync(copy);
  try {
    // One file, and nothing beside it: that is how it goes into the archive.
    database.exec('pragma journal_mode = delete');
    const row = database.prepare("select value from meta where name = 'budget_ledger_size'").get();
    return Number(row?.['value'] ?? 0);
  } finally {
    database.close();
  }
}

async function coveringMark({ dataFolder, patienceMs, pause, onWait }: BackupOptions, counted: number): Promise<LedgerMark | undefined> {
  const directory = join(dataFolder, 'ledger');
  for (let waitedMs = 0; ; waitedMs += WAIT_MS) {
    const mark = await newestMark(directory);
    if ((mark?.checkpoint.size ?? 0) >= counted) return mark;
    if (waitedMs === 0) onWait(`waiting for a checkpoint over ${counted} records, which the gateway makes once a minute`);
    if (waitedMs >= patienceMs)
      throw appFault('backup_impossible', {
        reason: `no checkpoint covers the ${counted} records that the budgets count; a gateway makes one when it starts and stops`,
      });
    await pause(WAIT_MS);
  }
}

interface Parts {
  readonly state: Manifest['state'];
  readonly mark: LedgerMark | undefined;
  readonly stateCopy: string;
}

/** Every file, and at last what was in them. */
async function* withManifest(
  options: BackupOptions,
  parts: Parts,
  onMade: (manifest: Manifest) => void,
): AsyncGenerator<TarFile, void, undefined> {
  const files: Manifest['files'] = [];
  for await (const file of allFiles(options, parts)) {
    const digest = createHash('sha256');
    yield { ...file, bytes: counted(file.bytes, digest) };
    files.push({ name: file.name, sizeBytes: file.sizeBytes, sha256: digest.digest('hex') });
  }
  const manifest: Manifest = {
    format: 'sallyport-backup-1',
    version: VERSION,
    createdAtMs: options.nowMs(),
    checkpoint: parts.mark?.note ?? null,
    verifierKey: (await verifierKeyOf(join(options.dataFolder, 'ledger'))) ?? null,
    state: parts.state,
    files,
  };
  const bytes = Buffer.from(`${JSON.stringify(manifest)}\n`);
  yield { name: MANIFEST_NAME, sizeBytes: bytes.length, bytes: [bytes] };
  onMade(manifest);
}

async function* counted(
  bytes: TarFile['bytes'],
  digest: { update(chunk: Uint8Array): unknown },
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of bytes) {
    digest.update(chunk);
    yield chunk;
  }
}

async function* allFiles({ dataFolder }: BackupOptions, { state, mark, stateCopy }: Parts): AsyncGenerator<TarFile, void, undefined> {
  if (state === 'included') yield onDisk('state.db', stateCopy, (await stat(stateCopy)).size);
  yield* ledgerFiles(join(dataFolder, 'ledger'), mark);
  // Kill orders last: the state and the record remember how many there were, and may not remember more than there are.
  yield* otherFiles(dataFolder, '', 0);
}

const onDisk = (name: string, path: string, sizeBytes: number): TarFile => ({
  name,
  sizeBytes,
  // What is added meanwhile comes with the next backup.
  bytes: sizeBytes === 0 ? [] : createReadStream(path, { end: sizeBytes - 1 }),
});

async function* otherFiles(dataFolder: string, below: string, depth: number): AsyncGenerator<TarFile, void, undefined> {
  const entries = await readdir(join(dataFolder, below), { withFileTypes: true });
  for (const entry of entries.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    if (LEFT_OUT.test(entry.name) && (depth === 0 || !entry.isDirectory())) continue;
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && depth < DEPTH_MAX) yield* otherFiles(dataFolder, name, depth + 1);
    else if (entry.isFile()) yield onDisk(name, join(dataFolder, name), (await stat(join(dataFolder, name))).size);
  }
}
