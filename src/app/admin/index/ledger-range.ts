// Records and proofs out of the ledger's files, in the thread of the index: a proof reads far, and requests must not wait for it.
import { canonicalJson } from '../../../core/canonical-json.ts';
import { hash } from 'node:crypto';
import type { FilePort } from '../../../io/files/file-port.ts';
import { parseCheckpointText, parseNote, parseVerifierKey, toBase64 } from '../../../ledger/note.ts';
import { prove } from '../../../ledger/prove.ts';
import type { LedgerRecord } from '../../../ledger/record.ts';
import { LedgerTail, type TailPosition } from '../../../watch/request-index/ledger-tail.ts';

export interface LedgerFiles {
  readonly files: FilePort;
  readonly directory: string;
}

export interface RecordRun {
  readonly records: readonly LedgerRecord[];
  /** Index of the record after the last one. */
  readonly next: number;
}

/** `begin` is a place at or before the first record; what retention removed is skipped. */
export async function recordsFrom(
  { files, directory }: LedgerFiles,
  range: { readonly from: number; readonly to: number; readonly begin: TailPosition | undefined },
): Promise<RecordRun> {
  const reader = new LedgerTail(files, directory, range.begin);
  const records: LedgerRecord[] = [];
  try {
    await reader.skipTo(range.from);
    for await (const run of reader.read(range.to)) records.push(...run);
    return { records, next: reader.position.index };
  } finally {
    await reader.close();
  }
}

/** Everything that a browser needs to check one record with Web Crypto alone. */
export interface RecordProof {
  readonly index: number;
  readonly size: number;
  /** The canonical text of the record; SHA-256 over a zero byte and these bytes is the leaf (RFC 6962 section 2.1). */
  readonly recordBase64: string;
  readonly leafHash: string;
  readonly path: readonly string[];
  readonly root: string;
  /** Signed note. */
  readonly checkpoint: string;
  /** Raw Ed25519 key, base64. */
  readonly publicKey: string;
  readonly verifierKey: string;
}

/** Throws the faults of `prove`. */
export async function recordProof(place: LedgerFiles, index: number, verifierKey: string): Promise<RecordProof> {
  const { record, path, checkpoint } = await prove(place, index);
  const bytes = Buffer.from(canonicalJson(record), 'utf8');
  const signed = parseCheckpointText(parseNote(checkpoint)?.text ?? '');
  const key = parseVerifierKey(verifierKey);
  if (signed === undefined || key === undefined) throw new Error('a checkpoint of this ledger cannot be read');
  return {
    index,
    size: signed.size,
    recordBase64: bytes.toString('base64'),
    leafHash: hash('sha256', Buffer.concat([Buffer.of(0), bytes]), 'base64'),
    path,
    root: signed.root,
    checkpoint,
    publicKey: toBase64(key.publicKey),
    verifierKey,
  };
}
