// Text of registered corpora, word for word: stretches of which several fingerprints in a row are known. A stream holds what could be the beginning of one.
import type { Finding } from '../../core/types.ts';
import type { TextWatch } from '../text-watch.ts';
import { blockOf, isIn } from './bloom.ts';
import { Fingerprints, GRAM_UNITS, WINDOW_GRAMS, type Fingerprint } from './fingerprints.ts';

/** The fingerprints of one corpus. */
export interface VerbatimIndex {
  readonly name: string;
  readonly blocks: number;
  /** Bytes of one block; valid until the next call. */
  block(number: number): Uint8Array;
}

/** Neighbouring fingerprints that must be known: one in a thousand is by chance, three in a row never are. */
export const ROW = 3;
/** A stretch of so many letters and digits is found wherever it stands. */
export const STRETCH_UNITS = GRAM_UNITS + ROW * WINDOW_GRAMS;
/** Most text that waits, blanks and signs included. */
export const VERBATIM_HOLD_UNITS = 256;

export class VerbatimWatch implements TextWatch {
  readonly #rows: readonly Row[];
  readonly #fingerprints = new Fingerprints();
  #read = 0;
  #clearTo = 0;

  constructor(indexes: readonly VerbatimIndex[]) {
    this.#rows = indexes.map((index) => new Row(index));
  }

  get clearTo(): number {
    return this.#clearTo;
  }

  read(part: string, isFinal: boolean): readonly Finding[] {
    const findings: Finding[] = [];
    for (let at = 0; at < part.length; at += 1) {
      const found = this.#fingerprints.push(part.charCodeAt(at), this.#read);
      this.#read += 1;
      if (found !== undefined) for (const row of this.#rows) row.take(found, findings, this.#clearTo);
      this.#clear(findings);
    }
    if (isFinal) {
      for (const row of this.#rows) row.end(findings, this.#clearTo);
      this.#clearTo = this.#read;
    }
    return findings;
  }

  /** Everything is free before the first group that is not decided, and before stretches that are growing. */
  #clear(findings: Finding[]): void {
    let from = this.#fingerprints.undecidedFrom ?? this.#read;
    for (const row of this.#rows) from = Math.min(from, row.start);
    // What has waited too long goes: a stretch that is certain as a finding, one that is not as it is.
    const limit = this.#read - VERBATIM_HOLD_UNITS;
    if (from < limit) {
      for (const row of this.#rows) if (row.start < limit) row.end(findings, this.#clearTo);
      from = this.#fingerprints.undecidedFrom ?? this.#read;
      for (const row of this.#rows) from = Math.min(from, row.start);
      from = Math.max(from, limit);
    }
    if (from > this.#clearTo) this.#clearTo = from;
  }
}

/** The stretch of one corpus that is growing. */
class Row {
  readonly #index: VerbatimIndex;
  #count = 0;
  #start = Infinity;
  #end = 0;

  constructor(index: VerbatimIndex) {
    this.#index = index;
  }

  /** Where it begins; `Infinity` when none is growing. */
  get start(): number {
    return this.#start;
  }

  take({ one, two, start, end }: Fingerprint, findings: Finding[], clearTo: number): void {
    const { blocks } = this.#index;
    if (!isIn(this.#index.block(blockOf(two, blocks)), one, two)) {
      this.end(findings, clearTo);
      this.#count = 0;
      return;
    }
    this.#count += 1;
    if (this.#start === Infinity) this.#start = Math.max(start, this.#end);
    this.#end = end;
  }

  /** Tells the stretch so far; what follows it right away is told as more of it. */
  end(findings: Finding[], clearTo: number): void {
    const start = Math.max(this.#start, clearTo);
    if (this.#count >= ROW && start < this.#end) {
      const reason = `stands word for word in the corpus ${this.#index.name}: ${this.#end - start} characters`;
      findings.push({
        rule: 'leak.verbatim', class: 'leak', type: this.#index.name, severity: 'high', score: 0.99, start, end: this.#end, reason, taxonomy: 'exfiltration',
      }); // prettier-ignore
    }
    this.#start = Infinity;
  }
}
