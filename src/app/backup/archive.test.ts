// Archives and their seal against every kind of damage.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededChance } from '../../io/files/seeded-chance.ts';
import { seal, SEALED_MAGIC, unseal } from './sealed.ts';
import { readTar, toTar, type TarFile } from './tar.ts';

async function* stream(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

async function* files(list: readonly TarFile[]): AsyncGenerator<TarFile, void, undefined> {
  yield* list;
}

async function gathered(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const fileOf = (name: string, text: string): TarFile => ({ name, sizeBytes: Buffer.byteLength(text), bytes: [Buffer.from(text)] });

async function contents(bytes: Uint8Array, cut = 100): Promise<Record<string, string>> {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += cut) chunks.push(bytes.subarray(at, at + cut));
  const found: Record<string, string> = {};
  for await (const file of readTar(stream(...chunks))) found[file.name] = (await gathered(file.bytes)).toString();
  return found;
}

describe('an archive', () => {
  it('gives back what was put in, however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?$/), fc.string({ maxLength: 1_200 }), { maxKeys: 5 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (wanted, cut) => {
          const text = Object.fromEntries(Object.entries(wanted).map(([name, one]) => [name, one.toWellFormed()]));
          const bytes = await gathered(toTar(files(Object.entries(text).map(([name, one]) => fileOf(name, one)))));
          expect(await contents(bytes, cut)).toEqual(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is one that everybody else can read, too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-tar-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'a.tar'), await gathered(toTar(files([fileOf('one', 'eins'), fileOf('two/three', 'drei')]))));
    const listed = execFileSync('tar', ['tf', join(folder, 'a.tar')], { encoding: 'utf8' });
    expect(listed.trim().split('\n')).toEqual(['one', 'two/three']);
  });

  it('is refused when it is cut, changed in a head, or holds a link', async () => {
    const bytes = await gathered(toTar(files([fileOf('one', 'x'.repeat(700))])));
    for (const cut of [0, 100, 512, 900, 1_300])
      await expect(contents(bytes.subarray(0, cut))).rejects.toMatchObject({ code: 'backup_unreadable' });
    for (const at of [0, 124, 156, 257]) {
      const changed = Buffer.from(bytes);
      changed[at] = 0x32;
      await expect(contents(changed)).rejects.toMatchObject({ code: 'backup_unreadable' });
    }
  });
});

describe('a seal', () => {
  const random = (count: number): Uint8Array => seededChance(3).bytes(count);
  const passphrase = 'correct horse battery staple';
  const open = (sealed: Buffer, word = passphrase) => gathered(unseal(stream(sealed.subarray(SEALED_MAGIC.length)), word));
  const sealed = (bytes: Uint8Array): Promise<Buffer> => gathered(seal(stream(bytes), { passphrase, random, costN: 1_024 }));

  it('opens with the passphrase, in one piece, in several and in none', async () => {
    for (const size of [0, 1, 1_048_576, 2_500_000]) {
      const bytes = Buffer.alloc(size, 7);
      expect((await open(await sealed(bytes))).equals(bytes)).toBe(true);
    }
  });

  it('opens with no other, and after no change, wherever it is', async () => {
    const bytes = await sealed(Buffer.alloc(1_300_000, 9));
    await expect(open(bytes, 'wrong')).rejects.toMatchObject({ code: 'backup_unreadable' });
    const end = bytes.indexOf(0x0a) + 1;
    // In the head, the first piece, the last piece, the last tag.
    for (const at of [SEALED_MAGIC.length + 70, end, end + 1_048_600, bytes.length - 1]) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(open(changed)).rejects.toMatchObject({ code: 'backup_unreadable' });
    }
    const piece = 1_048_576 + 16;
    const [first, second] = [bytes.subarray(end, end + piece), bytes.subarray(end + piece)];
    for (const other of [first, second, Buffer.concat([second, first]), Buffer.concat([first, first, second])])
      await expect(open(Buffer.concat([bytes.subarray(0, end), other]))).rejects.toMatchObject({ code: 'backup_unreadable' });
  });
});
