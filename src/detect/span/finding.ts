// Makes the finding of a match: what the rule's card says, and where it stands.
import type { Finding } from '../../core/types.ts';
import type { SpanDetector, SpanMatch } from '../detector.ts';

/** `span` is absolute: what is left of the match where others overlap it. */
export const findingOf = (detector: SpanDetector, match: SpanMatch, span: { readonly start: number; readonly end: number }): Finding => ({
  rule: detector.id,
  class: detector.class,
  type: match.type,
  severity: match.severity,
  score: match.score,
  start: span.start,
  end: span.end,
  reason: match.reason,
  taxonomy: detector.taxonomy,
});
