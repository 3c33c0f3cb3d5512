// Proofs and exports: they hold with nothing but the public key, and for nothing that was changed.
import { beforeEach, describe, expect, it } from 'vitest';
import type { FilePort } from '../io/files/file-port.ts';
import { MemoryDisk } from '../io/files/memory-disk.ts';
import { seededChance } from '../io/files/seeded-chance.ts';
import { readWhole } from '../io/files/whole-file.ts';
import { checkProof, parseProof } from './check-proof.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openLedger } from './ledger.ts';
import { exportLedger, prove } from './prove.ts';
import { TileStore } from './tile-store.ts';
import { verify } from './verify.ts';

const DIRECTORY = '/data/ledger';
const RECORDS = 40;

let files: FilePort;
let verifierKey = '';
const published: string[] = [];

const clock = { nowMs: () => 1_700_000_000_000, steadyMs: () => 0 };

function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  const publish = [async (note: string) => void published.push(note)];
  return openLedger({ directory: DIRECTORY, files, clock, random: seededChance(3), segmentBytesMax: 1200, publish, ...options });
}

async function record(ledger: Ledger, [from, to]: readonly [number, number]): Promise<void> {
  for (let n = from; n < to; n++) await ledger.append({ kind: 'test.happened', atMs: 1_700_000_000_000 + n, data: { n } }).durable;
}

beforeEach(async () => {
  files = new MemoryDisk(1).port();
  published.length = 0;
  const ledger = await open();
  await record(ledger, [0, 25]);
  await ledger.checkpoint();
  await record(ledger, [25, RECORDS]);
  await ledger.close();
  verifierKey = ledger.verifierKey;
});

describe('a proof', () => {
  it('of every record holds with nothing but the public key', async () => {
    for (let index = 0; index < RECORDS; index++) {
      const proof = parseProof(JSON.parse(JSON.stringify(await prove({ files, directory: DIRECTORY }, index))));
      if (proof === undefined) throw new Error('not a proof');
      expect(await checkProof(proof, verifierKey)).toMatchObject({ state: 'proven', index, checkpoint: { size: RECORDS } });
    }
  });

  it('does not hold for a changed record, index, path, checkpoint or key', async () => {
    const proof = await prove({ files, directory: DIRECTORY }, 7);
    const answers = await Promise.all([
      checkProof({ ...proof, record: { ...proof.record, kind: 'test.forged' } }, verifierKey),
      checkProof({ ...proof, record: { ...proof.record, index: 8 } }, verifierKey),
      checkProof({ ...proof, record: { ...proof.record, index: -1 } }, verifierKey),
      checkProof({ ...proof, record: { ...proof.record, index: RECORDS } }, verifierKey),
      checkProof({ ...proof, path: proof.path.slice(1) }, verifierKey),
      checkProof({ ...proof, path: [...proof.path, proof.path[0] ?? ''] }, verifierKey),
      checkProof({ ...proof, path: proof.path.map(() => '!') }, verifierKey),
      checkProof({ ...proof, checkpoint: published[0] ?? '' }, verifierKey),
      checkProof(proof, verifierKey.replace(/.{5}$/, 'AAAA=')),
      checkProof(proof, 'no key'),
    ]);
    expect(answers.map(({ state }) => state)).toEqual(answers.map(() => 'refused'));
  });

  it.each([null, 1, [], {}, { format: 'x' }, { format: 'sallyport-ledger-proof/1', record: {}, path: [1], checkpoint: '' }])(
    'is not %j',
    (value) => expect(parseProof(value)).toBeUndefined(),
  );

  it('is refused for a record that no checkpoint covers', async () => {
    await expect(prove({ files, directory: DIRECTORY }, RECORDS)).rejects.toMatchObject({ code: 'record_not_covered' });
  });

  it.each([-1, 0.5, Number.NaN])('is refused for %s, which is no index', async (index) => {
    await expect(prove({ files, directory: DIRECTORY }, index)).rejects.toMatchObject({ code: 'record_not_found' });
  });

  it('is made and verification holds while the ledger goes on and replaces what they read', async () => {
    const ledger = await open({ checkpointEvery: 3 });
    for (let round = 0; round < 30; round++) {
      const from = RECORDS + round * 3;
      // The third record sets off a checkpoint, which replaces files while these read them.
      const recording = record(ledger, [from, from + 3]);
      const [proof, report] = await Promise.all([
        prove({ files, directory: DIRECTORY }, round),
        verify({ files, directory: DIRECTORY, verifierKey }),
      ]);
      expect((await checkProof(proof, verifierKey)).state).toBe('proven');
      expect(report.problems).toEqual([]);
      await recording;
    }
    await ledger.close();
  });

  it('is made from a wider tile when the one that it needs was just replaced', async () => {
    const store = new TileStore(files, DIRECTORY);
    const wide = Buffer.from((await readWhole(files, `${DIRECTORY}/tile/0/000.p/${RECORDS}`, 8192)) ?? []);
    expect(await files.list(`${DIRECTORY}/tile/0/000.p`)).toEqual([`${RECORDS}`]);
    expect(await store.read({ level: 0, index: 0, width: 25 })).toEqual(wide.subarray(0, 25 * 32));
    expect(await store.read({ level: 0, index: 0, width: RECORDS + 1 })).toBeUndefined();
  });

  it('comes with every line of an export', async () => {
    const lines: string[] = [];
    for await (const line of exportLedger({ files, directory: DIRECTORY, from: 5, to: 12, format: 'proofs' })) lines.push(line);
    expect(lines).toHaveLength(7);
    for (const line of lines) {
      const proof = parseProof(JSON.parse(line));
      expect(proof && (await checkProof(proof, verifierKey)).state).toBe('proven');
    }
  });
});
