// Answers that become words of a command line: CWE-78. Nothing in them may begin another command, run one inside, or redirect.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { literals, sinkRule, unsafe } from './sink-rule.ts';

const BREAKS = ['\n', '\r', '\0'];
/** Longest run of blanks at the end that is waited for. */
const BLANK_UNITS_MAX = 64;

function look(view: SpanView, at: number): SpanAnswer {
  const unit = view.text.charAt(at);
  if (BREAKS.includes(unit)) return lookAtBreak(view, at);
  if (unit !== '$') return unsafe({ type: 'shell_operator', start: at, end: at + 1, reason: 'it ends, joins or redirects a command' });
  const next = view.text[at + 1];
  if (next === undefined) return view.isFinal ? NONE : live(at);
  if (!/[({\w?*@#!$'"[-]/.test(next)) return NONE;
  const end = next === '(' || next === '{' || next === '[' ? at + 2 : at + 1;
  return unsafe({ type: 'shell_expansion', start: at, end, reason: 'the shell would put something else in its place' });
}

const isBlank = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0;

/** A line break at the very end ends nothing but the answer. */
function lookAtBreak(view: SpanView, at: number): SpanAnswer {
  let end = at;
  while (end < view.text.length && end < at + BLANK_UNITS_MAX && isBlank(view.text.charCodeAt(end))) end += 1;
  if (end === view.text.length && end < at + BLANK_UNITS_MAX) return view.isFinal ? NONE : live(at);
  return unsafe({ type: 'shell_operator', start: at, end: at + 1, reason: 'a line break begins another command' });
}

export const shellWords: SpanDetector = sinkRule({
  name: 'shell-words',
  sink: 'shell',
  about: 'What begins another command, runs one inside, expands or redirects: ; | & ` $ < > and line breaks.',
  anchors: literals(';', '|', '&', '`', '$', '<', '>', ...BREAKS),
  hold: BLANK_UNITS_MAX,
  look,
  // A backslash before it would be undone by one that stands there already, in some quotes and not in others. A blank ends nothing.
  neutral: () => ' ',
});
