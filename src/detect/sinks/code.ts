// Answers that are run as code: CWE-94, CWE-78, CWE-502, and text that shows another order than it has (CVE-2021-42574, Trojan Source).
import type { SpanDetector } from '../detector.ts';
import { literals, lookWith, sinkRule, unsafe } from './sink-rule.ts';
import rows from './tables/code.json' with { type: 'json' };
import { BIDI_MARKS } from './terminal.ts';

const UNITS_MAX = 240;
/** Enough for a name and the bracket behind it. */
const SHORT_UNITS = 48;

const anchors = rows.flatMap((row, index) => row.anchors.map((literal) => ({ literal, index })));
const patterns = rows.map(({ type, reason, pattern, behind }) => ({
  type,
  reason,
  pattern: new RegExp(pattern, 'y'),
  behind: behind === '' ? undefined : new RegExp(behind),
  // Some look for an argument that stands further on in the line.
  units: pattern.includes('[^\\n') ? UNITS_MAX : SHORT_UNITS,
  waits: pattern.includes('(?!'),
  may: (window: string): boolean => !window.includes('\n'),
}));

export const codeCalls: SpanDetector = sinkRule({
  name: 'code-calls',
  sink: 'code',
  about: 'Calls that run text or commands, load data that runs, destroy files, give a shell away, or make markup of text.',
  anchors: literals(...anchors.map(({ literal }) => literal)),
  hold: UNITS_MAX,
  look(view, at, mark) {
    const row = patterns[anchors[mark]?.index ?? -1];
    return row === undefined ? { state: 'none' } : lookWith(view, at, row);
  },
  // A name that is nowhere defined: it stops instead of running.
  neutral: (text) => `__blocked_by_sallyport__${'('.repeat(Math.max(0, countOf(text, '(') - countOf(text, ')')))}`,
});

/** As many brackets stay open as were, so that what follows reads as it did. */
const countOf = (text: string, unit: string): number => text.split(unit).length - 1;

export const codeMarks: SpanDetector = sinkRule({
  name: 'code-marks',
  sink: 'code',
  about: 'Bidirectional marks, which show code in another order than it runs.',
  anchors: literals(...BIDI_MARKS),
  hold: 1,
  look: (_view, at) =>
    unsafe({ type: 'bidi_control', start: at, end: at + 1, reason: 'a mark that changes the order in which code is shown' }),
  neutral: () => '',
});
