// Telephone numbers among what was read as a number and is nothing else.
import type { SpanAnswer } from '../../detector.ts';
import { live, match, NONE } from '../answers.ts';
import { codeAt } from '../chars.ts';
import { isNumberEnd } from './groups.ts';
import { hasWordAfter, phoneScore, WORD_AFTER_UNITS } from './phones.ts';
import { endOf } from './reading.ts';
import type { Reading } from './reading.ts';

/** Fewest digits of a number that is worth a look. */
export const DIGITS_MIN = 6;
/** ITU-T E.164. */
const PHONE_DIGITS_MAX = 15;
const PHONE_GROUPS_MAX = 7;
const PLUS = 0x2b;

/** The longest telephone number that begins there. */
export function phoneNumber(reading: Reading): SpanAnswer {
  const { view, groups, start, isPhone } = reading;
  const { size } = groups;
  // Digits alone are one where something says so.
  if (size === 1 && start === groups.start && !isPhone) return NONE;
  const last = endOf(reading, size);
  // A word after the number counts only when its end is known.
  const isKnown = view.isFinal || view.text.length >= last + WORD_AFTER_UNITS;
  const isOffice = isKnown && size > 1 && hasWordAfter(view.text, last);
  const hasPlus = codeAt(view.text, start) === PLUS;
  // The first numbers of a list are no telephone number, unless something says so.
  const least = hasPlus || isPhone ? 1 : size;
  for (let count = size; count >= least; count -= 1) {
    const digits = groups.totals[count - 1] ?? 0;
    if (digits < DIGITS_MIN) break;
    if (digits > PHONE_DIGITS_MAX || count > PHONE_GROUPS_MAX) continue;
    const score = scoreOf(reading, { count, hasPlus, isOffice: isOffice && count === size });
    if (score > 0) return found(reading, count, score);
    if (count === size && count > 1 && !isKnown) return live(start);
  }
  return NONE;
}

const found = (reading: Reading, count: number, score: number): SpanAnswer =>
  match({
    type: 'PHONE_NUMBER',
    start: reading.start,
    end: count === reading.groups.size ? reading.extended : endOf(reading, count),
    severity: 'low',
    score,
    reason: 'the way telephone numbers are written',
  });

interface Whole {
  readonly count: number;
  readonly hasPlus: boolean;
  /** Whether a word follows that says that it is one. */
  readonly isOffice: boolean;
}

function scoreOf(reading: Reading, { count, hasPlus, isOffice }: Whole): number {
  const { view, groups, start } = reading;
  const isExtended = count === groups.size && reading.extended > endOf(reading, count);
  if (!isOffice && !isExtended && !isNumberEnd(groups, count - 1)) return 0;
  const hasParenthesis = start < groups.start && !hasPlus;
  return phoneScore({ text: view.text, groups, hasPlus, hasParenthesis, isNamed: reading.isPhone }, count, isOffice);
}
