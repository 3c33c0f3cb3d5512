// The commands as scripts see them: exit codes and words.
import { beforeEach, describe, expect, it } from 'vitest';
import type { FilePort } from '../io/files/file-port.ts';
import { MemoryDisk } from '../io/files/memory-disk.ts';
import { seededChance } from '../io/files/seeded-chance.ts';
import { replaceFile } from '../io/files/whole-file.ts';
import { openLedger } from '../ledger/ledger.ts';
import { publishToFile } from '../ledger/publish-to-file.ts';
import { checkCommand, exportCommand, proveCommand, verifierKeyPath, verifyCommand } from './ledger-commands.ts';

const directory = '/data/ledger';
const kept = '/elsewhere/checkpoint';
let files: FilePort;
let key = '';

beforeEach(async () => {
  files = new MemoryDisk(1).port();
  const clock = { nowMs: () => 1_700_000_000_000, steadyMs: () => 0 };
  const publish = [publishToFile(files, kept)];
  const ledger = await openLedger({ directory, files, clock, random: seededChance(1), publish });
  for (let n = 0; n < 10; n++) await ledger.append({ kind: 'test.happened', atMs: clock.nowMs(), data: { n } }).durable;
  await ledger.close();
  key = ledger.verifierKey;
});

const put = (name: string, text: string) => replaceFile(files, { folder: '/elsewhere', name, bytes: Buffer.from(text) });

describe('ledger verify', () => {
  it('exits 0 for a sound ledger and says what is not excluded', async () => {
    const { exitCode, text } = await verifyCommand({ files, directory });
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^intact: 10 records read; 1 signed checkpoints hold\nnot excluded: .*--against/);
  });

  it('leaves nothing open with a checkpoint and a key kept elsewhere, given as text or as a path', async () => {
    const text = 'intact: 10 records read; 1 signed checkpoints hold';
    expect(await verifyCommand({ files, directory, against: kept, key })).toMatchObject({ exitCode: 0, text });
    expect(await verifyCommand({ files, directory, against: kept, key: verifierKeyPath(directory) })).toMatchObject({ exitCode: 0, text });
  });

  it('exits 1 and names the place when the ledger was cut', async () => {
    const path = `${directory}/segments/0000000000000000.log`;
    const file = await files.open(path, 'open');
    await file.truncate((await file.sizeBytes()) - 1);
    const { exitCode, text } = await verifyCommand({ files, directory, against: kept });
    expect(exitCode).toBe(1);
    expect(text).toMatch(/DAMAGED[^]*record 9 cannot be read \(0000000000000000\.log at byte \d+\)/);
  });

  it('exits 3 where there is no ledger', async () => {
    expect(await verifyCommand({ files, directory: '/none', key })).toMatchObject({ exitCode: 3, text: 'there is no ledger here' });
  });

  it('fails for a checkpoint that is not there', async () => {
    await expect(verifyCommand({ files, directory, against: '/none' })).rejects.toMatchObject({ code: 'input_missing' });
  });
});

describe('ledger prove, check and export', () => {
  it('make a proof that holds elsewhere', async () => {
    await put('proof.json', (await proveCommand({ files, directory, index: 3 })).value);
    const { exitCode, text } = await checkCommand({ files, proof: '/elsewhere/proof.json', key });
    expect({ exitCode, text }).toEqual({
      exitCode: 0,
      text: expect.stringMatching(/^proven: record 3 is one of the first 10 of sallyport-ledger/),
    });
  });

  it('refuse a forged proof and a file that is none', async () => {
    await put('proof.json', (await proveCommand({ files, directory, index: 3 })).value.replace('"n":3', '"n":4'));
    expect((await checkCommand({ files, proof: '/elsewhere/proof.json', key })).exitCode).toBe(1);
    await put('proof.json', 'hello');
    expect(await checkCommand({ files, proof: '/elsewhere/proof.json', key })).toMatchObject({
      exitCode: 1,
      text: 'refused: the file is no proof',
    });
  });

  it('give the events without proofs where those are not wanted', async () => {
    const lines: string[] = [];
    for await (const line of exportCommand({ files, directory, from: 8, format: 'records' })) lines.push(line);
    expect(lines.map((line) => (JSON.parse(line) as { index: number }).index)).toEqual([8, 9]);
  });
});
