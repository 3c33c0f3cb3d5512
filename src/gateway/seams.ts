// Where pieces of text meet that one speaker said one after the other: what is judged there beside the pieces themselves.
import type { Origin } from '../core/types.ts';
import { TEXT_UNITS_MAX } from '../detect/detector.ts';
import type { TextPart, Turn } from './wire/walk.ts';

/** How much of each neighbour is looked at where two parts meet. */
const SEAM_UNITS = 128;
/** Longer joined text is judged in windows that share so much with the next. */
const SEAM_OVERLAP_UNITS = 1_024;

/**
 * The texts in which pieces meet: joined by a space; where a word could go on over the edge, by nothing there; and where a number
 * could, by nothing at those edges only. Of a long part only its edges are taken.
 */
export function seamTexts(texts: readonly string[]): readonly string[] {
  const pieces = texts.map((text) => (text.length <= 2 * SEAM_UNITS ? text : `${text.slice(0, SEAM_UNITS)}\n${text.slice(-SEAM_UNITS)}`));
  const variants = new Set([NOWHERE, WORD_EDGE, NUMBER_EDGE].map((edge) => joinAt(pieces, edge)));
  return [...variants];
}

interface Edge {
  readonly end: RegExp;
  readonly start: RegExp;
}

const NOWHERE: Edge = { end: /$^/, start: /$^/ };
const WORD_EDGE: Edge = { end: /[\p{L}\p{N}_+/=-]$/u, start: /^[\p{L}\p{N}_+/=-]/u };
const NUMBER_EDGE: Edge = { end: /\d$/, start: /^\d/ };

function joinAt(pieces: readonly string[], edge: Edge): string {
  let text = pieces[0] ?? '';
  for (let at = 1; at < pieces.length; at++) {
    const piece = pieces[at] ?? '';
    text += edge.end.test(pieces[at - 1] ?? '') && edge.start.test(piece) ? piece : ` ${piece}`;
  }
  return text;
}

/** Counted from the beginning, so that what was judged with the last turn of a conversation is the same text in the next. */
export function windowsOf(text: string): readonly string[] {
  if (text.length <= TEXT_UNITS_MAX) return [text];
  const step = TEXT_UNITS_MAX - SEAM_OVERLAP_UNITS;
  return Array.from({ length: Math.ceil((text.length - SEAM_OVERLAP_UNITS) / step) }, (_, at) =>
    text.slice(at * step, at * step + TEXT_UNITS_MAX),
  );
}

/** What no model reads as part of the conversation. */
export const UNSPOKEN: ReadonlySet<string> = new Set(['model', 'metadata', 'settings', 'id', 'label']);

/** What some speakers said in the conversation, over all turns. */
export function spokenBy(turns: readonly Turn[], isSpeaker: (origin: Origin) => boolean): readonly TextPart[] {
  const parts: TextPart[] = [];
  for (const turn of turns) if (isSpeaker(turn.origin)) for (const part of turn.parts) if (!UNSPOKEN.has(part.channel)) parts.push(part);
  return parts;
}
