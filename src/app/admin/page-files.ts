// The console's files as one build left them, read once and kept: a page that was loaded before the next build finds the parts that belong to
// it, and a page never gets parts of two builds. They are kept packed, a fifth of a megabyte, from the first look on.
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface PageFile {
  readonly bytes: Uint8Array;
  readonly isPacked: boolean;
}

export interface PageFiles {
  readonly byPath: ReadonlyMap<string, PageFile>;
  /** Whether the build is all there: it has a beginning, and every part that is named. */
  readonly isWhole: boolean;
}

export const FIRST_PAGE = '/index.html';
const PACKABLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);
/** Smaller files fit into the first packets anyway. */
const PACK_BYTES_MIN = 1_024;
/** How a build names its parts, in a page and in scripts: a name, and a hash of eight characters. */
const PART = /(?:assets\/|["'`]\.\/)([\w-]+-[\w-]{8}\.(?:js|css))\b/g;

const zip = promisify(gzip);
const NONE: PageFiles = { byPath: new Map(), isWhole: false };

/** What lies in the folder now. While a build is being written it is not whole, and worth no keeping. */
export async function readPageFiles(folder: string): Promise<PageFiles> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    const texts = new Map(await Promise.all(names.map(async (name) => [`/${name}`, await readFile(join(folder, name))] as const)));
    const byPath = new Map(await Promise.all([...texts].map(async ([path, bytes]) => [path, await toFile(path, bytes)] as const)));
    return { byPath, isWhole: texts.has(FIRST_PAGE) && [...texts].every(([path, bytes]) => hasItsParts(path, bytes, byPath)) };
  } catch (error) {
    // No folder, or a file that went while it was read: there is no console now, and there may be one at the next look.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NONE;
    throw error;
  }
}

function hasItsParts(path: string, bytes: Buffer, byPath: ReadonlyMap<string, PageFile>): boolean {
  if (!PACKABLE.has(extname(path))) return true;
  return [...bytes.toString('utf8').matchAll(PART)].every(([, name]) => byPath.has(`/assets/${name}`));
}

async function toFile(path: string, bytes: Buffer): Promise<PageFile> {
  if (!PACKABLE.has(extname(path)) || bytes.length < PACK_BYTES_MIN) return { bytes, isPacked: false };
  return { bytes: await zip(bytes), isPacked: true };
}
