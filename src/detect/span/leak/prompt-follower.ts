// Reads an answer along with the prompt: a long run of the prompt's own words is a leak, whatever its case and punctuation.
import type { SpanExtent, SpanFollower, SpanMatch, SpanView } from '../../detector.ts';
import { addUnit, EMPTY_WORD, foldUnit, Gram, GRAM_WORDS, isWordAlone, WORD_UNITS_MAX } from './prompt-grams.ts';
import type { PromptIndex } from './prompt-grams.ts';

/** A run is a leak from so many words and units on; of a shorter prompt, from the whole on. */
const LEAK_WORDS = 8;
const LEAK_UNITS = 48;
/** Words of scripts without spaces weigh as much as so many units. */
const ALONE_UNITS = 3;
/** Most units that an undecided run may hold: far more than eight words have, unless they are padded. */
const RUN_UNITS_MAX = 160;
/** A longer gap between two words ends a run. */
const GAP_UNITS_MAX = 48;
/** Padded words are decided upon at fewer. */
const PADDED_WORDS = 6;

interface Run {
  /** Indexes of the prompt's words that may come next. */
  places: readonly number[];
  words: number;
  units: number;
  /** The first words of a run are no evidence yet, and are let go; the span begins after them. -1 until that word begins. */
  start: number;
  end: number;
  match: SpanMatch | undefined;
}

/** Offsets are absolute. */
export class PromptFollower implements SpanFollower {
  readonly #index: PromptIndex;
  readonly #leakWords: number;
  readonly #leakUnits: number;
  readonly #gram = new Gram();
  /** Of the runs that were found; most answers have none. */
  #extents: Map<SpanMatch, SpanExtent> | undefined;
  #read = 0;
  #hash = EMPTY_WORD;
  #wordStart = -1;
  #run: Run | undefined;
  #found: (match: SpanMatch, isOpen: boolean) => void = () => {};

  constructor(index: PromptIndex) {
    this.#index = index;
    this.#leakWords = Math.min(LEAK_WORDS, index.words.length);
    this.#leakUnits = Math.min(LEAK_UNITS, index.units);
  }

  get holdFrom(): number {
    const run = this.#run;
    if (run === undefined || run.match !== undefined) return Infinity;
    if (run.start >= 0) return run.start;
    return this.#wordStart >= 0 ? this.#wordStart : Infinity;
  }

  extent(match: SpanMatch): SpanExtent {
    return this.#extents?.get(match) ?? { end: match.end, isClosed: true };
  }

  read(view: SpanView, base: number, found: (match: SpanMatch, isOpen: boolean) => void): void {
    this.#found = found;
    const { text } = view;
    for (let at = this.#read - base; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      const unit = code < 0x80 ? foldUnit(code) : 0;
      // The usual case, before anything costs: one more letter of a word.
      if (unit !== 0 && this.#wordStart >= 0 && base + at - this.#wordStart < WORD_UNITS_MAX) this.#hash = addUnit(this.#hash, unit);
      else this.#unit(code, base + at);
    }
    this.#read = base + text.length;
    if (!view.isFinal) return;
    if (this.#wordStart >= 0) this.#word(this.#read);
    this.#close();
  }

  #unit(code: number, at: number): void {
    const unit = foldUnit(code);
    const isAlone = isWordAlone(code);
    if (this.#wordStart >= 0 && (unit === 0 || isAlone)) this.#word(at);
    if (unit === 0) {
      if (this.#run !== undefined && at - this.#run.end > GAP_UNITS_MAX) this.#close();
      return;
    }
    if (this.#wordStart < 0) {
      this.#wordStart = at;
      this.#hash = EMPTY_WORD;
    }
    if (at - this.#wordStart < WORD_UNITS_MAX) this.#hash = addUnit(this.#hash, unit);
    else this.#close();
    if (isAlone) this.#word(at + 1);
  }

  /** A word is whole: the run goes on, ends, or begins. */
  #word(end: number): void {
    const start = this.#wordStart;
    const hash = this.#hash;
    this.#wordStart = -1;
    this.#gram.add(hash);
    const run = this.#run;
    const places = run?.places.filter((place) => this.#index.words[place] === hash) ?? [];
    if (run !== undefined && places.length > 0) {
      run.places = places.map((place) => place + 1);
      run.words += 1;
      run.units += this.#weight(start, end);
      run.end = end;
      if (run.start < 0) run.start = start;
      this.#judge(run);
      return;
    }
    this.#close();
    const key = this.#gram.key;
    const begun = key === undefined ? undefined : this.#index.grams.get(key);
    if (begun !== undefined) this.#run = { places: begun, words: GRAM_WORDS, units: GRAM_WORDS * 4, start: -1, end, match: undefined };
  }

  #weight(start: number, end: number): number {
    return end - start === 1 ? ALONE_UNITS : end - start + 1;
  }

  #judge(run: Run): void {
    if (run.match !== undefined) {
      this.#setExtent(run.match, { end: run.end, isClosed: false });
      return;
    }
    const isLong = run.words >= this.#leakWords && run.units >= this.#leakUnits;
    const isPadded = run.end - run.start > RUN_UNITS_MAX;
    if (!isLong && !isPadded) return;
    if (!isLong && run.words < PADDED_WORDS) {
      this.#run = undefined;
      return;
    }
    run.match = {
      type: 'system_prompt',
      start: run.start,
      end: run.end,
      severity: 'high',
      score: 0.95,
      reason: 'a run of words that stands in the prompt',
    };
    this.#setExtent(run.match, { end: run.end, isClosed: false });
    this.#found(run.match, true);
  }

  #setExtent(match: SpanMatch, extent: SpanExtent): void {
    this.#extents ??= new Map();
    this.#extents.set(match, extent);
  }

  #close(): void {
    if (this.#run?.match !== undefined) this.#setExtent(this.#run.match, { end: this.#run.end, isClosed: true });
    this.#run = undefined;
  }
}
