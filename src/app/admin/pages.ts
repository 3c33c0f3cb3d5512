// The console's files, as the build left them in dist/console. Only names that lie there are served, so that no path leads elsewhere.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Headers } from '../../io/http/exchange.ts';
import { appFault } from '../faults.ts';

export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

export interface Pages {
  /** The file at this path; for a path that a browser would open as a page, the console itself. Faults: `not_found`, `console_not_built`. */
  find(path: string, headers: Headers): Promise<Page>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const PACKABLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);
/** Smaller files fit into the first packets anyway. */
const PACK_BYTES_MIN = 1_024;

/** No inline script or style, no other origin, no frame: whatever text of an attacker a page shows, it has nothing to call. */
const CONTENT_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': CONTENT_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
} as const;

const zip = promisify(gzip);

/** `folder` is looked for beside the code when it is not given. */
export function createPages(folder: string = consoleFolder()): Pages {
  let names: Promise<ReadonlySet<string>> | undefined;
  const packed = new Map<string, Uint8Array>();
  return {
    async find(path, headers) {
      names ??= namesIn(folder);
      const known = await names;
      const isPage = !known.has(path) && wantsPage(path, headers);
      const name = isPage || path === '/' ? '/index.html' : path;
      if (!known.has(name)) {
        // Forgotten, so that a build that ends while the gateway runs is seen.
        names = undefined;
        throw name === '/index.html' ? appFault('console_not_built') : appFault('not_found', { what: 'page at this path' });
      }
      return await pageOf({ folder, name, packed }, headers);
    },
  };
}

/** A page of the console is any path without an ending: its router knows what it means. */
const wantsPage = (path: string, { accept }: Headers): boolean => extname(path) === '' && (accept ?? '').includes('text/html');

/** `dist/console`, whether this file runs from the sources or from the build. */
function consoleFolder(): string {
  const built = join(import.meta.dirname, '..', '..', 'console');
  return existsSync(built) ? built : join(import.meta.dirname, '..', '..', '..', 'dist', 'console');
}

async function namesIn(folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    return new Set(files.map((name) => `/${name}`));
  } catch {
    // No folder, no console: `find` says so.
    return new Set();
  }
}

interface Wanted {
  readonly folder: string;
  readonly name: string;
  readonly packed: Map<string, Uint8Array>;
}

async function pageOf({ folder, name, packed }: Wanted, headers: Headers): Promise<Page> {
  const ending = extname(name);
  const head: Record<string, string> = {
    ...HEADERS,
    'content-type': TYPES[ending] ?? 'application/octet-stream',
    // A hash of the content stands in the names of assets, so that what a name says never changes.
    'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
  };
  const bytes = packed.get(name);
  const isPacked = PACKABLE.has(ending) && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  if (isPacked && bytes !== undefined) return { headers: { ...head, ...PACKED }, bytes };
  const plain = await readFile(join(folder, name));
  if (!isPacked || plain.length < PACK_BYTES_MIN) return { headers: { ...head, vary: 'accept-encoding' }, bytes: plain };
  const small = await zip(plain);
  if (name.startsWith('/assets/')) packed.set(name, small);
  return { headers: { ...head, ...PACKED }, bytes: small };
}

const PACKED = { 'content-encoding': 'gzip', vary: 'accept-encoding' } as const;
