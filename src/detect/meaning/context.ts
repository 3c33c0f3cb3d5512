// Whether a text gives an order or talks about one: quotation marks and the vocabulary of security talk.
import type { Origin } from '../../core/types.ts';
import type { FrameMatch, Surrounding, ViewEvidence } from './evidence.ts';

const QUOTES = '"\'`';
/** How far from a match a quotation mark may stand. */
const QUOTE_REACH = 48;
const isLetterAt = (text: string, at: number): boolean => /[\p{L}\p{N}]/u.test(text.charAt(at));

/** Whether a match stands in quotation marks where that says something. */
export const isTold = (evidence: ViewEvidence, { frame, start, end }: FrameMatch): boolean =>
  frame.isTalkFree !== true && isQuoted(evidence, start, end);

/** Whether the stretch stands between the same kind of quotation mark, near by on both sides. */
function isQuoted({ view }: ViewEvidence, start: number, end: number): boolean {
  const { text } = view;
  for (let at = start - 1; at >= Math.max(0, start - QUOTE_REACH); at -= 1) {
    const mark = text.charAt(at);
    if (mark === '\n') return false;
    if (!QUOTES.includes(mark) || isApostrophe(text, at)) continue;
    return closesAfter(text, mark, end);
  }
  return false;
}

function closesAfter(text: string, mark: string, end: number): boolean {
  for (let at = Math.max(0, end - 1); at < Math.min(text.length, end + QUOTE_REACH); at += 1) {
    if (text.charAt(at) === mark && !isApostrophe(text, at)) return true;
  }
  return false;
}

const isApostrophe = (text: string, at: number): boolean => text.charAt(at) === "'" && isLetterAt(text, at - 1) && isLetterAt(text, at + 1);

/**
 * What remains of a score when the words around the match talk about attacks. Talk alone takes little away where the model
 * is addressed, because "for research" is the oldest excuse; talk around a quotation takes most of it away, unless the
 * model is told to do what the quotation says.
 */
export function talkFactor(evidence: ViewEvidence, best: FrameMatch, origin: Origin): number {
  if (best.frame.isTalkFree === true) return 1;
  const around = countAround(evidence, best);
  const talk = Math.min(3, around.talk + around['talk-strong'] * 2);
  if (isTold(evidence, best) && around.comply === 0 && (talk > 0 || around.mention > 0)) return QUOTED_TALK_FACTOR;
  if (talk === 0) return 1;
  const isAddressed = around.address > 0 && origin !== 'operator';
  return 1 - talk * (isAddressed ? ADDRESSED_DISCOUNT : TOLD_DISCOUNT);
}

/** Talk elsewhere in a long text says nothing about an order that stands here. */
const AROUND_UNITS = 240;

function countAround({ surroundings }: ViewEvidence, { start, end }: FrameMatch): Record<Surrounding['concept'], number> {
  const count = { talk: 0, 'talk-strong': 0, mention: 0, address: 0, comply: 0 };
  for (const { concept, at } of surroundings) if (at >= start - AROUND_UNITS && at <= end + AROUND_UNITS) count[concept] += 1;
  return count;
}

const QUOTED_TALK_FACTOR = 0.35;
/** Taken off for each sign of talk, up to three. */
const ADDRESSED_DISCOUNT = 0.05;
const TOLD_DISCOUNT = 0.2;
