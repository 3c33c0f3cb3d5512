// One file of a memory disk: what the kernel shows, what the platter holds, and what lies between the two.
import type { SeededChance } from './seeded-chance.ts';

/** What becomes of writes that were never synced: all lost, all kept, or sector by sector as chance has it. */
export type Unsynced = 'lost' | 'kept' | 'torn';

type SyncEnd = (isDone: boolean) => void;

type Change =
  | { readonly kind: 'write'; readonly bytes: Uint8Array; readonly position: number }
  | { readonly kind: 'truncate'; readonly size: number };

/** Disks write whole sectors, in any order until they are told to sync. */
const SECTOR_BYTES = 512;

export class MemoryInode {
  #shown: Uint8Array = new Uint8Array();
  #platter: Uint8Array = new Uint8Array();
  #changes: Change[] = [];

  get sizeBytes(): number {
    return this.#shown.length;
  }

  read(position: number, length: number): Uint8Array {
    return this.#shown.slice(position, position + length);
  }

  write(bytes: Uint8Array, position: number): void {
    // A copy: the caller uses its buffer again. (`slice` of a Buffer would be no copy.)
    const change: Change = { kind: 'write', bytes: Uint8Array.from(bytes), position };
    this.#shown = applied(this.#shown, change);
    this.#changes.push(change);
  }

  truncate(size: number): void {
    const change: Change = { kind: 'truncate', size };
    this.#shown = applied(this.#shown, change);
    this.#changes.push(change);
  }

  /** A sync that begins now; call what comes back when it ends. */
  beginSync(): SyncEnd {
    const covered = this.#changes.length;
    return (isDone) => {
      if (isDone) this.#platter = this.#changes.slice(0, covered).reduce(applied, this.#platter);
      // When a sync fails the kernel forgets that these pages are dirty, and goes on showing them (fsyncgate).
      this.#changes = this.#changes.slice(covered);
    };
  }

  cutPower(unsynced: Unsynced, chance: SeededChance): void {
    const survivors =
      unsynced === 'kept' ? this.#changes : this.#changes.flatMap((change) => (unsynced === 'lost' ? [] : torn(change, chance)));
    this.#platter = survivors.reduce(applied, this.#platter);
    this.#shown = this.#platter;
    this.#changes = [];
  }
}

function applied(bytes: Uint8Array, change: Change): Uint8Array {
  const size = change.kind === 'truncate' ? change.size : Math.max(bytes.length, change.position + change.bytes.length);
  const next = new Uint8Array(size);
  next.set(bytes.subarray(0, size));
  if (change.kind === 'write') next.set(change.bytes, change.position);
  return next;
}

function torn(change: Change, chance: SeededChance): readonly Change[] {
  if (change.kind === 'truncate') return chance.below(2) === 0 ? [] : [change];
  const sectors: Change[] = [];
  let from = 0;
  while (from < change.bytes.length) {
    const sectorEnd = SECTOR_BYTES - ((change.position + from) % SECTOR_BYTES);
    const bytes = change.bytes.subarray(from, from + sectorEnd);
    if (chance.below(2) === 0) sectors.push({ kind: 'write', bytes, position: change.position + from });
    from += bytes.length;
  }
  return sectors;
}
