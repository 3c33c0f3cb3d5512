// Recomputes everything that a ledger claims, and names the place of whatever does not hold.
import type { FilePort, OpenFile } from '../io/files/file-port.ts';
import { readWhole } from '../io/files/whole-file.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import type { Frame } from './frame.ts';
import type { HashText } from './merkle.ts';
import { HASH_BYTES } from './merkle.ts';
import type { Checkpoint } from './note.ts';
import { openCheckpoint } from './note.ts';
import type { LedgerRecord } from './record.ts';
import { parsePayload } from './record.ts';
import type { RangeEnd, SegmentName } from './segment.ts';
import { listSegments, parseSegmentHeader, readFrames, SEGMENT_HEADER_BYTES, segmentsFolder } from './segment.ts';
import { VERIFIER_KEY_NAME } from './signer.ts';
import { TileReader } from './tile-reader.ts';
import { TileStore } from './tile-store.ts';
import type { Tile } from './tile-tree.ts';
import { TILE_WIDTH, TileTree } from './tile-tree.ts';
import { nextRecord } from './torn-tail.ts';
import { Roots } from './verify-roots.ts';

export interface VerifyOptions {
  readonly files: FilePort;
  readonly directory: string;
  /** A signed note that was kept elsewhere. Without one, much cannot be excluded: see `notExcluded`. */
  readonly against?: string;
  /** The key that was kept elsewhere; default: the one beside the ledger, which whoever changed the ledger could change, too. */
  readonly verifierKey?: string;
}

export type ProblemCode =
  | 'record_changed'
  | 'record_misplaced'
  | 'record_unreadable'
  | 'records_missing'
  | 'segment_missing'
  | 'segment_header_wrong'
  | 'root_differs'
  | 'tile_wrong'
  | 'checkpoint_unsigned'
  | 'checkpoint_contradicted'
  | 'truncated'
  | 'key_missing';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly index?: number;
  readonly segment?: string;
  /** Byte offset in the segment. */
  readonly offset?: number;
}

export interface VerifyReport {
  readonly state: 'intact' | 'damaged' | 'empty';
  /** Records that were read, and how many more are known by their hashes only, because retention removed them. */
  readonly recordsRead: number;
  readonly recordsRetired: number;
  /** Size and root of the tree over all of them. */
  readonly size: number;
  readonly root: string;
  readonly checkpointsMatched: number;
  readonly problems: readonly Problem[];
  /** Odd, but no proof of anything: clocks that went back, a torn tail. */
  readonly remarks: readonly string[];
  /** What this run cannot exclude, in words for whoever relies on it. */
  readonly notExcluded: readonly string[];
}

/** Clocks are corrected by seconds; a record this much older than one before it is worth a remark. */
const CLOCK_BACK_MAX_MS = 600_000;
/** A broken ledger can have a problem a record; the first ones tell enough. */
const PROBLEMS_MAX = 1000;
const UNKNOWN_LEAF = '\0'.repeat(HASH_BYTES);

export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  return new Verification(options).run();
}

class Verification {
  readonly #options: VerifyOptions;
  readonly #problems: Problem[] = [];
  readonly #remarks: string[] = [];
  readonly #tree = new TileTree();
  readonly #store: TileStore;
  readonly #roots = new Roots();
  #leaves: TileReader | undefined;
  /** Leaves that the newest checkpoint covers. */
  #newest = 0;
  /** The partial tiles over what the newest checkpoint covers, until they are compared. */
  #edge: readonly Tile[] = [];
  #recordsRead = 0;
  #newestMs = -Infinity;
  #prunedTo = 0;
  #segment = '';

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#store = new TileStore(options.files, options.directory);
  }

  async run(): Promise<VerifyReport> {
    const { files, directory } = this.#options;
    this.#newest = await this.#readCheckpoints();
    const segments = await listSegments(files, directory);
    this.#leaves = new TileReader((tile) => this.#store.read(tile), this.#newest);
    const retired = segments[0]?.firstIndex ?? 0;
    await this.#fillFromTiles(retired);
    for (const segment of segments) await this.#readSegment(segment, segment === segments.at(-1));
    if (retired > this.#prunedTo) {
      this.#add({
        code: 'segment_missing',
        message: `the records before ${retired} are gone, and no record says that retention removed them`,
        index: 0,
      });
    }
    this.#checkSize();
    return this.#report(retired, segments.length);
  }

  #report(retired: number, segments: number): VerifyReport {
    const isEmpty = segments === 0 && this.#problems.length === 0;
    return {
      state: isEmpty ? 'empty' : this.#problems.length === 0 ? 'intact' : 'damaged',
      recordsRead: this.#recordsRead,
      recordsRetired: retired,
      size: this.#tree.size,
      root: this.#tree.root().toString('base64'),
      checkpointsMatched: this.#roots.matched,
      problems: this.#problems,
      remarks: this.#remarks,
      notExcluded: this.#notExcluded(),
    };
  }

  #notExcluded(): readonly string[] {
    const { against, verifierKey } = this.#options;
    const uncovered = this.#tree.size - this.#roots.newestMatched;
    return [
      ...(against === undefined
        ? [
            'that records at the end were removed together with the checkpoints over them: compare with a checkpoint kept elsewhere (--against)',
            'that someone with the signing key wrote the whole ledger anew and signed it again: compare with a checkpoint kept elsewhere (--against)',
          ]
        : []),
      ...(verifierKey === undefined ? ['that the key beside the ledger was replaced: give the key that was kept elsewhere (--key)'] : []),
      ...(uncovered > 0 ? [`changes to the last ${uncovered} records: no checkpoint covers them yet`] : []),
    ];
  }

  /** Collects all roots that were ever signed; returns the size of the newest checkpoint beside the ledger. */
  async #readCheckpoints(): Promise<number> {
    const key = this.#options.verifierKey ?? (await this.#storedKey());
    if (key === undefined) {
      this.#add({ code: 'key_missing', message: `${VERIFIER_KEY_NAME} is missing, so no checkpoint can be checked` });
      return 0;
    }
    const store = new CheckpointStore(this.#options.files, this.#options.directory);
    let torn = 0;
    for await (const note of store.history()) {
      if (note === undefined) torn += 1;
      else await this.#takeNote(note, key, 'a checkpoint in checkpoints.jsonl');
    }
    if (torn > 0) this.#remarks.push(`${torn} lines of checkpoints.jsonl are torn or unreadable`);
    const note = await store.newestNote();
    const newest = note === undefined ? undefined : await this.#takeNote(note, key, 'the newest checkpoint');
    if (this.#options.against !== undefined) await this.#takeNote(this.#options.against, key, 'the checkpoint kept elsewhere');
    return newest?.size ?? 0;
  }

  async #storedKey(): Promise<string | undefined> {
    const bytes = await readWhole(this.#options.files, `${this.#options.directory}/${VERIFIER_KEY_NAME}`, 4096);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  async #takeNote(note: string, key: string, name: string): Promise<Checkpoint | undefined> {
    const checkpoint = await openCheckpoint(note, key);
    if (checkpoint === undefined) this.#add({ code: 'checkpoint_unsigned', message: `${name} is not signed by the key` });
    else if (!this.#roots.expect(checkpoint)) {
      const message = `${name} contradicts another one for the same ${checkpoint.size} records: two histories were signed`;
      this.#add({ code: 'checkpoint_contradicted', message, index: checkpoint.size });
    }
    return checkpoint;
  }

  /** Leaves that are known by their tiles only. */
  async #fillFromTiles(to: number): Promise<void> {
    while (this.#tree.size < to) {
      const leaf = await this.#leaves?.leaf(this.#tree.size);
      if (leaf === undefined && this.#tree.size < this.#newest) {
        this.#add({ code: 'tile_wrong', message: `the tile of leaf ${this.#tree.size} is missing`, index: this.#tree.size });
      }
      // Something has to stand in the place of an unknown leaf, so that the records behind it keep their indexes.
      this.#addLeaf(leaf ?? UNKNOWN_LEAF);
    }
    await this.#compareTiles();
  }

  async #readSegment({ name, firstIndex }: SegmentName, isLast: boolean): Promise<void> {
    this.#segment = name;
    const file = await this.#options.files.open(`${segmentsFolder(this.#options.directory)}/${name}`, 'read');
    try {
      const header = parseSegmentHeader(await file.read(0, SEGMENT_HEADER_BYTES));
      if (header?.firstIndex !== firstIndex)
        this.#addHere({ code: 'segment_header_wrong', message: 'the header of a segment is wrong', offset: 0 });
      if (firstIndex !== this.#tree.size) await this.#skipTo(firstIndex, SEGMENT_HEADER_BYTES);
      await this.#readRange(file, { isLast, sizeBytes: await file.sizeBytes() });
    } finally {
      await file.close();
    }
  }

  async #readRange(file: OpenFile, { isLast, sizeBytes }: { readonly isLast: boolean; readonly sizeBytes: number }): Promise<void> {
    let from = SEGMENT_HEADER_BYTES;
    while (from < sizeBytes) {
      const end = await this.#readRun(file, from, sizeBytes);
      if (end.state === 'whole') return;
      // Behind bytes that are no record, the next one that is says how many were lost.
      const next = await nextRecord(file, { from: end.offset + 1, to: sizeBytes });
      if (next === undefined && isLast && this.#tree.size >= (this.#roots.largest ?? 0)) {
        this.#remarks.push(
          `${this.#segment} ends with ${sizeBytes - end.offset} bytes that are no whole record: a write under way, or one that a crash cut short`,
        );
        return;
      }
      this.#addHere({
        code: 'record_unreadable',
        message: `record ${this.#tree.size} cannot be read`,
        index: this.#tree.size,
        offset: end.offset,
      });
      if (next === undefined) return;
      if (next.index > this.#tree.size) await this.#fillFromTiles(next.index);
      from = next.offset;
    }
  }

  async #readRun(file: OpenFile, from: number, to: number): Promise<RangeEnd> {
    for await (const { frames, offset, end } of readFrames(file, from, to)) {
      let at = offset;
      for (const frame of frames) {
        await this.#takeFrame(frame, at);
        at += frame.sizeBytes;
      }
      await this.#compareTiles();
      if (end !== undefined) return end;
    }
    return { state: 'short', offset: to };
  }

  async #takeFrame(frame: Frame, offset: number): Promise<void> {
    this.#recordsRead += 1;
    const record = parsePayload(frame.payload);
    const index = this.#tree.size;
    if (record === undefined) this.#addHere({ code: 'record_changed', message: `record ${index} is not canonical`, index, offset });
    else if (record.index > index) await this.#skipTo(record.index, offset);
    else if (record.index < index) {
      const message = `record ${record.index} stands where record ${index} should`;
      return this.#addHere({ code: 'record_misplaced', message, index: record.index, offset });
    }
    if (record !== undefined) this.#look(record);
    await this.#takeLeaf(frame.leafHash, offset);
  }

  async #takeLeaf(leafHash: HashText, offset: number): Promise<void> {
    const index = this.#tree.size;
    const known = await this.#leaves?.leaf(index);
    if (known !== undefined && known !== leafHash) {
      this.#addHere({
        code: 'record_changed',
        message: `record ${index} is not the one that was hashed when it was recorded`,
        index,
        offset,
      });
    }
    // The hash from the tile goes on: if the tile is genuine, every later root still fits, and only this record is accused.
    this.#addLeaf(known ?? leafHash);
  }

  async #skipTo(index: number, offset: number): Promise<void> {
    const from = this.#tree.size;
    if (index < from)
      return this.#addHere({ code: 'record_misplaced', message: `records from ${index} on are there twice`, index, offset });
    this.#addHere({ code: 'records_missing', message: `records ${from} to ${index - 1} are missing`, index: from, offset });
    await this.#fillFromTiles(index);
  }

  #look({ event, index }: LedgerRecord): void {
    if (event.atMs < this.#newestMs - CLOCK_BACK_MAX_MS)
      this.#remarks.push(`the clock of record ${index} is behind an earlier one by ${this.#newestMs - event.atMs} ms`);
    this.#newestMs = Math.max(this.#newestMs, event.atMs);
    const to = event.data['to'];
    if (event.kind === 'ledger.pruned' && typeof to === 'number') this.#prunedTo = Math.max(this.#prunedTo, to);
  }

  #addLeaf(leafHash: HashText): void {
    this.#tree.add(leafHash);
    if (this.#tree.size === this.#newest) this.#edge = this.#tree.partial();
    const mismatch = this.#roots.compare(this.#tree);
    if (mismatch === undefined) return;
    const message = `records ${mismatch.from} to ${mismatch.to - 1} are not all the ones that were signed: the root over the first ${mismatch.to} records differs`;
    this.#addHere({ code: 'root_differs', message, index: mismatch.from });
  }

  async #compareTiles(): Promise<void> {
    const edge = this.#edge;
    this.#edge = [];
    for (const tile of [...this.#tree.takeFull(), ...edge]) await this.#compareTile(tile);
  }

  async #compareTile({ level, index, bytes }: Tile): Promise<void> {
    const first = index * TILE_WIDTH ** (level + 1);
    // Tiles are written with the checkpoint that covers them.
    const isDue = first + (bytes.length / HASH_BYTES) * TILE_WIDTH ** level <= this.#newest;
    const stored = await this.#store.read({ level, index, width: bytes.length / HASH_BYTES });
    if (stored === undefined ? !isDue : stored.equals(bytes)) return;
    const what = stored === undefined ? 'is missing or has the wrong length' : 'does not fit the records below it';
    this.#add({ code: 'tile_wrong', message: `tile ${index} of level ${level} ${what}`, index: first });
  }

  #checkSize(): void {
    const largest = Math.max(this.#newest, this.#roots.largest ?? 0);
    if (this.#tree.size >= largest) return;
    const message = `the ledger ends with record ${this.#tree.size - 1}, but a checkpoint covers ${largest} records: ${largest - this.#tree.size} were cut off`;
    this.#add({ code: 'truncated', message, index: this.#tree.size });
  }

  #addHere(problem: Problem): void {
    this.#add({ ...problem, segment: this.#segment });
  }

  #add(problem: Problem): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem);
  }
}
