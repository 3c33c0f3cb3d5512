// Makes checkpoints: tiles first, then the signed note over them, then copies for whoever keeps one elsewhere.
import type { CheckpointStore } from './checkpoint-store.ts';
import type { Checkpoint } from './note.ts';
import { toCheckpointText, toSignedNote } from './note.ts';
import type { NonceStore } from './nonce-store.ts';
import type { CheckpointSigner } from './signer.ts';
import type { TileStore } from './tile-store.ts';
import type { TilePlace, TileTree } from './tile-tree.ts';
import { edgePlaces } from './tile-tree.ts';

/** Hands a signed note to a second place: a file elsewhere, a webhook, a bucket, a log server. */
export type PublishCheckpoint = (note: string) => Promise<void>;

export interface CheckpointParts {
  readonly signer: CheckpointSigner;
  readonly tiles: TileStore;
  readonly checkpoints: CheckpointStore;
  readonly nonces: NonceStore;
  readonly publish: readonly PublishCheckpoint[];
}

export class CheckpointWriter {
  readonly #parts: CheckpointParts;
  #newest: Checkpoint | undefined;
  #running: Promise<Checkpoint> | undefined;
  /** Notes that a second place has not taken yet; only the newest counts. */
  readonly #owed: (string | undefined)[];
  #publishFailures = 0;

  constructor(parts: CheckpointParts, newest: Checkpoint | undefined) {
    this.#parts = parts;
    this.#newest = newest;
    this.#owed = parts.publish.map(() => undefined);
  }

  get newest(): Checkpoint | undefined {
    return this.#newest;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Second places that have not taken the newest checkpoint. */
  get owedCount(): number {
    return this.#owed.filter((note) => note !== undefined).length;
  }

  /** Times that a second place refused a checkpoint. */
  get publishFailures(): number {
    return this.#publishFailures;
  }

  /** Covers everything that is in the tree at the call. Rejects when the disk fails. */
  async write(tree: TileTree): Promise<Checkpoint> {
    while (this.#running !== undefined) await this.settled();
    if (this.#newest?.size === tree.size) return this.#newest;
    this.#running = this.#write(tree);
    try {
      return await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Resolves when no checkpoint is being written. Never rejects: who asked for the checkpoint was told. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  /** Offers the newest note again to every place that has not taken it. Never rejects: see `publishFailures`. */
  async publishOwed(): Promise<void> {
    await Promise.all(this.#parts.publish.map((publish, at) => this.#publishTo(publish, at)));
  }

  async #write(tree: TileTree): Promise<Checkpoint> {
    const { signer, tiles, checkpoints, nonces } = this.#parts;
    // Taken in one turn: the tree goes on growing while files are written.
    const checkpoint: Checkpoint = { origin: signer.name, size: tree.size, root: tree.root().toString('base64') };
    const fresh = [...tree.takeFull(), ...tree.partial()];
    await nonces.sync();
    await tiles.write(fresh);
    const note = await this.#sign(checkpoint);
    await checkpoints.keep(note);
    await this.#removeReplaced(checkpoint.size);
    this.#newest = checkpoint;
    this.#owed.fill(note);
    await this.publishOwed();
    return checkpoint;
  }

  async #sign(checkpoint: Checkpoint): Promise<string> {
    const { signer } = this.#parts;
    const text = toCheckpointText(checkpoint);
    return toSignedNote({ text, name: signer.name, publicKey: signer.publicKey, signature: await signer.sign(Buffer.from(text)) });
  }

  async #removeReplaced(size: number): Promise<void> {
    if (this.#newest === undefined) return;
    const kept = new Set(edgePlaces(size).map(keyOf));
    const replaced = edgePlaces(this.#newest.size).filter((place) => place.width > 0 && !kept.has(keyOf(place)));
    for (const place of replaced) await this.#parts.tiles.removePartial(place);
  }

  async #publishTo(publish: PublishCheckpoint, at: number): Promise<void> {
    const note = this.#owed[at];
    if (note === undefined) return;
    try {
      await publish(note);
      if (this.#owed[at] === note) this.#owed[at] = undefined;
    } catch {
      // A place that is down must not stop the record; it is counted, shown by `status`, and offered the next one.
      this.#publishFailures += 1;
    }
  }
}

const keyOf = ({ level, index, width }: TilePlace): string => `${level}/${index}/${width}`;
