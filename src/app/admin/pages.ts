// The console's files, as the build left them in dist/console. Only names that lay there are served, so that no path leads elsewhere.
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Headers } from '../../io/http/exchange.ts';
import { appFault } from '../faults.ts';
import { FIRST_PAGE, readPageFiles, type PageFile, type PageFiles } from './page-files.ts';

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

const unzip = promisify(gunzip);

/** `folder` is looked for beside the code when it is not given. */
export function createPages(folder: string = consoleFolder()): Pages {
  let kept: Promise<PageFiles> | undefined;
  return {
    async find(path, headers) {
      kept ??= readPageFiles(folder);
      const { byPath, isWhole } = await kept;
      // Forgotten, so that a build that ends while the gateway runs is seen.
      if (!isWhole) kept = undefined;
      const isPage = !byPath.has(path) && wantsPage(path, headers);
      const name = isPage || path === '/' ? FIRST_PAGE : path;
      const file = byPath.get(name);
      if (file === undefined)
        throw name === FIRST_PAGE ? appFault('console_not_built') : appFault('not_found', { what: 'page at this path' });
      return await pageOf(name, file, headers);
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

async function pageOf(name: string, { bytes, isPacked }: PageFile, headers: Headers): Promise<Page> {
  const head: Record<string, string> = {
    ...HEADERS,
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    // A hash of the content stands in the names of assets, so that what a name says never changes.
    'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-store',
    vary: 'accept-encoding',
  };
  if (!isPacked) return { headers: head, bytes };
  if (/\bgzip\b/.test(headers['accept-encoding'] ?? '')) return { headers: { ...head, 'content-encoding': 'gzip' }, bytes };
  return { headers: head, bytes: await unzip(bytes) };
}
