// The roots that were signed, compared with the tree as it grows past each of their sizes.
import type { Checkpoint } from './note.ts';
import type { TileTree } from './tile-tree.ts';

export class Roots {
  readonly #signed = new Map<number, string>();
  #matched = 0;
  #newestMatched = 0;
  #largest: number | undefined;
  #hasDiffered = false;

  /** Checkpoints that the records bear out. */
  get matched(): number {
    return this.#matched;
  }

  /** Size of the largest of them. */
  get newestMatched(): number {
    return this.#newestMatched;
  }

  /** Size of the largest checkpoint, borne out or not. */
  get largest(): number | undefined {
    return this.#largest;
  }

  /** False when another root was signed for the same size. */
  expect({ size, root }: Checkpoint): boolean {
    const other = this.#signed.get(size);
    this.#signed.set(size, other ?? root);
    this.#largest = Math.max(size, this.#largest ?? 0);
    return other === undefined || other === root;
  }

  /** The first range whose root differs; later ones differ because of it, and are not reported. */
  compare(tree: TileTree): { readonly from: number; readonly to: number } | undefined {
    const root = this.#signed.get(tree.size);
    if (root === undefined) return undefined;
    if (root === tree.root().toString('base64')) {
      this.#matched += 1;
      this.#newestMatched = tree.size;
      return undefined;
    }
    const isFirst = !this.#hasDiffered;
    this.#hasDiffered = true;
    return isFirst ? { from: this.#newestMatched, to: tree.size } : undefined;
  }
}
