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
  // Readers of PDF look for the mark in the first kilobyte; so does whoever hides a file in another.
  if (file.subarray(0, 1_024).includes('%PDF-')) return { kind: 'pdf', ...readPdf(file) };
  if (file.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
    const entries = zipEntries(file);
    if (!entries.some(({ name }) => name === 'word/document.xml')) throw new UnreadableDocument('unknown_kind');
    return { kind: 'docx', ...readDocx(entries) };
  }
  if (file.includes(0)) throw new UnreadableDocument('unknown_kind');
  return { kind: 'text', text: file.toString('utf8'), hidden: [] };
}
