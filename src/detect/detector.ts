// What a detector is. One file in `rules/` is one detector, and its default export carries all its metadata:
// `app` finds it by its place, so that there is no list to edit.
import type { Direction, FindingClass, Finding, Origin, Severity, TaxonomyKey } from '../core/types.ts';
import type { Hits } from './meaning/automaton.ts';
import type { ViewEvidence } from './meaning/evidence.ts';
import type { PhraseBook } from './meaning/phrasebook.ts';

/** The command-line task under which a detector's score is reported. */
export type Task = 'injection' | 'pii' | 'secrets' | 'harm' | 'leak' | 'documents' | 'sink';

/** Where an answer goes, and so what is unsafe in it. */
export type Sink = 'html' | 'markdown' | 'sql' | 'shell' | 'url' | 'code' | 'spreadsheet' | 'terminal';

/** Most UTF-16 code units that one synchronous look may cover; longer text is cut into overlapping windows in a worker. */
export const TEXT_UNITS_MAX = 16_384;

/** What the request at hand adds to what a detector knows. All of it is plain data that survives a structured clone. */
export interface DetectContext {
  /** Operator prompts of this request, for leak detection. */
  readonly systemPrompt?: string;
  /** Secret marker planted in the hardened prompt; its appearance in an answer proves a leak. */
  readonly canary?: string;
}

interface RuleCard {
  /** Stable id: `<task>.<name>`. */
  readonly id: string;
  readonly task: Task;
  readonly class: FindingClass;
  readonly directions: readonly Direction[];
  readonly severity: Severity;
  readonly taxonomy: TaxonomyKey;
  /** One sentence for the generated documentation. */
  readonly about: string;
}

/** One reading of a text: the original, or a layer that was decoded from it. */
export interface View {
  /** How this view came about, outermost first, for example `['base64', 'leetspeak']`; empty for the plain normalised view. */
  readonly layers: readonly string[];
  /** Normalised, lower-cased text. */
  readonly text: string;
  /** Maps an offset of `text` to an offset of the original; monotone (falling where a layer is reversed). */
  originalAt(offset: number): number;
  /** Letters that stood in disguise: look-alikes inside words, characters that are not drawn. */
  readonly disguised?: number;
  /** Where in the original words stand that had to be put right before they could be read; ascending. */
  readonly oddAt?: readonly number[];
}

/** Judges what a text means, over all its views. Input only: it never rewrites, so it needs no hold-back. */
export interface MeaningDetector extends RuleCard {
  readonly kind: 'meaning';
  /** Phrases and frames that the shared scan looks for; a detector with a book is asked only when one of its frames matches. */
  readonly book?: PhraseBook;
  judge(look: MeaningLook): readonly Finding[];
}

export interface MeaningLook {
  readonly original: string;
  readonly views: readonly View[];
  readonly origin: Origin;
  readonly context: DetectContext;
  /** What the shared scan found of the detector's book, view by view. */
  readonly evidence?: readonly ViewEvidence[];
}

/** What one stage of the cascade thinks of a text, from 0 to 1. */
export interface StageScore {
  readonly stage: string;
  readonly score: number;
}

/** The stretch of a text on which a learned stage based its score. */
export interface WorstPlace {
  readonly start: number;
  readonly end: number;
  /** Where it does not stand so in the original: what was read there, at most `EXCERPT_UNITS_MAX` units around it. */
  readonly reading?: string;
  /** Where it is foreign: the worst of it word by word in English, at most `SENTENCE_UNITS_MAX` units. */
  readonly english?: string;
}

/** Most units of one excerpt that a second look gets. */
export const EXCERPT_UNITS_MAX = 512;
/** Most units of which one vector is made: about what one turns on, and what can be afforded. */
export const SENTENCE_UNITS_MAX = 240;

export interface LearnedVerdict {
  /** Those of the rules, weighed anew, and what only the learned stage noticed. */
  readonly findings: readonly Finding[];
  /** Calibrated; 0.5 and above is high. */
  readonly score: number;
  readonly stages: readonly StageScore[];
  /** Absent for a text without words. */
  readonly worst?: WorstPlace;
}

/** Reads every view right after the shared scan, then weighs what the rules found. Keeps state for one text at a time. */
export interface LearnedStage {
  begin(origin: Origin): void;
  /** `hits` are only valid during the call. */
  read(view: View, hits: Hits): void;
  /** The view in other words, which the stage wants to read too; none where it would read the same. */
  reworded(view: View): Iterable<View>;
  /** `reworded` are what the rules found in the views in other words only: evidence, and nothing to tell. */
  conclude(findings: readonly Finding[], reworded: readonly Finding[]): LearnedVerdict;
}

/** Judges by learned weights. Made by `app` from files under `models/`, because weights are no code. */
export interface LearnedDetector extends RuleCard {
  readonly kind: 'learned';
  /** Concepts that the shared scan looks for on behalf of the stage; it has no frames. */
  readonly book: PhraseBook;
  /** A stage for one judge, whose scan numbers the concepts so. */
  stage(conceptIds: ReadonlyMap<string, number>): LearnedStage;
}

/** What a judge of meaning is made of. */
export type MeaningPart = MeaningDetector | LearnedDetector;

/** Most units before an anchor that a span detector may read: what a stream keeps of text that it has already let go. */
export const LOOKBEHIND_UNITS = 256;

/** Most units that any span detector may hold back. */
export const HOLD_UNITS_MAX = 256;

/** A literal whose appearance is worth a look. Exact case, unless `fold`: then also in lower, upper and title case. */
export interface SpanAnchor {
  readonly literal: string;
  readonly fold?: true;
  /** Whether a span begins with the literal itself: then the first part of it is held at the end of a stream's text. */
  readonly startsSpan?: true;
  /** Whether no letter, digit or underscore may stand before it. */
  readonly boundary?: true;
  /** Whether no digit may stand before it: of a run of digits, only the first is worth a look. */
  readonly leading?: true;
}

/** A text that may still grow, as far as it is known. Offsets count from its first known unit. */
export interface SpanView {
  readonly text: string;
  /** Nothing before this offset is known any more; never nearer than `LOOKBEHIND_UNITS` to an anchor. */
  readonly floor: number;
  /** Whether the text ends here: then no answer may be `live`. */
  readonly isFinal: boolean;
  readonly direction: Direction;
  readonly context: DetectContext;
}

/** What a span detector found; the engine adds what the rule's card says. */
export interface SpanMatch {
  readonly type: string;
  readonly start: number;
  /** Exclusive. For a committed match: as far as it is certain. */
  readonly end: number;
  readonly severity: Severity;
  readonly score: number;
  /** Why, in words that never quote the text. */
  readonly reason: string;
}

/** Tells what a span detector sees at one anchor of a text that may still grow. */
export type SpanAnswer =
  /** Nothing here, whatever follows. */
  | { readonly state: 'none' }
  /** Decided, whatever follows. */
  | { readonly state: 'match'; readonly match: SpanMatch }
  /** A match is certain, but its end may still move: from its start on, all is to be hidden. `extend` says how far. */
  | { readonly state: 'committed'; readonly match: SpanMatch }
  /** More text could make a match, which would begin at `start` or later; what stands before `start` is free. */
  | { readonly state: 'live'; readonly start: number; readonly wakes?: Wake };

/** When it is worth asking again: nothing else changes the answer but the end of the text. */
export interface Wake {
  /** It comes in the text. */
  readonly mark: string;
  /** So many units behind the anchor are known. */
  readonly units: number;
}

/** How far a committed match reaches in the text known so far. */
export interface SpanExtent {
  readonly end: number;
  readonly isClosed: boolean;
}

/**
 * Finds exact spans in the original text, in whole texts and in streams alike.
 * Its answers are a function of the text alone: once it has said `none`, `match` or `committed` for an anchor, more text
 * must not change that. It reads at most `LOOKBEHIND_UNITS` before the anchor.
 */
export interface SpanDetector extends RuleCard {
  readonly kind: 'span';
  /** `max`: most units between the start of a live answer and the end of the text. */
  readonly hold: { readonly max: number };
  readonly anchors: readonly SpanAnchor[];
  /** Applies only to answers that go there; absent: wherever they go. */
  readonly sink?: Sink;
  /** Whether every other match goes before it where both overlap: it guesses, and what is proven keeps its name. */
  readonly yields?: true;
  /** What stands in the place of a matched text; absent: its name in brackets. Without that which the detector finds. */
  readonly neutral?: (text: string) => string;
  /** Called where `anchors[mark]` stands at offset `at`. */
  look(view: SpanView, at: number, mark: number): SpanAnswer;
  /** Where the end of the text could be the beginning of a span whose anchor is yet to come; the text's length if nowhere. */
  tail?(view: SpanView): number;
  /** Continues a committed match from `from`. Needed by detectors that commit. */
  extend?(view: SpanView, from: number, match: SpanMatch): SpanExtent;
  /** Whether `extend` leads to the same end from wherever it begins inside what it extended: then of many matches of a type in it one is followed. */
  readonly isRun?: true;
  /** For what no anchor can find: reads along with one text. Undefined when the context gives nothing to look for. */
  follow?(context: DetectContext): SpanFollower | undefined;
  /** What only a whole text shows, such as disguises; asked where the caller names the task, and nothing was found otherwise. Offsets as in the text. */
  whole?(text: string, context: DetectContext): SpanMatch | undefined;
}

/** Reads one text from its beginning to its end, part by part. Its offsets are absolute. */
export interface SpanFollower {
  /** Reads on to the end of `view`, whose first unit stands at `base`, and tells what it found. */
  read(view: SpanView, base: number, found: (match: SpanMatch, isOpen: boolean) => void): void;
  /** How far an open match reaches in what was read so far. */
  extent(match: SpanMatch): SpanExtent;
  /** Earliest absolute offset that must stay held; `Infinity` if none. */
  readonly holdFrom: number;
}
