// Reads one text part by part and tells, as early as possible and never too early, what is clear and what was found.
// Whatever the cuts, the pieces are the same, because every decision is a function of the text and not of its parts:
// a match is decided upon when nothing that could begin before it, or where it begins, is still open.
import assert from 'node:assert/strict';
import type { FailureCode, Finding } from '../../core/types.ts';
import { LOOKBEHIND_UNITS } from '../detector.ts';
import type { SpanAnswer, SpanDetector, SpanExtent, SpanFollower, SpanMatch } from '../detector.ts';
import type { Anchor, Automaton } from './automaton.ts';
import { canInterrupt, isInterruptible, Queue } from './candidates.ts';
import type { Found, Live } from './candidates.ts';
import { DIGIT, isWordStart, kindAt } from './chars.ts';
import { findingOf } from './finding.ts';
import { hitList, releaseHitList } from './hit-list.ts';
import { forgetWords } from './numbers/known-words.ts';
import type { Piece, SpanStream, StreamStep } from './piece.ts';
import type { Setting } from './scanner.ts';
import { SpentError } from './spent-error.ts';
import { Unseen } from './unseen.ts';

/** Units of decided text beyond which the buffer is cut back. Cutting at each push would copy more than it saves. */
const TRIM_UNITS = 1_024;
/** Longest anchor, and longest way that a live anchor may lie before what it holds. */
const ANCHOR_WAY_UNITS = 512;

interface Open {
  readonly found: Found;
  readonly finding: Finding;
  /** Offset in the whole from which it is followed. */
  readonly from: number;
}

/** All `#` offsets count from the first unit of `#text`, which stands at `#base` of the whole. */
export class ChannelStream implements SpanStream {
  readonly #automaton: Automaton;
  readonly #tails: readonly SpanDetector[];
  readonly #followers: readonly { readonly detector: SpanDetector; readonly follower: SpanFollower }[];
  readonly #view: { text: string; floor: number; isFinal: boolean; direction: Setting['direction']; context: Setting['context'] };
  readonly #onBug: Setting['onBug'];
  /** Whoever asks for findings alone is spared a second copy of the text. */
  readonly #hasPieces: boolean;
  readonly #queue = new Queue();
  #live: Live[] = [];
  #base = 0;
  #state = 0;
  #scanned = 0;
  /** What is not drawn; absent as long as there was none of it. */
  #unseen: Unseen | undefined;
  /** Everything before it is decided. */
  #released = 0;
  /** End of the last finding. */
  #taken = 0;
  #open: Open | undefined;
  #failed: FailureCode | undefined;
  #pieces: Piece[] = [];
  #findings: Finding[] = [];

  constructor(setting: Setting) {
    this.#automaton = setting.automaton;
    this.#tails = setting.tails;
    this.#onBug = setting.onBug;
    this.#hasPieces = !setting.isForFindings;
    this.#view = { text: '', floor: 0, isFinal: false, direction: setting.direction, context: setting.context };
    this.#followers = setting.followers.flatMap((detector) => {
      const follower = detector.follow?.(setting.context);
      return follower === undefined ? [] : [{ detector, follower }];
    });
  }

  get heldUnits(): number {
    return this.#view.text.length - this.#released + (this.#unseen?.keptUnits ?? 0);
  }

  push(chunk: string): StreamStep {
    return this.#step(chunk, false);
  }

  end(): StreamStep {
    return this.#step('', true);
  }

  /** The whole text in one step. */
  all(text: string): StreamStep {
    return this.#step(text, true);
  }

  #step(chunk: string, isFinal: boolean): StreamStep {
    if (this.#failed === undefined) {
      try {
        this.#read(chunk, isFinal);
      } catch (error) {
        // A detector that throws has not looked, and the caller is told so: nothing is released from here on.
        if (!(error instanceof SpentError)) this.#onBug?.(error);
        this.#failed = error instanceof SpentError ? 'out_of_budget' : 'detector_error';
        this.#pieces = [];
      }
    }
    const step = { pieces: this.#pieces, findings: this.#findings, ...(this.#failed !== undefined && { failed: this.#failed }) };
    this.#pieces = [];
    this.#findings = [];
    return step;
  }

  #read(chunk: string, isFinal: boolean): void {
    const view = this.#view;
    if (this.#released > TRIM_UNITS) this.#trim();
    view.text = view.text === '' ? chunk : view.text + chunk;
    view.isFinal = isFinal;
    const from = this.#scanned;
    // First all of it is read: what is not drawn must be gone before anybody looks.
    const hits = this.#scan();
    if (this.#live.length > 0) this.#lookAgain(from);
    if (hits > 0) this.#lookAtHits(hits);
    for (const { detector, follower } of this.#followers) {
      follower.read(view, this.#base, (match, isOpen) => this.#add({ detector, match, follower, isOpen }, this.#base));
    }
    this.#settle();
    if (this.#unseen !== undefined) this.#giveBackLast(this.#unseen);
  }

  /** One pass over what is new. Gives how many numbers of the hit list it wrote. */
  #scan(): number {
    const { classOf, next, firstHit, width, unseen, isLeading } = this.#automaton;
    let isTakenOut = this.#unseen !== undefined && this.#unseen.isHalf;
    let text = isTakenOut ? this.#takeOut(this.#scanned) : this.#view.text;
    let end = text.length;
    let state = this.#state;
    const hits = hitList(end - this.#scanned);
    let count = 0;
    for (let at = this.#scanned; at < end; at += 1) {
      const following = next[state * width + (classOf[text.charCodeAt(at)] ?? 0)] ?? 0;
      if (following === unseen) {
        // What is still there is one too many in a row, and a unit like others.
        if (isTakenOut) state = 0;
        else {
          text = this.#takeOut(at);
          end = text.length;
          isTakenOut = true;
          at -= 1;
        }
        continue;
      }
      state = following;
      if (state < firstHit || (isLeading[state] === 1 && (kindAt(text, at - 1) & DIGIT) !== 0)) continue;
      hits[count] = state;
      hits[count + 1] = at + 1;
      count += 2;
    }
    this.#state = state;
    this.#scanned = end;
    return count;
  }

  /** Takes what is not drawn out of the text from `at` on. Gives the whole. */
  #takeOut(at: number): string {
    const { classOf, unseenClass } = this.#automaton;
    const view = this.#view;
    this.#unseen ??= new Unseen((code) => classOf[code] === unseenClass);
    view.text = view.text.slice(0, at) + this.#unseen.takeOut(view.text.slice(at), this.#base + at);
    return view.text;
  }

  /** Where nothing is held, what is not drawn at the end belongs to nothing. */
  #giveBackLast(unseen: Unseen): void {
    const { text, isFinal } = this.#view;
    if (isFinal || (this.#open === undefined && this.#released === text.length)) this.#giveBefore(unseen, this.#base + text.length);
  }

  #giveBefore(unseen: Unseen, at: number): void {
    const text = unseen.giveBefore(at);
    if (text !== '') this.#put({ kind: 'clear', text });
  }

  #lookAtHits(count: number): void {
    const hits = hitList(0);
    for (let at = 0; at < count; at += 2) this.#hit(hits[at] ?? 0, hits[at + 1] ?? 0);
    releaseHitList();
    forgetWords();
  }

  #hit(state: number, end: number): void {
    for (const anchor of this.#automaton.hits[state] ?? []) {
      const at = end - anchor.literal.length;
      if (!anchor.boundary || isWordStart(this.#view.text, at)) this.#look(anchor, at);
    }
  }

  #look(anchor: Anchor, at: number): void {
    const answer = anchor.detector.look(this.#view, at, anchor.mark);
    if (answer.state === 'none') return;
    if (answer.state !== 'live') return this.#decided(anchor.detector, answer);
    const end = this.#view.text.length;
    const isOverdue = this.#view.isFinal || end - answer.start > anchor.detector.hold.max || end - at > ANCHOR_WAY_UNITS;
    assert(!isOverdue, `${anchor.detector.id} holds more than it may`);
    this.#live.push({ anchor, at, start: answer.start, wakes: answer.wakes });
  }

  #decided(detector: SpanDetector, answer: SpanAnswer & { readonly match: SpanMatch }): void {
    this.#add({ detector, match: answer.match, follower: undefined, isOpen: answer.state === 'committed' }, 0);
  }

  #add(found: Pick<Found, 'detector' | 'match' | 'follower' | 'isOpen'>, base: number): void {
    const { detector, match, follower, isOpen } = found;
    this.#queue.add({ detector, match, follower, isOpen, start: match.start - base, end: match.end - base });
  }

  /** `from`: where the new text begins. */
  #lookAgain(from: number): void {
    const waiting = this.#live;
    this.#live = [];
    let mark = '';
    let hasCome = false;
    for (const live of waiting) {
      const { wakes } = live;
      if (wakes !== undefined && wakes.mark !== mark) {
        mark = wakes.mark;
        hasCome = this.#view.text.includes(mark, from - mark.length + 1);
      }
      const sleeps = wakes !== undefined && !hasCome && !this.#view.isFinal && this.#view.text.length - live.at < wakes.units;
      if (sleeps) this.#live.push(live);
      else this.#look(live.anchor, live.at);
    }
  }

  #settle(): void {
    for (;;) {
      if (this.#open !== undefined && !this.#swallow(this.#open)) return;
      const next = this.#queue.next(this.#taken);
      const start = next === undefined ? Infinity : Math.max(next.start, this.#released);
      const hold = this.#holdFrom();
      if (next === undefined || start >= hold || !this.#take(next, start)) {
        this.#release(Math.min(hold, start, this.#view.text.length));
        return;
      }
    }
  }

  /** Decides upon a match whose turn has come; false if that needs more text. */
  #take(found: Found, start: number): boolean {
    if (!isInterruptible(found)) return this.#emit(found, { start, end: found.end });
    if (this.#graverMayCome(found)) return false;
    const graver = this.#queue.graverInside(found, start);
    if (graver === undefined) return this.#emit(found, { start, end: found.end });
    // A graver match inside a lighter one keeps its own name, lest a policy that lets the lighter one pass lets it pass too.
    if (graver.start <= start) return this.#emit(graver, { start, end: graver.end });
    this.#record(found, { start, end: graver.start });
    return true;
  }

  #graverMayCome(found: Found): boolean {
    if (this.#view.isFinal) return false;
    return (
      this.#partialFrom() < found.end ||
      this.#live.some((live) => live.start < found.end && canInterrupt(live.anchor.detector, found)) ||
      this.#tails.some((detector) => canInterrupt(detector, found) && (detector.tail?.(this.#view) ?? Infinity) < found.end)
    );
  }

  #emit(found: Found, span: { readonly start: number; readonly end: number }): boolean {
    if (!found.isOpen) {
      this.#queue.remove(found);
      this.#record(found, span);
      return true;
    }
    const extent = this.#extent(found, found.end);
    if (extent.end <= span.start && !extent.isClosed) return false;
    this.#queue.remove(found);
    if (extent.end <= span.start) return true;
    this.#release(span.start);
    const finding = this.#finding(found, { start: span.start, end: extent.end });
    this.#put({ kind: 'finding', finding, text: this.#cut(span.start, extent.end) });
    this.#mark(extent.end);
    this.#swallowRun(found, found.end);
    if (extent.isClosed) this.#findings.push(finding);
    else this.#open = { found, finding, from: this.#base + found.end };
    return true;
  }

  /** Continues an open match; false if it is still open. */
  #swallow(open: Open): boolean {
    const extent = this.#extent(open.found, this.#released);
    if (extent.end > this.#released) {
      this.#put({ kind: 'more', text: this.#cut(this.#released, extent.end) });
      this.#mark(extent.end);
    }
    this.#swallowRun(open.found, open.from - this.#base);
    if (!extent.isClosed) return false;
    this.#open = undefined;
    this.#findings.push({ ...open.finding, end: this.#base + this.#released + (this.#unseen?.givenUnits ?? 0) });
    return true;
  }

  /** Each of many matches in one run, followed to its end, would be as many looks at the whole of it. */
  #swallowRun(found: Found, from: number): void {
    if (found.detector.isRun === true) this.#queue.swallow(found, { from, end: this.#released });
  }

  #extent(found: Found, from: number): SpanExtent {
    const { detector, follower, match } = found;
    if (follower !== undefined) {
      const extent = follower.extent(match);
      return { end: extent.end - this.#base, isClosed: extent.isClosed };
    }
    const extent = detector.extend?.(this.#view, from, match) ?? { end: from, isClosed: true };
    return this.#view.isFinal ? { end: extent.end, isClosed: true } : extent;
  }

  #record(found: Found, span: { readonly start: number; readonly end: number }): void {
    this.#release(span.start);
    const finding = this.#finding(found, span);
    this.#put({ kind: 'finding', finding, text: this.#cut(span.start, span.end) });
    this.#findings.push(finding);
    this.#mark(span.end);
  }

  #mark(end: number): void {
    this.#released = end;
    this.#taken = end;
  }

  /** Called when all before the span has been given back: what stands right before it is no part of it. */
  #finding(found: Found, span: { readonly start: number; readonly end: number }): Finding {
    const [start, end] = [this.#base + span.start, this.#base + span.end];
    const unseen = this.#unseen;
    if (unseen === undefined) return findingOf(found.detector, found.match, { start, end });
    this.#giveBefore(unseen, start);
    const shift = unseen.givenUnits;
    return findingOf(found.detector, found.match, { start: start + shift, end: end + shift + unseen.unitsIn(start, end) });
  }

  #release(end: number): void {
    if (end <= this.#released) return;
    this.#put({ kind: 'clear', text: this.#cut(this.#released, end) });
    this.#released = end;
  }

  #put(piece: Piece): void {
    if (this.#hasPieces) this.#pieces.push(piece);
  }

  /** What stood there, with what is not drawn; nothing, where nobody asks for pieces. */
  #cut(from: number, to: number): string {
    if (!this.#hasPieces) {
      this.#unseen?.skipTo(this.#base + to);
      return '';
    }
    const text = this.#view.text.slice(from, to);
    return this.#unseen === undefined ? text : this.#unseen.giveIn(text, this.#base + from);
  }

  /** Where the earliest span could begin that more text could make. */
  #holdFrom(): number {
    if (this.#view.isFinal) return Infinity;
    let from = this.#partialFrom();
    for (const live of this.#live) from = Math.min(from, live.start);
    for (const detector of this.#tails) from = Math.min(from, detector.tail?.(this.#view) ?? Infinity);
    for (const { follower } of this.#followers) from = Math.min(from, follower.holdFrom - this.#base);
    return Math.max(from, this.#taken);
  }

  /** Where the longest beginning of a literal that begins a span stands at the end of the text. */
  #partialFrom(): number {
    const partials = this.#automaton.partials[this.#state] ?? [];
    const { text } = this.#view;
    for (const { units, boundary } of partials) {
      if (!boundary || isWordStart(text, text.length - units)) return text.length - units;
    }
    return Infinity;
  }

  #trim(): void {
    let keep = Math.min(this.#released, this.#queue.earliest(), this.#scanned - ANCHOR_WAY_UNITS);
    for (const live of this.#live) keep = Math.min(keep, live.at);
    const units = keep - LOOKBEHIND_UNITS;
    if (units <= 0) return;
    this.#view.text = this.#view.text.slice(units);
    this.#base += units;
    this.#scanned -= units;
    this.#released -= units;
    this.#taken -= units;
    this.#queue.shift(units);
    for (const live of this.#live) {
      live.at -= units;
      live.start -= units;
    }
  }
}
