// Hashes of a tree of one size, read from its tiles, and the inclusion paths made of them.
import type { HashText } from './merkle.ts';
import { HASH_BYTES, levelAbove, nodeHash, splitBelow, toHashText } from './merkle.ts';
import type { TilePlace } from './tile-tree.ts';
import { placeOf, TILE_WIDTH } from './tile-tree.ts';

const TILE_LEVELS = 8;
/** Tiles that are kept in memory: a path touches a few at each level, neighbours touch the same ones. */
const KEPT_TILES_MAX = 64;

type ReadTile = (place: TilePlace) => Promise<Buffer | undefined>;

/** `undefined` from any method: a tile is missing or too short. */
export class TileReader {
  readonly #read: ReadTile;
  readonly #size: number;
  readonly #kept = new Map<string, TileNodes>();

  constructor(read: ReadTile, size: number) {
    this.#read = read;
    this.#size = size;
  }

  async leaf(index: number): Promise<HashText | undefined> {
    const bytes = await this.#perfect(index, 1);
    return bytes && toHashText(bytes);
  }

  /** PATH(index, D[size]) of RFC 6962 section 2.1.1, nearest sibling first. */
  async inclusionPath(index: number): Promise<readonly Buffer[] | undefined> {
    const path: Buffer[] = [];
    let from = 0;
    let size = this.#size;
    while (size > 1) {
      const left = splitBelow(size);
      const isLeft = index < from + left;
      const sibling = isLeft ? await this.#root(from + left, size - left) : await this.#root(from, left);
      if (sibling === undefined) return undefined;
      path.unshift(sibling);
      from = isLeft ? from : from + left;
      size = isLeft ? left : size - left;
    }
    return path;
  }

  /** MTH(D[from : from + size]) */
  async #root(from: number, size: number): Promise<Buffer | undefined> {
    const left = size === 1 ? 1 : splitBelow(size);
    if (left * 2 === size || size === 1) return this.#perfect(from, size);
    const [before, after] = [await this.#root(from, left), await this.#root(from + left, size - left)];
    return before && after && nodeHash(before, after);
  }

  /** Root of a perfect subtree that begins at a multiple of its width. */
  async #perfect(from: number, width: number): Promise<Buffer | undefined> {
    const height = Math.log2(width);
    const level = Math.floor(height / TILE_LEVELS);
    const hashIndex = from / TILE_WIDTH ** level;
    const count = 2 ** (height % TILE_LEVELS);
    const tile = await this.#tile(placeOf(level, hashIndex, this.#size));
    return tile?.node(height % TILE_LEVELS, (hashIndex % TILE_WIDTH) / count);
  }

  async #tile(place: TilePlace): Promise<TileNodes | undefined> {
    const key = `${place.level}/${place.index}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const bytes = await this.#read(place);
    if (bytes === undefined) return undefined;
    const oldest = this.#kept.size < KEPT_TILES_MAX ? undefined : this.#kept.keys().next().value;
    if (oldest !== undefined) this.#kept.delete(oldest);
    const nodes = new TileNodes(bytes);
    this.#kept.set(key, nodes);
    return nodes;
  }
}

/** The nodes inside one tile, each level made when it is first asked for: the paths of neighbours share nearly all of them. */
class TileNodes {
  readonly #levels: Buffer[];

  constructor(bytes: Buffer) {
    this.#levels = [bytes];
  }

  /** Undefined when the tile is too short for it. */
  node(height: number, at: number): Buffer | undefined {
    const level = this.#level(height);
    return (at + 1) * HASH_BYTES <= level.length ? level.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) : undefined;
  }

  #level(height: number): Buffer {
    const known = this.#levels[height];
    if (known !== undefined) return known;
    const made = levelAbove(this.#level(height - 1));
    this.#levels[height] = made;
    return made;
  }
}
