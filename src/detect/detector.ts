// What a detector is. One file in `rules/` is one detector, and its default export carries all its metadata:
// `app` finds it by its place, so that there is no list to edit.
import type { Direction, FindingClass, Finding, Origin, Severity, TaxonomyKey } from '../core/types.ts';

/** The command-line task under which a detector's score is reported. */
export type Task = 'injection' | 'pii' | 'secrets' | 'harm' | 'leak' | 'documents';

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
  /** Maps an offset of `text` to an offset of the original. */
  originalAt(offset: number): number;
}

/** Judges what a text means, over all its views. Input only: it never rewrites, so it needs no hold-back. */
export interface MeaningDetector extends RuleCard {
  readonly kind: 'meaning';
  judge(look: MeaningLook): readonly Finding[];
}

export interface MeaningLook {
  readonly original: string;
  readonly views: readonly View[];
  readonly origin: Origin;
  readonly context: DetectContext;
}

/** Tells what a span detector sees at one place of a text that may still grow. */
export type SpanAnswer =
  /** Nothing here, whatever follows. */
  | { readonly state: 'none' }
  /** Decided, whatever follows; `end` exclusive. */
  | { readonly state: 'match'; readonly finding: Finding }
  /** A match is certain, but its end may still move: everything from `finding.start` on is already to be hidden. */
  | { readonly state: 'committed'; readonly finding: Finding }
  /** More text could make a match that begins at `start`. */
  | { readonly state: 'live'; readonly start: number };
