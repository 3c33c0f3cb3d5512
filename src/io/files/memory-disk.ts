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
    const step: Step = (kind, path, effect) => this.#step(life, { kind, path, effect });
    return {
      open: (path, mode) => this.#open(step, path, mode),
      list: (folder) =>
        step(
          'list',
          folder,
          sound(() => this.#children(folder)),
        ),
      makeFolder: (folder) =>
        step(
          'names',
          folder,
          sound(() => this.#makeFolder(folder)),
        ),
      rename: (from, to) =>
        step(
          'names',
          to,
          sound(() => this.#rename(from, to)),
        ),
      remove: (path) =>
        step(
          'names',
          path,
          sound(() => this.#removeName(path)),
        ),
      removeFolder: (folder) =>
        step(
          'names',
          folder,
          sound(() => this.#removeFolder(folder)),
        ),
      syncFolder: (folder) =>
        step(
          'sync',
          folder,
          sound(() => this.#syncNames(folder)),
        ),
      lock: (path) => this.#lock(life, path),
      turnEnd: () => this.#wait(life),
    };
  }

  /** The effect happens in the same moment as the decision about it: a dead process does nothing any more. */
  async #step<Result>(life: number, { kind, path, effect }: StepParts<Result>): Promise<Result> {
    await this.#wait(life);
    this.#operations += 1;
    const code = this.#plan({ number: this.#operations, kind, path });
    // The plan may have ended this life.
    if (life !== this.#life) return new Promise<never>(() => undefined);
    return effect(code === undefined ? undefined : systemError(code, path));
  }

  /** Some turns of the microtask queue, so that operations overtake each other; for a dead process, for ever. */
  async #wait(life: number): Promise<void> {
    for (let turns = this.#chance.below(4); turns >= 0; turns--) await Promise.resolve();
    if (life !== this.#life) await new Promise<never>(() => undefined);
  }

  #open(step: Step, path: string, mode: OpenMode): Promise<OpenFile> {
    const isMaking = !this.#names.has(path) && (mode === 'create' || mode === 'ensure');
    const effect = (): OpenFile => {
      const known = this.#names.get(path);
      if (known === 'folder') throw systemError('EISDIR', path);
      if (known !== undefined && mode === 'create') throw systemError('EEXIST', path);
      if (known === undefined && (mode === 'open' || mode === 'read')) throw systemError('ENOENT', path);
      return openInode(known ?? this.#create(path), { step, path, chance: this.#chance, isReadOnly: mode === 'read' });
    };
    return step(isMaking ? 'create' : 'open', path, sound(effect));
  }

  #create(path: string): MemoryInode {
    if (this.#names.get(parent(path)) !== 'folder') throw systemError('ENOENT', path);
    const inode = new MemoryInode();
    this.#changeNames(parent(path), (names) => void names.set(path, inode));
    return inode;
  }

  #makeFolder(folder: string): void {
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

  #removeFolder(folder: string): void {
    if (this.#children(folder).length > 0) throw systemError('ENOTEMPTY', folder);
    this.#removeName(folder);
  }

  #syncNames(folder: string): void {
    for (const change of this.#nameChanges) if (change.folder === folder) change.apply(this.#durableNames);
    this.#nameChanges = this.#nameChanges.filter((change) => change.folder !== folder);
  }

  #removeName(path: string): void {
    if (this.#names.has(path)) this.#changeNames(parent(path), (names) => void names.delete(path));
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

/** What an operation does, in one moment; a fault is given to those that do something even then. */
type Effect<Result> = (fault: Error | undefined) => Result;

interface StepParts<Result> {
  readonly kind: DiskOperation;
  readonly path: string;
  readonly effect: Effect<Result>;
}

type Step = <Result>(kind: DiskOperation, path: string, effect: Effect<Result>) => Promise<Result>;

interface OpenContext {
  readonly step: Step;
  readonly path: string;
  readonly chance: SeededChance;
  readonly isReadOnly: boolean;
}

function openInode(inode: MemoryInode, { step, path, chance, isReadOnly }: OpenContext): OpenFile {
  let isOpen = true;
  const use = <Result>(kind: DiskOperation, effect: Effect<Result>): Promise<Result> => {
    if (!isOpen || (isReadOnly && kind !== 'read')) return Promise.reject(systemError('EBADF', path));
    return step(kind, path, effect);
  };
  return {
    read: (position, length) =>
      use(
        'read',
        sound(() => inode.read(position, length)),
      ),
    write: (bytes, position) =>
      use('write', (fault) => {
        // A write that fails has often put a part in place.
        inode.write(fault === undefined ? bytes : bytes.subarray(0, chance.below(bytes.length)), position);
        if (fault !== undefined) throw fault;
      }),
    async syncData() {
      const end = inode.beginSync();
      await use('sync', (fault) => {
        end(fault === undefined);
        if (fault !== undefined) throw fault;
      });
    },
    truncate: (sizeBytes) =>
      use(
        'truncate',
        sound(() => inode.truncate(sizeBytes)),
      ),
    sizeBytes: () =>
      use(
        'read',
        sound(() => inode.sizeBytes),
      ),
    close() {
      isOpen = false;
      return step(
        'close',
        path,
        sound(() => undefined),
      );
    },
  };
}

/** An effect that does not happen at all when there is a fault. */
function sound<Result>(effect: () => Result): Effect<Result> {
  return (fault) => {
    if (fault !== undefined) throw fault;
    return effect();
  };
}

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
