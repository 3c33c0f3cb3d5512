// Puts a backup back: into a folder beside the target first, where every byte is compared and the record recomputed; only then in place.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Fault } from '../../core/fault.ts';
import type { Clock, RandomSource } from '../../core/ports.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import { openLedger } from '../../ledger/ledger.ts';
import { parseCheckpointText, parseNote } from '../../ledger/note.ts';
import { verify } from '../../ledger/verify.ts';
import { CursorFile, readReceiverCursor } from '../../watch/receivers/cursor-file.ts';
import { appFault } from '../faults.ts';
import { RESTORES_NAME, readRestores } from '../serve/restores.ts';
import { MANIFEST_NAME, manifestSchema, type Manifest } from './manifest.ts';
import { SEALED_MAGIC, unseal } from './sealed.ts';
import { readTar, type TarFile } from './tar.ts';

export interface RestoreOptions {
  readonly path: string;
  /** Absolute; nothing may be there yet. */
  readonly dataFolder: string;
  readonly passphrase?: string;
  /** Looks whether it could be restored, and leaves nothing behind. */
  readonly isTrial: boolean;
  readonly who: string;
  readonly clock: Clock;
  readonly random: RandomSource;
}

export interface Restored {
  readonly manifest: Manifest;
  /** Records that the record holds, and that were recomputed. */
  readonly records: number;
}

const MANIFEST_BYTES_MAX = 268_435_456;
/** Names that this program writes: below the folder, and nowhere else (CWE-22). */
const NAME = /^(?:[A-Za-z0-9._-]{1,100}\/){0,8}[A-Za-z0-9._-]{1,100}$/;

/** Throws `backup_unreadable`, `backup_damaged`, `restore_refused`. */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { dataFolder, isTrial } = options;
  const draft = `${dataFolder}.restoring`;
  if (!isTrial) await assertFree(dataFolder);
  await mkdir(draft, { mode: 0o700, recursive: false }).catch((cause: unknown) => {
    throw appFault(
      'restore_refused',
      { path: draft, reason: 'it is left from a restore that was cut short, or cannot be made' },
      { cause },
    );
  });
  try {
    const manifest = await unpack(options, draft);
    checkState(manifest, join(draft, 'state.db'));
    const records = await checkLedger(manifest, join(draft, 'ledger'));
    if (isTrial) return { manifest, records };
    await noteRestore(options, { manifest, draft });
    // An empty folder may be there: a rename takes its place.
    await rename(draft, dataFolder);
    await diskFiles.syncFolder(dirname(dataFolder));
    return { manifest, records };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Never over data: an empty folder is the most that may be there. */
async function assertFree(dataFolder: string): Promise<void> {
  const names = await readdir(dataFolder).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
    throw cause;
  });
  if (names.length > 0) throw appFault('restore_refused', { path: dataFolder, reason: 'it is not empty' });
}

async function unpack({ path, passphrase }: RestoreOptions, draft: string): Promise<Manifest> {
  const found = new Map<string, { readonly sizeBytes: number; readonly sha256: string }>();
  let manifest: Manifest | undefined;
  try {
    for await (const file of readTar(await contentOf(path, passphrase))) {
      if (manifest !== undefined) throw appFault('backup_unreadable', { reason: 'a file stands behind its manifest' });
      if (file.name === MANIFEST_NAME) {
        manifest = checkManifest(await whole(file), found);
        continue;
      }
      if (!NAME.test(file.name) || file.name.split('/').includes('..') || found.has(file.name))
        throw appFault('backup_unreadable', { reason: 'it names a file that no backup has' });
      found.set(file.name, { sizeBytes: file.sizeBytes, sha256: await writeOut(file, join(draft, file.name)) });
    }
  } catch (cause) {
    if (cause instanceof Fault || (cause instanceof Error && 'syscall' in cause)) throw cause;
    throw appFault('backup_unreadable', { reason: 'it is no archive of this program, or damaged' }, { cause });
  }
  if (manifest === undefined) throw appFault('backup_unreadable', { reason: 'it has no manifest' });
  return manifest;
}

async function contentOf(path: string, passphrase: string | undefined): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(path, 'r');
  const magic = Buffer.alloc(SEALED_MAGIC.length);
  await handle.read(magic, 0, magic.length, 0);
  await handle.close();
  if (!magic.equals(SEALED_MAGIC)) return createReadStream(path).pipe(createGunzip());
  if (passphrase === undefined) throw appFault('backup_unreadable', { reason: 'it is encrypted: name its passphrase with --passphrase' });
  const source = Readable.from(unseal(createReadStream(path, { start: magic.length }), passphrase));
  const unzipped = createGunzip();
  // A pipe does not hand on errors by itself.
  source.on('error', (error) => unzipped.destroy(error));
  return source.pipe(unzipped);
}

async function whole(file: TarFile): Promise<string> {
  if (file.sizeBytes > MANIFEST_BYTES_MAX) throw appFault('backup_unreadable', { reason: 'its manifest is too large' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function writeOut(file: TarFile, path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const digest = createHash('sha256');
  const handle = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of file.bytes) {
      digest.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return digest.digest('hex');
}

function checkManifest(text: string, found: ReadonlyMap<string, { readonly sizeBytes: number; readonly sha256: string }>): Manifest {
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw appFault('backup_unreadable', { reason: 'its manifest is of another version' });
  for (const { name, sizeBytes, sha256 } of parsed.data.files) {
    const one = found.get(name);
    if (one?.sizeBytes !== sizeBytes || one.sha256 !== sha256) throw appFault('backup_damaged', { what: `${name} is not as it was` });
  }
  if (parsed.data.files.length !== found.size) throw appFault('backup_damaged', { what: 'it holds files that its manifest does not name' });
  return parsed.data;
}

function checkState({ state }: Manifest, file: string): void {
  if (state !== 'included') return;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const answer = Object.values(database.prepare('pragma integrity_check(1)').get() ?? {})[0];
    if (answer !== 'ok') throw appFault('backup_damaged', { what: `state.db: ${String(answer)}` });
  } finally {
    database.close();
  }
}

/** Recomputes the record against the checkpoint and the key that the manifest carries. */
async function checkLedger({ checkpoint, verifierKey }: Manifest, directory: string): Promise<number> {
  if (checkpoint === null || verifierKey === null) return 0;
  const report = await verify({ files: diskFiles, directory, against: checkpoint, verifierKey });
  if (report.state !== 'intact') throw appFault('backup_damaged', { what: report.problems[0]?.message ?? 'the record is empty' });
  return report.size;
}

/**
 * The record says that it was put back, and from here on new records have other uids than those that the lost ones had: a SIEM that
 * saw those must not take the new ones for repeats.
 */
async function noteRestore(
  { who, clock, random }: RestoreOptions,
  { manifest, draft }: { readonly manifest: Manifest; readonly draft: string },
): Promise<void> {
  const size = manifest.checkpoint === null ? undefined : parseCheckpointText(parseNote(manifest.checkpoint)?.text ?? '')?.size;
  if (size === undefined) return;
  const mark = `r${Buffer.from(random.bytes(4)).toString('hex')}`;
  const restores = [...(await readRestores(draft)), { fromIndex: size, mark }];
  await writeFile(join(draft, RESTORES_NAME), `${JSON.stringify(restores)}\n`, { mode: 0o600 });
  await rewindReceivers(join(draft, 'receivers'), size);
  const ledger = await openLedger({ directory: join(draft, 'ledger'), files: diskFiles, clock, random });
  try {
    const data = { who, mark, records: size, backupAtMs: manifest.createdAtMs };
    await ledger.append({ kind: 'ledger.restored', atMs: clock.nowMs(), data }).durable;
  } finally {
    await ledger.close();
  }
}

/** A receiver that had got further gets on with what is new. One whose cursor cannot be read begins anew by itself. */
async function rewindReceivers(folder: string, size: number): Promise<void> {
  for (const file of await diskFiles.list(folder)) {
    const name = /^\.(.+)\.cursor$/.exec(file)?.[1];
    if (name === undefined) continue;
    const place = { files: diskFiles, folder, name };
    const cursor = await readReceiverCursor(place);
    if (typeof cursor === 'string' || cursor.next <= size) continue;
    const rewound = { ledger: cursor.ledger, next: size, warmFrom: Math.min(cursor.warmFrom, size) };
    await (await CursorFile.open(place, rewound)).close();
  }
}
