// Answers that are written to a terminal: CWE-150. Escape sequences set titles, rewrite what was shown, fill the clipboard and have
// run commands (CVE-2019-9535 of iTerm2); bidirectional marks show another order than the one that runs (CVE-2021-42574).
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { literals, sinkRule, unsafe } from './sink-rule.ts';

const RETURN = 0x0d;
const SHOWN = new Set([0x09, 0x0a]);

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const CONTROLS = [...range(0x00, 0x1f), ...range(0x7f, 0x9f)].filter((code) => !SHOWN.has(code));
const BIDI = [0x061c, 0x200e, 0x200f, ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)];

export const BIDI_MARKS: readonly string[] = BIDI.map((code) => String.fromCodePoint(code));

function look(view: SpanView, at: number): SpanAnswer {
  const code = view.text.charCodeAt(at);
  if (code === RETURN) {
    // A line break of two units is one.
    if (at + 1 >= view.text.length) return view.isFinal ? NONE : live(at);
    if (view.text[at + 1] === '\n') return NONE;
  }
  const isBidi = code > 0x9f;
  const reason = isBidi ? 'a mark that changes the order in which text is shown' : 'a control character';
  return unsafe({ type: isBidi ? 'bidi_control' : 'terminal_control', start: at, end: at + 1, reason });
}

/** Control characters as the pictures that Unicode has for them, others by their number. */
export function pictured(text: string): string {
  const code = text.charCodeAt(0);
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

export const terminalControls: SpanDetector = sinkRule({
  name: 'terminal-controls',
  sink: 'terminal',
  about: 'Escape sequences and other control characters, a carriage return that overwrites, bidirectional marks.',
  anchors: literals(...[...CONTROLS, ...BIDI].map((code) => String.fromCodePoint(code))),
  hold: 1,
  look,
  neutral: pictured,
});
