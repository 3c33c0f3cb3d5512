// Answers that are rendered as Markdown: raw HTML is HTML there, and link destinations are addresses (CommonMark 0.31 section 6.3).
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { literals, sinkRule, unsafe } from './sink-rule.ts';
import { mayBecomeUnsafe, schemeOf } from './unsafe-address.ts';

const ANCHORS = ['](', ']:'];
const ADDRESS_UNITS_MAX = 120;

/** CommonMark section 2.4: a backslash before punctuation is not there; one at the end may turn out to be one. */
const withoutEscapes = (text: string): string => text.replace(/\\(?=[!-/:-@[-`{-~]|$)/g, '');

function look(view: SpanView, at: number): SpanAnswer {
  const start = at + 2;
  const window = view.text.slice(start, start + ADDRESS_UNITS_MAX);
  // A destination may stand in the next line, behind the marks of a quotation.
  const before = /^[\s<>]*/.exec(window)?.[0].length ?? 0;
  const address = window.slice(before);
  for (let end = 1; end <= address.length; end++) {
    if (address[end - 1] !== ':' && address[end - 1] !== ';') continue;
    const scheme = schemeOf(withoutEscapes(address.slice(0, end)));
    if (scheme === 'unsafe')
      return unsafe({
        type: 'unsafe_address',
        start: start + before,
        end: start + before + end,
        reason: 'a link that runs code or is a document of its own',
      });
    // The first colon ends the scheme; what is no scheme by then becomes none.
    if (scheme === 'another') return NONE;
  }
  const canGrow = !view.isFinal && window.length < ADDRESS_UNITS_MAX;
  return canGrow && mayBecomeUnsafe(withoutEscapes(address)) ? live(start) : NONE;
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

const LIST_UNITS_MAX = 160;
/** What the lists of kramdown, Pandoc and markdown-it-attrs are made of. Code has blanks around its equals sign, or ends its line. */
const LIST = /^\{[\w #.:="'-]*$/;
const ATTRIBUTE = /[\s{:"'](?:on[a-z]{2,24}|style|srcdoc|href|src|action|formaction)=/i;

/** Attributes that some renderers take from a list in braces and put on the element before it. */
function lookAtList(view: SpanView, at: number): SpanAnswer {
  const window = view.text.slice(at, at + LIST_UNITS_MAX);
  const found = ATTRIBUTE.exec(window);
  const end = found === null ? -1 : found.index + found[0].length;
  if (end > 0 && LIST.test(window.slice(0, end)))
    return unsafe({ type: 'attribute_list', start: at, end: at + 1, reason: 'attributes of an element, which could run code' });
  return !view.isFinal && end < 0 && window.length < LIST_UNITS_MAX && LIST.test(window) ? live(at) : NONE;
}

export const markdownAttributes: SpanDetector = sinkRule({
  name: 'markdown-attributes',
  sink: 'markdown',
  about: 'Lists of attributes in braces with event handlers, styles or addresses, as kramdown, Pandoc and others read them.',
  anchors: literals('{'),
  hold: LIST_UNITS_MAX,
  look: lookAtList,
  neutral: () => '&#123;',
});
