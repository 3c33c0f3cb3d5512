// Names, places, addresses and ages as spans of a text that may still grow: judged sentence by sentence, so that a stream holds one sentence.
import type { SpanDetector, SpanExtent, SpanFollower, SpanMatch, SpanView } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { sentenceEnd, SENTENCE_UNITS_MAX } from '../text-watch.ts';
import type { TextModel } from '../text-model.ts';

/** A detector for those types. It has no anchors, and yields to every other match: what is proven keeps its name. */
export function nameDetector(model: TextModel, types: readonly string[]): SpanDetector {
  const wanted: ReadonlySet<string> = new Set(types);
  return {
    kind: 'span',
    id: 'pii.names',
    task: 'pii',
    class: 'personal-data',
    directions: ['input', 'output'],
    severity: 'info',
    taxonomy: 'sensitive-output',
    about: 'People, places, organisations, addresses, dates and ages, guessed by a model; only where a policy asks for them.',
    hold: { max: SENTENCE_UNITS_MAX },
    anchors: [],
    yields: true,
    look: () => NONE,
    follow: () => new NameFollower(model, wanted),
  };
}

class NameFollower implements SpanFollower {
  readonly #model: TextModel;
  readonly #types: ReadonlySet<string>;
  /** Beginning of the first sentence that is not judged. */
  #from = 0;

  constructor(model: TextModel, types: ReadonlySet<string>) {
    this.#model = model;
    this.#types = types;
  }

  get holdFrom(): number {
    return this.#from;
  }

  read({ text, isFinal }: SpanView, base: number, found: (match: SpanMatch, isOpen: boolean) => void): void {
    for (let start = this.#from - base; start < text.length; start = this.#from - base) {
      const end = sentenceEnd(text, start, isFinal);
      if (end < 0) return;
      for (const { type, severity, score, reason, ...span } of this.#model.judge(text.slice(start, end), 'user')) {
        if (type === undefined || !this.#types.has(type)) continue;
        found({ type, severity, score, reason, start: this.#from + span.start, end: this.#from + span.end }, false);
      }
      this.#from = base + end;
    }
  }

  extent(match: SpanMatch): SpanExtent {
    return { end: match.end, isClosed: true };
  }
}
