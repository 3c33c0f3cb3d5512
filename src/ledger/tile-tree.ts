// The right edge of the Merkle tree, kept as tiles (C2SP tlog-tiles): 256 hashes a tile, 8 levels of the tree a tile level.
import type { HashText } from './merkle.ts';
import { EMPTY_ROOT, foldRight, HASH_BYTES, perfectRoot, toHashText } from './merkle.ts';

/** Hashes in a full tile, https://c2sp.org/tlog-tiles#merkle-tree */
export const TILE_WIDTH = 256;

/** A tile, full or partial: `bytes` are its packed hashes. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly bytes: Buffer;
}

interface Edge {
  readonly packed: Buffer;
  count: number;
  /** Index of the tile that is being filled. */
  index: number;
}

/** Grows leaf by leaf; full tiles come out once, in order. */
export class TileTree {
  readonly #edges: Edge[] = [];
  #full: Tile[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(leafHash: HashText): void {
    this.#size += 1;
    this.#addAt(0, leafHash);
  }

  /** Root of all leaves so far. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const edge of this.#edges) root = foldRight(edge.packed, edge.count, root);
    return root ?? EMPTY_ROOT;
  }

  get fullCount(): number {
    return this.#full.length;
  }

  /** Tiles that became full since the last call. */
  takeFull(): readonly Tile[] {
    const taken = this.#full;
    this.#full = [];
    return taken;
  }

  /** Copies of the tiles at the right edge. */
  partial(): readonly Tile[] {
    return this.#edges.flatMap(({ packed, count, index }, level) =>
      count === 0 ? [] : [{ level, index, bytes: Buffer.from(packed.subarray(0, count * HASH_BYTES)) }],
    );
  }

  /** The tree of `size` leaves whose partial tiles are given by `read`; undefined as soon as one is missing. */
  static async restore(size: number, read: (place: TilePlace) => Promise<Buffer | undefined>): Promise<TileTree | undefined> {
    const tree = new TileTree();
    tree.#size = size;
    for (const place of edgePlaces(size)) {
      const bytes = place.width === 0 ? Buffer.alloc(0) : await read(place);
      if (bytes?.length !== place.width * HASH_BYTES) return undefined;
      const packed = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
      packed.set(bytes);
      tree.#edges.push({ packed, count: place.width, index: place.index });
    }
    return tree;
  }

  #addAt(level: number, hash: HashText): void {
    const edge = this.#edgeAt(level);
    edge.packed.write(hash, edge.count * HASH_BYTES, 'latin1');
    edge.count += 1;
    if (edge.count < TILE_WIDTH) return;
    this.#full.push({ level, index: edge.index, bytes: copyOf(edge.packed) });
    edge.count = 0;
    edge.index += 1;
    this.#addAt(level + 1, toHashText(perfectRoot(edge.packed, 0, TILE_WIDTH)));
  }

  #edgeAt(level: number): Edge {
    const known = this.#edges[level];
    if (known !== undefined) return known;
    const edge = { packed: Buffer.alloc(TILE_WIDTH * HASH_BYTES), count: 0, index: 0 };
    this.#edges[level] = edge;
    return edge;
  }
}

/** In memory of its own: a tile that waits to be written would keep the eight times larger piece of Node's pool in which it stood. */
function copyOf(packed: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(copy);
  return copy;
}

/** Where a tile stands, and how many hashes of it a tree of some size has. */
export interface TilePlace {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The tiles at the right edge of a tree, one a level, some of them empty. */
export function edgePlaces(size: number): readonly TilePlace[] {
  const places: TilePlace[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++) {
    places.push({ level, index: Math.floor(hashes / TILE_WIDTH), width: hashes % TILE_WIDTH });
    hashes = Math.floor(hashes / TILE_WIDTH);
  }
  return places;
}

/** The place of the tile that holds hash `hashIndex` of a level, in a tree of `size` leaves. */
export function placeOf(level: number, hashIndex: number, size: number): TilePlace {
  const index = Math.floor(hashIndex / TILE_WIDTH);
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
}
