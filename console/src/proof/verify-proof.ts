// Proves in this browser, with Web Crypto alone, that a record is in the tree whose root somebody signed.
// Steps: RFC 6962 section 2.1 (leaf and node hashes), RFC 9162 section 2.1.3.2 (the way to the root), C2SP signed-note (the signature).
import { fromBase64, openCheckpoint, toBase64, type Checkpoint } from '../../../src/ledger/note.ts';
import type { LedgerProof } from '../api/types.ts';

export type StepState = 'holds' | 'fails';

export interface Step {
  readonly name: string;
  readonly state: StepState;
  readonly detail: string;
}

export interface Verified {
  readonly isProven: boolean;
  readonly steps: readonly Step[];
  /** Size of the tree that the checkpoint signs. */
  readonly size: number | undefined;
}

/** A tree of 2^53 leaves is 53 levels high. */
const PATH_MAX = 53;

/** Never throws for a wrong proof, however wrong. `verifierKey` decides whom one believes: take it from somebody who is not this server. */
export async function verifyProof(proof: LedgerProof, verifierKey: string): Promise<Verified> {
  const record = fromBase64(proof.recordBase64) ?? new Uint8Array();
  const leaf = await sha256(new Uint8Array([0, ...record]));
  const root = await rootFrom(leaf, proof);
  const checkpoint = await openCheckpoint(proof.checkpoint, verifierKey);
  const index = indexIn(record);
  const rootText = root === undefined ? undefined : toBase64(root);
  const steps = [
    step('The record says that it is the one asked for', index === proof.index, `index ${index ?? 'none'}, asked for ${proof.index}`),
    step('Its hash is the leaf of the tree', toBase64(leaf) === proof.leafHash, toBase64(leaf)),
    step(`The way over ${proof.path.length} hashes ends at a root`, rootText !== undefined, rootText ?? 'the way leads nowhere'),
    step('The checkpoint is signed by the key', checkpoint !== undefined, checkpoint?.origin ?? 'no signature of this key fits'),
    signedRoot(checkpoint, { root: rootText, size: proof.size }),
  ];
  return { isProven: steps.every(({ state }) => state === 'holds'), steps, size: checkpoint?.size };
}

function signedRoot(checkpoint: Checkpoint | undefined, led: { readonly root: string | undefined; readonly size: number }): Step {
  const name = 'The signed root is the root that the way led to';
  if (checkpoint === undefined) return step(name, false, 'nothing is signed');
  const { root, size } = checkpoint;
  return step(name, root === led.root && size === led.size, `${root}, over ${size} records`);
}

const step = (name: string, holds: boolean, detail: string): Step => ({ name, state: holds ? 'holds' : 'fails', detail });

function indexIn(record: Uint8Array): number | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(record));
    const index: unknown = typeof value === 'object' && value !== null && 'index' in value ? value.index : undefined;
    return typeof index === 'number' ? index : undefined;
  } catch {
    // No JSON says no index, and the step fails.
    return undefined;
  }
}

/** Numbers instead of bit operations, because those stop at 32 bits. */
async function rootFrom(leaf: Uint8Array, { index, size, path }: LedgerProof): Promise<Uint8Array | undefined> {
  if (!isIn(size, index) || path.length > PATH_MAX) return undefined;
  let place: Place = { at: index, last: size - 1 };
  let root = leaf;
  for (const text of path) {
    const sibling = fromBase64(text);
    if (sibling?.length !== 32 || place.last === 0) return undefined;
    const isRight = place.at % 2 === 1 || place.at === place.last;
    root = isRight ? await nodeHash(sibling, root) : await nodeHash(root, sibling);
    place = above(isRight ? whereItHasSibling(place) : place);
  }
  return place.last === 0 ? root : undefined;
}

const isIn = (size: number, index: number): boolean => Number.isSafeInteger(index) && index >= 0 && index < size;

/** A node of one level of the tree, and the last one there. */
interface Place {
  readonly at: number;
  readonly last: number;
}

const above = ({ at, last }: Place): Place => ({ at: Math.floor(at / 2), last: Math.floor(last / 2) });

/** The last node of a level has no sibling there and goes up as it is. */
function whereItHasSibling(place: Place): Place {
  let found = place;
  while (found.at % 2 === 0 && found.at !== 0) found = above(found);
  return found;
}

const nodeHash = (left: Uint8Array, right: Uint8Array): Promise<Uint8Array> => sha256(new Uint8Array([1, ...left, ...right]));

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
