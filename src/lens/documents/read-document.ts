// The front door of the readers of documents: bytes in, text out. What a file is, its content says.
import type { DocumentText } from './document-text.ts';
import { readDocx } from './docx.ts';
import { FILE_BYTES_MAX, UnreadableDocument, type Unreadable } from './limits.ts';
import { readPdf } from './pdf.ts';
import { zipEntries } from './zip.ts';

export type DocumentKind = 'docx' | 'pdf' | 'text';

export type ReadDocument =
  | ({ readonly state: 'read'; readonly kind: DocumentKind } & DocumentText)
  /** Failing to look: nothing is known of the document. */
  | { readonly state: 'failed'; readonly code: Unreadable };

const MARK_BYTES = 1_024;
const ZIP = Buffer.from('PK\u0003\u0004');

/** Whether bytes are no plain text, so that a reader is needed. Readers of PDF look for the mark in the first kilobyte; so does whoever hides a file in another. */
export const isBinary = (file: Buffer): boolean =>
  file.subarray(0, MARK_BYTES).includes('%PDF-') || file.subarray(0, 4).equals(ZIP) || file.includes(0);

/** Reads a document. Never throws, runs nothing, and inflates at most what `limits.ts` allows. */
export function readDocument(file: Buffer): ReadDocument {
  try {
    return { state: 'read', ...read(file) };
  } catch (error) {
    if (error instanceof UnreadableDocument) return { state: 'failed', code: error.code };
    throw error;
  }
}

function read(file: Buffer): DocumentText & { readonly kind: DocumentKind } {
  if (file.length > FILE_BYTES_MAX) throw new UnreadableDocument('too_large');
  if (file.subarray(0, MARK_BYTES).includes('%PDF-')) return { kind: 'pdf', ...readPdf(file) };
  if (file.subarray(0, 4).equals(ZIP)) {
    const entries = zipEntries(file);
    if (!entries.some(({ name }) => name === 'word/document.xml')) throw new UnreadableDocument('unknown_kind');
    return { kind: 'docx', ...readDocx(entries) };
  }
  if (file.includes(0)) throw new UnreadableDocument('unknown_kind');
  return { kind: 'text', text: file.toString('utf8'), hidden: [] };
}
