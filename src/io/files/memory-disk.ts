// A disk in memory that fails on command: full, torn, lying about syncs, cut off from power, or left behind by a killed process.
// It is the file port of every durability test, and one seed replays all it does.
import type { FilePort, OpenFile, OpenMode, ProcessLock } from './file-port.ts';
import type { Unsynced } from './memory-inode.ts';
import { MemoryInode } from './memory-inode.ts';
import type { SeededChance } from './seeded-chance.ts';
import { seededChance } from './seeded-chance.ts';

export type DiskOperation = 'open' | 'create' | 'read' | 'write' | 'sync' | 'truncate' | 'close' | 'names' | 'list';

/** Decides the fate of one operation: undefined lets it happen, a system code makes it fail. */
export type FaultPlan = (operation: { readonly number: number; readonly kind: DiskOperation; readonly path: string }) => string | undefined;

type Names = Map<string, MemoryInode | 'folder'>;

interface NameChange {
  readonly folder: string;
  apply(names: Names): void;
}

export class MemoryDisk {
  readonly #chance: SeededChance;
  #names: Names = new Map();
  #durableNames: Names = new Map();
  #nameChanges: NameChange[] = [];
  #locks = new Set<string>();
  #life = 0;
  #operations = 0;
  #plan: FaultPlan = () => undefined;

  constructor(seed: number) {
    this.#chance = seededChance(seed);
  }

  /** Operations that were asked for so far. */
  get operations(): number {
    return this.#operations;
  }

  /** From now on this plan decides. */
  fail(plan: FaultPlan): void {
    this.#plan = plan;
  }

  heal(): void {
    this.#plan = () => undefined;
  }

  /** kill -9: nothing that the process has under way happens any more, its locks are free, the kernel keeps what it was given. */
  kill(): void {
    this.#life += 1;
    this.#locks = new Set();
    this.heal();
  }

  /** Power cut: a kill, and what was never synced is at the mercy of chance. */
  cutPower(unsynced: Unsynced): void {
    this.kill();
    const seen = new Set<MemoryInode | 'folder'>([...this.#names.values(), ...this.#durableNames.values()]);
    for (const inode of seen) if (inode !== 'folder') inode.cutPower(unsynced, this.#chance);
    // Journalled file systems keep the order of changes to names, so what survives is a beginning.
    const surviving = { lost: 0, kept: this.#nameChanges.length, torn: this.#chance.below(this.#nameChanges.length + 1) }[unsynced];
    for (const change of this.#nameChanges.slice(0, surviving)) change.apply(this.#durableNames);
    this.#nameChanges = [];
    this.#names = new Map(this.#durableNames);
  }

  /** The port of one process: dead once the disk is killed or loses power. */
  port(): FilePort {
    const life = this.#life;
    const step = (kind: DiskOperation, path: string): Promise<void> => this.#step(life, kind, path);
    return {
      open: (path, mode) => this.#open(step, path, mode),
      list: async (folder) => {
        await step('list', folder);
        return this.#children(folder);
      },
      makeFolder: (folder) => this.#makeFolder(step, folder),
      rename: async (from, to) => {
        await step('names', to);
        this.#rename(from, to);
      },
      remove: async (path) => {
        await step('names', path);
        if (this.#names.has(path)) this.#changeNames(parent(path), (names) => void names.delete(path));
      },
      removeFolder: async (folder) => {
        await step('names', folder);
        if (this.#children(folder).length > 0) throw systemError('ENOTEMPTY', folder);
        if (this.#names.has(folder)) this.#changeNames(parent(folder), (names) => void names.delete(folder));
      },
      syncFolder: async (folder) => {
        await step('sync', folder);
        for (const change of this.#nameChanges) if (change.folder === folder) change.apply(this.#durableNames);
        this.#nameChanges = this.#nameChanges.filter((change) => change.folder !== folder);
      },
      lock: (path) => this.#lock(life, path),
      pause: () => this.#wait(life),
    };
  }

  async #step(life: number, kind: DiskOperation, path: string): Promise<void> {
    await this.#wait(life);
    this.#operations += 1;
    const code = this.#plan({ number: this.#operations, kind, path });
    // The plan may have ended this life.
    if (life !== this.#life) await new Promise<never>(() => undefined);
    if (code !== undefined) throw systemError(code, path);
  }

  /** Some turns of the microtask queue, so that operations overtake each other; for a dead process, for ever. */
  async #wait(life: number): Promise<void> {
    for (let turns = this.#chance.below(4); turns >= 0; turns--) await Promise.resolve();
    if (life !== this.#life) await new Promise<never>(() => undefined);
  }

  async #open(step: Step, path: string, mode: OpenMode): Promise<OpenFile> {
    await step(this.#names.has(path) || mode === 'open' || mode === 'read' ? 'open' : 'create', path);
    const known = this.#names.get(path);
    if (known === 'folder') throw systemError('EISDIR', path);
    if (known !== undefined && mode === 'create') throw systemError('EEXIST', path);
    if (known === undefined && (mode === 'open' || mode === 'read')) throw systemError('ENOENT', path);
    return openInode(known ?? this.#create(path), { step, path, chance: this.#chance, isReadOnly: mode === 'read' });
  }

  #create(path: string): MemoryInode {
    if (this.#names.get(parent(path)) !== 'folder') throw systemError('ENOENT', path);
    const inode = new MemoryInode();
    this.#changeNames(parent(path), (names) => void names.set(path, inode));
    return inode;
  }

  async #makeFolder(step: Step, folder: string): Promise<void> {
    await step('names', folder);
    const missing: string[] = [];
    for (let path = folder; path !== '' && !this.#names.has(path); path = parent(path)) missing.unshift(path);
    for (const path of missing) {
      // The real port syncs the parents of folders that it makes.
      this.#names.set(path, 'folder');
      this.#durableNames.set(path, 'folder');
    }
  }

  #rename(from: string, to: string): void {
    const inode = this.#names.get(from);
    if (inode === undefined) throw systemError('ENOENT', from);
    this.#changeNames(parent(to), (names) => {
      names.delete(from);
      names.set(to, inode);
    });
  }

  #changeNames(folder: string, apply: (names: Names) => void): void {
    apply(this.#names);
    this.#nameChanges.push({ folder, apply });
  }

  #children(folder: string): readonly string[] {
    const names = [...this.#names.keys()].filter((path) => parent(path) === folder);
    return names.map((path) => path.slice(folder.length + 1)).toSorted((left, right) => (left < right ? -1 : 1));
  }

  async #lock(life: number, path: string): Promise<ProcessLock | undefined> {
    await this.#wait(life);
    const locks = this.#locks;
    if (locks.has(path)) return undefined;
    locks.add(path);
    return {
      async release() {
        locks.delete(path);
      },
    };
  }
}

type Step = (kind: DiskOperation, path: string) => Promise<void>;

interface OpenContext {
  readonly step: Step;
  readonly path: string;
  readonly chance: SeededChance;
  readonly isReadOnly: boolean;
}

function openInode(inode: MemoryInode, { step, path, chance, isReadOnly }: OpenContext): OpenFile {
  let isOpen = true;
  const assertUsable = (kind: DiskOperation): void => {
    if (!isOpen || (isReadOnly && kind !== 'read')) throw systemError('EBADF', path);
  };
  const use = async (kind: DiskOperation): Promise<void> => {
    assertUsable(kind);
    await step(kind, path);
  };
  return {
    async read(position, length) {
      await use('read');
      return inode.read(position, length);
    },
    async write(bytes, position) {
      assertUsable('write');
      try {
        await step('write', path);
      } catch (error) {
        // A write that fails has often put a part in place.
        inode.write(bytes.subarray(0, chance.below(bytes.length)), position);
        throw error;
      }
      inode.write(bytes, position);
    },
    async syncData() {
      const end = inode.beginSync();
      try {
        await use('sync');
      } catch (error) {
        end(false);
        throw error;
      }
      end(true);
    },
    async truncate(sizeBytes) {
      await use('truncate');
      inode.truncate(sizeBytes);
    },
    async sizeBytes() {
      await use('read');
      return inode.sizeBytes;
    },
    async close() {
      isOpen = false;
      await step('close', path);
    },
  };
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
