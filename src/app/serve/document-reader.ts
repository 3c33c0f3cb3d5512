// Reads documents in a thread that can be ended: a file that a reader chokes on costs that thread.
import { TimedWorker } from '../../io/ended-in-time.ts';
import type { ReadDocument } from '../../lens/documents/read-document.ts';

const RUN_MS = 20_000;
const HEAP_MAX_MB = 512;

export type DocumentReader = (bytes: Uint8Array) => ReadDocument;

/** Blocks the thread while a document is read: for commands. The thread starts with the first document. */
export function createDocumentReader(runMs: number = RUN_MS): DocumentReader {
  // The entry has this file's ending: `.ts` from the sources, `.js` in the build.
  const entry = new URL(import.meta.url.replace(/document-reader\.(ts|js)$/, 'document-worker.$1'));
  const worker = new TimedWorker({ entry, runMs, heapMaxMb: HEAP_MAX_MB });
  return (bytes) => parseAnswer(worker.call(bytes));
}

// What our own worker posts is an answer by its type; none means that it was ended.
const parseAnswer = (answer: unknown): ReadDocument =>
  answer === undefined ? { state: 'failed', code: 'too_large' } : (answer as ReadDocument);
