// Tiles as static files, in the layout of https://c2sp.org/tlog-tiles, so that any static server can publish them.
import type { FilePort } from '../io/files/file-port.ts';
import { placeFile, readWhole } from '../io/files/whole-file.ts';
import { HASH_BYTES } from './merkle.ts';
import type { Tile, TilePlace } from './tile-tree.ts';
import { TILE_WIDTH } from './tile-tree.ts';

export class TileStore {
  readonly #files: FilePort;
  readonly #directory: string;
  readonly #known = new Set<string>();

  constructor(files: FilePort, directory: string) {
    this.#files = files;
    this.#directory = directory;
  }

  /** Writes tiles so that all of them survive a power cut once it resolves. Writing one twice is harmless: a tile never changes. */
  async write(tiles: readonly Tile[]): Promise<void> {
    const folders = new Set<string>();
    for (const tile of tiles) {
      const { folder, name } = this.#locate({ level: tile.level, index: tile.index, width: tile.bytes.length / HASH_BYTES });
      if (!this.#known.has(folder)) await this.#files.makeFolder(folder);
      this.#known.add(folder);
      // Tiles hold hashes only, and are made to be published.
      await placeFile(this.#files, { folder, name, bytes: tile.bytes, permissions: 0o644 });
      folders.add(folder);
    }
    for (const folder of folders) await this.#files.syncFolder(folder);
  }

  /**
   * The packed hashes of a tile. A part of it is also the beginning of every later, wider part and of the full tile: a reader
   * beside a running ledger finds one of those when the part that it looks for was just replaced.
   */
  async read(place: TilePlace): Promise<Buffer | undefined> {
    return (await this.#readWidth(place, place.width)) ?? (await this.#readWider(place));
  }

  async #readWider(place: TilePlace): Promise<Buffer | undefined> {
    if (place.width === TILE_WIDTH) return undefined;
    const names = await this.#files.list(this.#locate(place).folder);
    const widths = names.filter((name) => /^\d{1,3}$/.test(name)).map(Number);
    for (const width of [...widths.filter((one) => one > place.width), TILE_WIDTH]) {
      const bytes = await this.#readWidth(place, width);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  /** The first `place.width` hashes of the tile of another width. */
  async #readWidth(place: TilePlace, width: number): Promise<Buffer | undefined> {
    const { folder, name } = this.#locate({ ...place, width });
    const bytes = await readWhole(this.#files, `${folder}/${name}`, TILE_WIDTH * HASH_BYTES);
    if (bytes?.length !== width * HASH_BYTES) return undefined;
    return Buffer.from(bytes.buffer, bytes.byteOffset, place.width * HASH_BYTES);
  }

  /** Removes partial tiles that a later checkpoint replaced. */
  async removePartial(place: TilePlace): Promise<void> {
    const { folder, name } = this.#locate(place);
    await this.#files.remove(`${folder}/${name}`);
    if ((await this.#files.list(folder)).length > 0) return;
    await this.#files.removeFolder(folder);
    this.#known.delete(folder);
  }

  #locate({ level, index, width }: TilePlace): { readonly folder: string; readonly name: string } {
    const path = `${this.#directory}/tile/${level}/${tileNumber(index)}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
    const slash = path.lastIndexOf('/');
    return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
  }
}

/** Three digits a path element, all but the last marked with an x: 1234067 → x001/x234/067. */
export function tileNumber(index: number): string {
  const last = String(index % 1000).padStart(3, '0');
  const elements = [last];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    elements.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return elements.join('/');
}
