// Secrets of replicas: alike where the secret is, and never laid over others.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { deriveSecret, seedSecrets } from './seed-secrets.ts';

const SECRET = 'a secret of the test '.repeat(2);
const FILES = ['keys.pepper', 'envelope.key', 'kill.key'];
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-secrets-'));
  folders.push(folder);
  return folder;
}

const contents = (folder: string): readonly string[] => FILES.map((name) => readFileSync(join(folder, name)).toString('hex'));

test('two replicas with one secret have the same files, each for its own purpose, and private', () => {
  const [one, two] = [freshFolder(), freshFolder()];
  seedSecrets(one, SECRET);
  seedSecrets(two, SECRET);
  seedSecrets(two, SECRET);
  expect(contents(one)).toEqual(contents(two));
  expect(new Set(contents(one)).size).toBe(3);
  for (const name of FILES) expect(statSync(join(one, name)).mode & 0o777).toBe(0o600);
  expect(contents(one).join('')).not.toContain(deriveSecret(SECRET, 'orders').toString('hex'));
});

test.each(FILES)('a folder whose %s is another one is refused and left as it is', (name) => {
  const folder = freshFolder();
  writeFileSync(join(folder, name), Buffer.alloc(32, 1), { mode: 0o600 });
  const start = (): void => seedSecrets(folder, SECRET);
  expect(start).toThrow(expect.objectContaining({ code: 'secret_differs' }));
  expect(start).not.toThrow(SECRET);
  expect(readFileSync(join(folder, name))).toEqual(Buffer.alloc(32, 1));
});
