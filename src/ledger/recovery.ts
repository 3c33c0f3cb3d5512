// What a ledger finds when it opens: the last checkpoint, the records after it, and where the next one goes.
// Only what no caller was ever told is safe may be cut off; everything else is damage, and is refused with its place.
import type { FilePort, OpenFile } from '../io/files/file-port.ts';
import type { Tail } from './append-log.ts';
import { createSegment } from './append-log.ts';
import { ledgerFault } from './faults.ts';
import type { Frame } from './frame.ts';
import type { Checkpoint } from './note.ts';
import { parsePayload } from './record.ts';
import type { FrameRun, RangeEnd, SegmentName } from './segment.ts';
import { listSegments, parseSegmentHeader, readFrames, SEGMENT_HEADER_BYTES, segmentsFolder } from './segment.ts';
import { TileReader } from './tile-reader.ts';
import type { TileStore } from './tile-store.ts';
import { TileTree } from './tile-tree.ts';
import { acknowledgedBehind } from './torn-tail.ts';

export interface RecoveryPlace {
  readonly files: FilePort;
  readonly directory: string;
  readonly tiles: TileStore;
  /** The newest checkpoint, its signature already checked. */
  readonly checkpoint: Checkpoint | undefined;
}

export interface Recovery {
  readonly tail: Tail;
  readonly tree: TileTree;
  readonly cut?: CutTail;
}

/** A torn tail that was cut off. */
export interface CutTail {
  readonly segment: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Full tiles that may pile up while the tree is rebuilt. */
const TILES_WAITING_MAX = 64;
const REWRITE_BYTES = 1_048_576;

/** Throws `ledger_damaged` and `ledger_truncated`. */
export async function recover(place: RecoveryPlace): Promise<Recovery> {
  const segments = await dropUnborn(place, await listSegments(place.files, place.directory));
  const expected = place.checkpoint?.size ?? 0;
  if (segments.length === 0 && expected > 0) throw ledgerFault('ledger_truncated', { found: 0, expected });
  if (segments.length === 0) return firstStart(place);
  return new Scan(place, segments, await restoreTree(place, segments)).run();
}

async function firstStart({ files, directory }: RecoveryPlace): Promise<Recovery> {
  const file = await createSegment(files, directory, { firstIndex: 0, nonceSlot: 0 });
  return { tail: { file, sizeBytes: SEGMENT_HEADER_BYTES, nextIndex: 0 }, tree: new TileTree() };
}

/** A power cut while a segment was being made leaves a last one without a header; no record can be in it yet. */
async function dropUnborn({ files, directory }: RecoveryPlace, segments: readonly SegmentName[]): Promise<readonly SegmentName[]> {
  const last = segments.at(-1);
  if (last === undefined) return segments;
  const path = `${segmentsFolder(directory)}/${last.name}`;
  const file = await files.open(path, 'read');
  const isBorn =
    (await file.sizeBytes()) > SEGMENT_HEADER_BYTES || parseSegmentHeader(await file.read(0, SEGMENT_HEADER_BYTES)) !== undefined;
  await file.close();
  if (isBorn) return segments;
  await files.remove(path);
  await files.syncFolder(segmentsFolder(directory));
  return segments.slice(0, -1);
}

/** The tree as the newest checkpoint saw it; an empty one before the first, and when it has to be made again from all records. */
async function restoreTree({ checkpoint, tiles }: RecoveryPlace, segments: readonly SegmentName[]): Promise<TileTree> {
  if (checkpoint === undefined) return new TileTree();
  const tree = await TileTree.restore(checkpoint.size, (tile) => tiles.read(tile));
  if (tree?.root().toString('base64') === checkpoint.root) return tree;
  if (segments[0]?.firstIndex === 0) return new TileTree();
  throw ledgerFault('ledger_damaged', { what: 'a tile is missing or does not fit the checkpoint', file: 'tile', offset: 0 });
}

/** Reads on from the segment that holds the end of the restored tree. */
class Scan {
  readonly #place: RecoveryPlace;
  readonly #segments: readonly SegmentName[];
  readonly #tree: TileTree;
  /** Leaves that the restored tree already has; their hashes are in tiles. */
  readonly #restored: number;
  readonly #known: TileReader;
  #index = 0;
  #name = '';
  /** Where the first record after the restored tree lies in the segment at hand. */
  #freshFrom = 0;

  constructor(place: RecoveryPlace, segments: readonly SegmentName[], tree: TileTree) {
    this.#place = place;
    this.#segments = segments;
    this.#tree = tree;
    this.#restored = tree.size;
    this.#known = new TileReader((tile) => place.tiles.read(tile), tree.size);
  }

  async run(): Promise<Recovery> {
    const start = this.#segments.findLastIndex(({ firstIndex }) => firstIndex <= this.#restored);
    const wanted = this.#segments.slice(Math.max(0, start));
    const last = wanted.at(-1);
    if (start < 0 || last === undefined) throw this.#damaged('the records before it are missing', 0);
    this.#index = wanted[0]?.firstIndex ?? 0;
    for (const segment of wanted.slice(0, -1)) await this.#readOlder(segment);
    const { tail, cut } = await this.#readLast(last);
    const expected = this.#place.checkpoint?.size ?? 0;
    if (this.#index < expected) throw ledgerFault('ledger_truncated', { found: this.#index, expected });
    return { tail, tree: this.#tree, ...(cut && { cut }) };
  }

  async #readOlder(segment: SegmentName): Promise<void> {
    const file = await this.#open(segment);
    try {
      const end = await this.#readSegment(file, segment.firstIndex);
      if (end.state !== 'whole') throw this.#damaged(`record ${this.#index} is not whole`, end.offset);
    } finally {
      await file.close();
    }
  }

  async #readLast(segment: SegmentName): Promise<{ readonly tail: Tail; readonly cut: CutTail | undefined }> {
    const file = await this.#open(segment);
    try {
      const end = await this.#readSegment(file, segment.firstIndex);
      const cut = await this.#cutTail(file, end);
      await this.#rewrite(file, end.offset);
      return { tail: { file, sizeBytes: end.offset, nextIndex: this.#index }, cut };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #open({ name }: SegmentName): Promise<OpenFile> {
    this.#name = name;
    return this.#place.files.open(`${segmentsFolder(this.#place.directory)}/${name}`, 'open');
  }

  async #readSegment(file: OpenFile, firstIndex: number): Promise<RangeEnd> {
    const header = parseSegmentHeader(await file.read(0, SEGMENT_HEADER_BYTES));
    if (header?.firstIndex !== firstIndex) throw this.#damaged('its header is wrong', 0);
    if (firstIndex !== this.#index) throw this.#damaged(`it should begin with record ${this.#index}`, 0);
    this.#freshFrom = SEGMENT_HEADER_BYTES;
    const sizeBytes = await file.sizeBytes();
    for await (const run of readFrames(file, SEGMENT_HEADER_BYTES, sizeBytes)) {
      await this.#takeRun(run);
      if (run.end !== undefined) return run.end;
    }
    throw this.#damaged('it cannot be read to its end', sizeBytes);
  }

  async #takeRun(run: FrameRun): Promise<void> {
    let offset = run.offset;
    for (const frame of run.frames) {
      if (this.#index < this.#restored) await this.#compare(frame, offset);
      else this.#take(frame, offset);
      this.#index += 1;
      offset += frame.sizeBytes;
      if (this.#index <= this.#restored) this.#freshFrom = offset;
    }
    if (this.#tree.fullCount >= TILES_WAITING_MAX) await this.#place.tiles.write(this.#tree.takeFull());
  }

  async #compare(frame: Frame, offset: number): Promise<void> {
    const known = await this.#known.leaf(this.#index);
    if (frame.leafHash !== known) throw this.#damaged(`record ${this.#index} is not the one that was signed`, offset);
  }

  #take(frame: Frame, offset: number): void {
    if (parsePayload(frame.payload)?.index !== this.#index) throw this.#damaged(`record ${this.#index} is not in its place`, offset);
    this.#tree.add(frame.leafHash);
    const { checkpoint } = this.#place;
    if (checkpoint?.size !== this.#tree.size || checkpoint.root === this.#tree.root().toString('base64')) return;
    throw this.#damaged('the records up to here are not the ones that the checkpoint covers', offset);
  }

  /** Cuts off what follows the last whole record, unless a later one proves that this one had been acknowledged. */
  async #cutTail(file: OpenFile, end: RangeEnd): Promise<CutTail | undefined> {
    const sizeBytes = await file.sizeBytes();
    if (end.state === 'whole' && sizeBytes === end.offset) return undefined;
    const covered = this.#place.checkpoint?.size ?? 0;
    if (this.#index < Math.max(covered, await acknowledgedBehind(file, { from: end.offset, to: sizeBytes }))) {
      throw this.#damaged(`record ${this.#index} is not whole, and it had been acknowledged`, end.offset);
    }
    await file.truncate(end.offset);
    await file.syncData();
    return { segment: this.#name, offset: end.offset, bytes: sizeBytes - end.offset };
  }

  /**
   * Writes the records since the checkpoint again, byte for byte. After a sync that failed, Linux can show bytes that are
   * only in memory as if they were on the disk, and a new sync would skip them (fsyncgate); written again, they count.
   */
  async #rewrite(file: OpenFile, to: number): Promise<void> {
    // The header of a segment without older records may be in the same state, and so may its name.
    const from = this.#freshFrom === SEGMENT_HEADER_BYTES ? 0 : this.#freshFrom;
    for (let at = from; at < to; at += REWRITE_BYTES) {
      await file.write(await file.read(at, Math.min(REWRITE_BYTES, to - at)), at);
    }
    await file.syncData();
    await this.#place.files.syncFolder(segmentsFolder(this.#place.directory));
  }

  #damaged(what: string, offset: number) {
    return ledgerFault('ledger_damaged', { what, file: this.#name, offset });
  }
}
