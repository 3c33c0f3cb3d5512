// Checks that one record is in a ledger, with nothing but the proof and the public key: no disk, no network, and no Node,
// so that the same file runs in a browser.
import { canonicalJson } from '../core/canonical-json.ts';
import type { JsonObject } from '../core/types.ts';
import type { Checkpoint } from './note.ts';
import { fromBase64, openCheckpoint, toBase64 } from './note.ts';

export const PROOF_FORMAT = 'sallyport-ledger-proof/1';

/** A record, the way from it to the root, and who signed that root. */
export interface Proof {
  readonly format: typeof PROOF_FORMAT;
  /** The event as it was recorded, its `index` included. */
  readonly record: JsonObject;
  /** PATH of RFC 6962 section 2.1.1, base64, nearest sibling first. */
  readonly path: readonly string[];
  /** Signed note. */
  readonly checkpoint: string;
}

export type ProofAnswer =
  | { readonly state: 'proven'; readonly index: number; readonly checkpoint: Checkpoint }
  | { readonly state: 'refused'; readonly reason: string };

/** A tree of 2^53 leaves is 53 levels high. */
const PATH_MAX = 53;

/** Never throws for a wrong proof, however wrong. */
export async function checkProof(proof: Proof, verifierKey: string): Promise<ProofAnswer> {
  const checkpoint = await openCheckpoint(proof.checkpoint, verifierKey);
  if (checkpoint === undefined) return refused('the checkpoint is not signed by this key');
  const index = proof.record['index'];
  if (typeof index !== 'number' || !Number.isSafeInteger(index) || index < 0 || index >= checkpoint.size) {
    return refused('the checkpoint does not cover a record of this index');
  }
  const path = proof.path.map((text) => fromBase64(text));
  const leaf = leafBytes(proof.record);
  if (leaf === undefined || path.length > PATH_MAX) return refused('the proof is malformed');
  const root = await rootFrom(await sha256(leaf), { index, size: checkpoint.size, path });
  return root !== undefined && toBase64(root) === checkpoint.root
    ? { state: 'proven', index, checkpoint }
    : refused('the record is not in the tree that the checkpoint signs: it was changed, or the proof is for another one');
}

/** Undefined when the value is no proof at all. */
export function parseProof(value: unknown): Proof | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const { format, record, path, checkpoint } = value as Partial<Record<keyof Proof, unknown>>;
  if (format !== PROOF_FORMAT || typeof checkpoint !== 'string') return undefined;
  if (record === null || typeof record !== 'object' || Array.isArray(record)) return undefined;
  if (!Array.isArray(path) || !path.every((hash) => typeof hash === 'string')) return undefined;
  return { format, record: record as JsonObject, path, checkpoint };
}

const refused = (reason: string): ProofAnswer => ({ state: 'refused', reason });

function leafBytes(record: JsonObject): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array([0, ...new TextEncoder().encode(canonicalJson(record))]);
  } catch {
    return undefined;
  }
}

interface Way {
  readonly index: number;
  readonly size: number;
  readonly path: readonly (Uint8Array | undefined)[];
}

/** RFC 9162 section 2.1.3.2. Numbers instead of bit operations, because those stop at 32 bits. */
async function rootFrom(leaf: Uint8Array, { index, size, path }: Way): Promise<Uint8Array | undefined> {
  let at = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of path) {
    if (sibling?.length !== 32 || last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = await nodeHash(sibling, root);
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = await nodeHash(root, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}

const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Uint8Array> => sha256(new Uint8Array([1, ...left, ...right]));

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
