// Where one channel of an answer waits for the judges that a policy asks for. What the span detectors decided passes in its order, no
// further than all of those judges have read; what one of them would hide is replaced as a whole.
import type { FailureCode, Finding } from '../core/types.ts';
import type { Piece } from '../detect/span/piece.ts';
import type { TextWatch } from '../detect/text-watch.ts';
import { maskFor } from './mask.ts';

export interface Gated {
  readonly piece: Piece;
  /** What it says has been replaced, and is not shown. */
  readonly isCovered: boolean;
}

export interface GateStep {
  /** The next part of the text. */
  readonly part: string;
  readonly isFinal: boolean;
  /** What the span detectors have decided by now. */
  readonly pieces: readonly Piece[];
  /** Says whether what was found is to be hidden. */
  readonly isHidden: (finding: Finding, matched: string) => boolean;
}

interface Cover {
  readonly start: number;
  readonly end: number;
  readonly mask: string;
  /** Place of the judge in their order, for two that begin at the same place. */
  readonly rank: number;
  readonly isSaid: boolean;
}

export class WatchGate {
  readonly #watches: readonly TextWatch[];
  #waiting: Piece[] = [];
  /** By start; they do not overlap. */
  #covers: Cover[] = [];
  /** What was read and has not been let out, and where it begins. */
  #text = '';
  #out = 0;
  #failure: FailureCode | undefined;

  constructor(watches: readonly TextWatch[]) {
    this.#watches = watches;
  }

  /** Why the text could not be judged; from then on nothing is let out. */
  get failure(): FailureCode | undefined {
    return this.#failure;
  }

  /** Units that were read and not let out. */
  get heldUnits(): number {
    return this.#text.length;
  }

  pass(step: GateStep): readonly Gated[] {
    this.#waiting.push(...step.pieces);
    this.#text += step.part;
    if (this.#failure === undefined) {
      try {
        this.#judge(step);
      } catch {
        // A judge that throws has not looked, and the caller is told so.
        this.#failure = 'detector_error';
      }
    }
    return this.#failure === undefined ? this.#letOut() : [];
  }

  #judge({ part, isFinal, isHidden }: GateStep): void {
    for (const [rank, watch] of this.#watches.entries()) {
      for (const finding of watch.read(part, isFinal)) {
        const start = Math.max(finding.start, this.#out);
        const matched = this.#text.slice(start - this.#out, finding.end - this.#out);
        if (isHidden(finding, matched)) this.#covers.push({ start, end: finding.end, mask: maskFor(finding), rank, isSaid: false });
      }
    }
    if (this.#covers.length > 1) this.#covers = joined(this.#covers);
  }

  #letOut(): readonly Gated[] {
    const clearTo = this.#watches.reduce((least, watch) => Math.min(least, watch.clearTo), Infinity);
    const gated: Gated[] = [];
    let taken = 0;
    for (const piece of this.#waiting) {
      const end = this.#out + piece.text.length;
      // What was matched goes as a whole; what is clear goes as far as it is judged.
      if (end > clearTo && (piece.kind !== 'clear' || this.#out >= clearTo)) break;
      if (end > clearTo) {
        const units = clearTo - this.#out;
        this.#say(gated, { ...piece, text: piece.text.slice(0, units) });
        this.#waiting[taken] = { ...piece, text: piece.text.slice(units) };
        break;
      }
      this.#say(gated, piece);
      taken += 1;
    }
    this.#waiting.splice(0, taken);
    while (this.#covers[0] !== undefined && this.#covers[0].end <= this.#out) this.#covers.shift();
    return gated;
  }

  #say(gated: Gated[], piece: Piece): void {
    let { text } = piece;
    while (text !== '') {
      const cover = this.#covers.find(({ end }) => end > this.#out);
      const from = cover === undefined ? Infinity : cover.start - this.#out;
      const isWhole = piece.kind !== 'clear';
      if (cover === undefined || from >= text.length) {
        gated.push({ piece: { ...piece, text }, isCovered: false });
        this.#step(text.length);
        return;
      }
      // A match that is covered in part is covered whole.
      if (from > 0 && !isWhole) {
        gated.push({ piece: { ...piece, text: text.slice(0, from) }, isCovered: false });
        text = text.slice(from);
        this.#step(from);
        continue;
      }
      if (!cover.isSaid) gated.push({ piece: { kind: 'clear', text: cover.mask }, isCovered: false });
      this.#covers = this.#covers.map((one) => (one === cover ? { ...one, isSaid: true } : one));
      const units = isWhole ? text.length : Math.min(text.length, cover.end - this.#out);
      gated.push({ piece: { ...piece, text: text.slice(0, units) }, isCovered: true });
      text = text.slice(units);
      this.#step(units);
    }
  }

  #step(units: number): void {
    this.#out += units;
    this.#text = this.#text.slice(units);
  }
}

/** Covers that overlap are one, under the name of the first. */
function joined(covers: readonly Cover[]): Cover[] {
  const out: Cover[] = [];
  for (const cover of covers.toSorted((a, b) => a.start - b.start || Number(b.isSaid) - Number(a.isSaid) || a.rank - b.rank)) {
    const last = out.at(-1);
    if (last === undefined || cover.start >= last.end) out.push(cover);
    else out[out.length - 1] = { ...last, end: Math.max(last.end, cover.end) };
  }
  return out;
}
