// Hashing, tiles and signed notes against the specifications and vectors of other implementations.
import { describe, expect, it } from 'vitest';
import { seededChance } from '../io/files/seeded-chance.ts';
import { EMPTY_ROOT, HASH_BYTES, leafHash, nodeHash, splitBelow, toHashText } from './merkle.ts';
import { openNote, parseCheckpointText, parseNote, toCheckpointText } from './note.ts';
import { TileReader } from './tile-reader.ts';
import { tileNumber } from './tile-store.ts';
import type { Tile, TilePlace } from './tile-tree.ts';
import { TileTree } from './tile-tree.ts';

/** MTH as RFC 6962 section 2.1 writes it down. */
function plainRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  const left = splitBelow(leaves.length);
  return nodeHash(plainRoot(leaves.slice(0, left)), plainRoot(leaves.slice(left)));
}

/** PATH as RFC 6962 section 2.1.1 writes it down. */
function plainPath(index: number, leaves: readonly Buffer[]): readonly Buffer[] {
  if (leaves.length <= 1) return [];
  const left = splitBelow(leaves.length);
  return index < left
    ? [...plainPath(index, leaves.slice(0, left)), plainRoot(leaves.slice(left))]
    : [...plainPath(index - left, leaves.slice(left)), plainRoot(leaves.slice(0, left))];
}

const randomLeaves = (count: number): readonly Buffer[] => {
  const chance = seededChance(count);
  return Array.from({ length: count }, () => Buffer.from(chance.bytes(HASH_BYTES)));
};

function treeOf(leaves: readonly Buffer[]): { readonly tree: TileTree; readonly read: (place: TilePlace) => Promise<Buffer | undefined> } {
  const tree = new TileTree();
  for (const leaf of leaves) tree.add(toHashText(leaf));
  const tiles = new Map<string, Tile>();
  for (const tile of [...tree.takeFull(), ...tree.partial()]) tiles.set(`${tile.level}/${tile.index}`, tile);
  return { tree, read: async ({ level, index, width }) => tiles.get(`${level}/${index}`)?.bytes.subarray(0, width * HASH_BYTES) };
}

describe('the tree', () => {
  // The test vectors of the Certificate Transparency reference code.
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  it.each([
    [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
    [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
    [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
    [4, 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7'],
    [5, '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4'],
    [6, '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef'],
    [7, 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c'],
    [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
  ])('of %i known leaves has the known root', (count, root) => {
    const { tree } = treeOf(inputs.slice(0, count).map((hex) => Buffer.from(leafHash(Buffer.from(hex, 'hex')), 'latin1')));
    expect(tree.root().toString('hex')).toBe(root);
  });

  it('without leaves has the hash of nothing as its root', () => expect(new TileTree().root()).toEqual(EMPTY_ROOT));

  it.each([1, 2, 3, 255, 256, 257, 511, 512, 700, 1025])('of %i leaves has the root and the paths of RFC 6962', async (count) => {
    const leaves = randomLeaves(count);
    const { tree, read } = treeOf(leaves);
    expect(tree.root()).toEqual(plainRoot(leaves));
    const reader = new TileReader(read, count);
    for (const index of new Set([0, 1, 255, 256, Math.floor(count / 2), count - 1].filter((one) => one < count))) {
      expect(await reader.inclusionPath(index)).toEqual(plainPath(index, leaves));
      expect(await reader.leaf(index)).toBe(leaves[index]?.toString('latin1'));
    }
  });

  it('grows over the third tile level as RFC 6962 says', () => {
    const leaves = randomLeaves(65_536 + 300);
    expect(treeOf(leaves).tree.root()).toEqual(plainRoot(leaves));
  });

  it.each([0, 1, 255, 256, 257, 700])('of %i leaves goes on from its partial tiles', async (count) => {
    const leaves = randomLeaves(1000);
    const restored = await TileTree.restore(count, treeOf(leaves.slice(0, count)).read);
    for (const leaf of leaves.slice(count)) restored?.add(toHashText(leaf));
    expect(restored?.root()).toEqual(plainRoot(leaves));
  });

  it('is not restored from a tile that is too short', async () => {
    const { read } = treeOf(randomLeaves(10));
    expect(await TileTree.restore(11, read)).toBeUndefined();
  });
});

describe('tlog-tiles', () => {
  it.each([
    [0, '000'],
    [999, '999'],
    [1000, 'x001/000'],
    [1_234_067, 'x001/x234/067'],
  ])('writes tile %i as %s', (index, path) => expect(tileNumber(index)).toBe(path));
});

describe('signed notes', () => {
  // The example of golang.org/x/mod/sumdb/note, which wrote the format down first.
  const key = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const signature = 'x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';

  it('of other implementations are accepted', async () => {
    expect(await openNote(`${text}\n\u2014 PeterNeumann ${signature}\n`, key)).toBe(text);
  });
  it('are refused when the text was changed', async () => {
    expect(await openNote(`${text.replace('answer', 'cause')}\n\u2014 PeterNeumann ${signature}\n`, key)).toBeUndefined();
  });
  it.each([
    '',
    '\n\n',
    'text\n',
    'text\n\n',
    'text\n\n\u2014 name\n',
    'text\n\n- name AAAAAAAA\n',
    'text\n\n\u2014 name !!!\n',
    'text\n\n\u2014 name AAAA\n',
  ])('are refused when they are %j', (note) => expect(parseNote(note)).toBeUndefined());

  const root = Buffer.alloc(32, 7).toString('base64');
  it('carry a checkpoint there and back', () => {
    const checkpoint = { origin: 'example.com/log', size: 12, root };
    expect(parseCheckpointText(toCheckpointText(checkpoint))).toEqual(checkpoint);
  });
  it.each([
    `\n1\n${root}\n`,
    `o\n01\n${root}\n`,
    `o\n-1\n${root}\n`,
    `o\n1\n${root.slice(4)}\n`,
    'o\n1\n',
    `o\n9007199254740993\n${root}\n`,
  ])('carry no checkpoint that reads %j', (wrong) => expect(parseCheckpointText(wrong)).toBeUndefined());
});
