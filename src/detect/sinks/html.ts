// Answers that a page shows as HTML: OWASP LLM05:2025, CWE-79. What is left over are elements that only format.
import type { Sink, SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { judgeTag } from './html-tag.ts';
import { literals, sinkRule, unsafe } from './sink-rule.ts';

/** A longer tag cannot be waited for, and is not let out unjudged. */
const TAG_UNITS_MAX = 240;

function look(view: SpanView, at: number): SpanAnswer {
  const tag = view.text.slice(at, at + TAG_UNITS_MAX);
  const found = (type: string, reason: string): SpanAnswer => unsafe({ type, start: at, end: at + 1, reason });
  const isWhole = view.isFinal || tag.length === TAG_UNITS_MAX;
  // Without its end a tag is open whatever stands in it, and is not read again and again while it grows.
  if (/^<[a-z]/i.test(tag) && !tag.includes('>')) {
    if (!isWhole) return live(at);
    if (tag.length === TAG_UNITS_MAX) return found('long_tag', 'a tag that is too long to be judged before it leaves');
  }
  const judged = judgeTag(tag);
  if (judged.state === 'safe') return NONE;
  if (judged.state === 'unsafe') return found(judged.type, judged.reason);
  if (tag.length === TAG_UNITS_MAX) return found('long_tag', 'a tag that is too long to be judged before it leaves');
  if (!view.isFinal) return live(at);
  // What comes after the answer in the page would close it, and be swallowed up to there.
  return tag === '<' ? NONE : found('open_tag', 'a tag that does not end');
}

export const htmlRule = (sink: Sink, name: string): SpanDetector =>
  sinkRule({
    name,
    sink,
    about: 'Scripts, frames, forms and other active elements, event handlers, javascript: and data: addresses, styles that load, comments.',
    anchors: literals('<'),
    hold: TAG_UNITS_MAX,
    look,
    // The bracket alone makes it a tag.
    neutral: () => '&lt;',
  });
