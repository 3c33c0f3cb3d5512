// Proofs of a real ledger hold; whatever is changed in them, they do not.
import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryDisk } from '../../../src/io/files/memory-disk.ts';
import { seededChance } from '../../../src/io/files/seeded-chance.ts';
import { canonicalJson } from '../../../src/core/canonical-json.ts';
import { openLedger } from '../../../src/ledger/ledger.ts';
import { parseCheckpointText, parseNote, parseVerifierKey, toBase64 } from '../../../src/ledger/note.ts';
import { prove } from '../../../src/ledger/prove.ts';
import type { LedgerProof } from '../api/types.ts';
import { verifyProof } from './verify-proof.ts';

const DIRECTORY = '/ledger';
const RECORDS = 37;
const files = new MemoryDisk(1).port();
const clock = { nowMs: () => 1_700_000_000_000, steadyMs: () => 0 };
let verifierKey = '';

beforeAll(async () => {
  const ledger = await openLedger({ directory: DIRECTORY, files, clock, random: seededChance(3) });
  for (let n = 0; n < RECORDS; n++) await ledger.append({ kind: 'test.happened', atMs: clock.nowMs() + n, data: { n } }).durable;
  await ledger.checkpoint();
  await ledger.close();
  verifierKey = ledger.verifierKey;
});

/** As the admin API answers it. */
async function proofOf(index: number): Promise<LedgerProof> {
  const { record, path, checkpoint } = await prove({ files, directory: DIRECTORY }, index);
  const bytes = new TextEncoder().encode(canonicalJson(record));
  const { size = 0, root = '' } = parseCheckpointText(parseNote(checkpoint)?.text ?? '') ?? {};
  const leaf = await crypto.subtle.digest('SHA-256', new Uint8Array([0, ...bytes]));
  const publicKey = toBase64(parseVerifierKey(verifierKey)?.publicKey ?? new Uint8Array());
  return { index, size, recordBase64: toBase64(bytes), leafHash: toBase64(new Uint8Array(leaf)), path, root, checkpoint, publicKey };
}

const failing = async (proof: LedgerProof, key = verifierKey): Promise<readonly string[]> => {
  const { isProven, steps } = await verifyProof(proof, key);
  expect(isProven).toBe(false);
  return steps.filter(({ state }) => state === 'fails').map(({ name }) => name);
};

describe('a proof', () => {
  it('of every record holds in every step', async () => {
    for (let index = 0; index < RECORDS; index++) {
      const { isProven, steps, size } = await verifyProof(await proofOf(index), verifierKey);
      expect({ index, isProven, size, failed: steps.filter(({ state }) => state === 'fails') }).toEqual({
        index,
        isProven: true,
        size: RECORDS,
        failed: [],
      });
    }
  });

  it('of another record than the one asked for is none', async () => {
    expect(await failing({ ...(await proofOf(7)), index: 8 })).toContain('The record says that it is the one asked for');
  });

  it('of a changed record is none', async () => {
    const proof = await proofOf(7);
    const forged = toBase64(new TextEncoder().encode(atob(proof.recordBase64).replace('test.happened', 'test.forgedxx')));
    expect(await failing({ ...proof, recordBase64: forged })).toEqual([
      'Its hash is the leaf of the tree',
      'The signed root is the root that the way led to',
    ]);
  });

  it('with another way, size, checkpoint or key is none', async () => {
    const proof = await proofOf(7);
    const other = await openLedger({ directory: '/other', files: new MemoryDisk(2).port(), clock, random: seededChance(9) });
    await other.close();
    expect(await failing({ ...proof, path: proof.path.slice(1) })).not.toEqual([]);
    expect(await failing({ ...proof, path: [...proof.path, ...proof.path] })).not.toEqual([]);
    expect(await failing({ ...proof, path: Array.from({ length: 54 }, () => proof.root) })).not.toEqual([]);
    expect(await failing({ ...proof, size: RECORDS + 1 })).not.toEqual([]);
    expect(await failing({ ...proof, checkpoint: proof.checkpoint.replace(`\n${RECORDS}\n`, `\n${RECORDS + 1}\n`) })).toContain(
      'The checkpoint is signed by the key',
    );
    expect(await failing(proof, other.verifierKey)).toContain('The checkpoint is signed by the key');
  });

  it('that is rubbish is none, and throws nothing', async () => {
    const rubbish = { index: 0, size: 0, recordBase64: '%', leafHash: '', path: ['%'], root: '', checkpoint: '', publicKey: '' };
    expect(await failing(rubbish, '')).toHaveLength(5);
    expect(await failing({ ...rubbish, index: Number.NaN, size: 1 })).toHaveLength(5);
  });
});
