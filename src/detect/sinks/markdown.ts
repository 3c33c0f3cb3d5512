// Answers that are rendered as Markdown: raw HTML is HTML there, and link destinations are addresses (CommonMark 0.31 section 6.3).
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { sinkRule, unsafe } from './sink-rule.ts';
import { isUnsafeAddress, mayBecomeUnsafe } from './unsafe-address.ts';

const ANCHORS = ['](', ']:'];
const ADDRESS_UNITS_MAX = 120;

function look(view: SpanView, at: number): SpanAnswer {
  const start = at + 2;
  const window = view.text.slice(start, start + ADDRESS_UNITS_MAX);
  const before = /^[\s<]*/.exec(window)?.[0].length ?? 0;
  const address = window.slice(before);
  for (let end = 1; end <= address.length; end++) {
    if (address[end - 1] !== ':' && address[end - 1] !== ';') continue;
    if (isUnsafeAddress(address.slice(0, end)))
      return unsafe({
        type: 'unsafe_address',
        start: start + before,
        end: start + before + end,
        reason: 'a link that runs code or is a document of its own',
      });
  }
  const canGrow = !view.isFinal && window.length < ADDRESS_UNITS_MAX;
  return canGrow && mayBecomeUnsafe(address) ? live(start) : NONE;
}

export const markdownLinks: SpanDetector = sinkRule({
  name: 'markdown-links',
  sink: 'markdown',
  about: 'Links, images and reference definitions whose address is javascript:, data: or another that runs code.',
  anchors: ANCHORS.map((literal) => ({ literal })),
  hold: ADDRESS_UNITS_MAX,
  look,
  neutral: () => 'unsafe:',
});
