// How a rule of SQL looks: with a pattern that knows of no blanks and comments but one unit for each run of them.
import type { SpanAnswer, SpanView } from '../detector.ts';
import { live, NONE } from '../span/answers.ts';
import { unsafe } from './sink-rule.ts';
import { squeezed } from './sql-blanks.ts';

/** One run of blanks or comments, and at most one. */
export const GAP = '[ \\t]';
export const BLANKS = '[ \\t]?';

export interface SqlLook {
  readonly type: string;
  readonly reason: string;
  /** Anchored at the beginning. */
  readonly pattern: RegExp;
  /** What a match must be beside. */
  readonly holds?: (match: RegExpExecArray) => boolean;
  readonly units: number;
  /** Beginnings behind which a window full of blanks hides what comes: nobody writes so who has nothing to hide. */
  readonly gap: RegExp;
  /** Whether what stands further on decides: then the whole window is waited for. */
  readonly waits?: boolean;
  /** False where no continuation of the squeezed text could match. */
  readonly may: (text: string) => boolean;
}

/** For `gap`: the beginning, and nothing but blanks behind it; a slash or a dash at the very end may begin a comment. */
export const hidden = (beginning: string): RegExp => new RegExp(`^${beginning}${BLANKS}[/-]?$`, 'i');

export function lookAtSql(
  view: SpanView,
  at: number,
  { type, reason, pattern, holds, units, gap, waits = false, may }: SqlLook,
): SpanAnswer {
  const window = view.text.slice(at, at + units);
  const isFull = window.length === units;
  const { text, ends, awaits } = squeezed(window);
  // What stands in a comment changes nothing until it ends.
  const more = (): SpanAnswer => (awaits === '' ? live(at) : { state: 'live', start: at, wakes: { mark: awaits, units } });
  if ((isFull || !view.isFinal) && gap.test(text)) return isFull ? unsafe({ type, start: at, end: at + units, reason }) : more();
  const isWhole = view.isFinal || isFull;
  const found = lengthOf(pattern.exec(text), holds);
  // A match that touches the end of what is known may still turn out longer, or none.
  if (found !== undefined && (isWhole || (!waits && found < text.length)))
    return unsafe({ type, start: at, end: at + (ends[found - 1] ?? 0), reason });
  return !isWhole && (found !== undefined || mayGoOn(text, may)) ? more() : NONE;
}

const lengthOf = (match: RegExpExecArray | null, holds: SqlLook['holds']): number | undefined =>
  match !== null && (holds?.(match) ?? true) ? match[0].length : undefined;

/** A slash or a dash at the very end may begin a comment. */
const mayGoOn = (text: string, may: SqlLook['may']): boolean => may(text) || (/[/-]$/.test(text) && may(text.slice(0, -1)));
