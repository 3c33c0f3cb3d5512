// One stretch of text that is judged at once, and the parts of the request that it is made of.
import type { Origin } from '../core/types.ts';
import { UNSPOKEN } from './seams.ts';
import type { TextPart } from './wire/walk.ts';

/** One stretch of text, and where each piece of it came from. */
export interface Stretch {
  readonly text: string;
  readonly origin: Origin;
  readonly pieces: readonly { readonly part: TextPart; readonly start: number; readonly from: number }[];
}

/** The last piece that begins at or before the place: there can be tens of thousands of both. */
export function pieceAt({ pieces }: Stretch, start: number): Stretch['pieces'][number] | undefined {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((pieces[middle]?.start ?? 0) <= start) low = middle;
    else high = middle - 1;
  }
  return pieces[low];
}

/** The parts joined by `glue`. */
export function stretchOf(parts: readonly TextPart[], origin: Origin, glue: string): Stretch {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { text: only.text, origin, pieces: [{ part: only, start: 0, from: 0 }] };
  const pieces: { readonly part: TextPart; readonly start: number; readonly from: number }[] = [];
  let start = 0;
  for (const part of parts) {
    pieces.push({ part, start, from: 0 });
    start += part.text.length + glue.length;
  }
  return { text: parts.map((part) => part.text).join(glue), origin, pieces };
}

/** Where a stretch stands: in the conversation, beside it, in the name of a model, or where messages meet. */
export type StretchPlace = 'said' | 'aside' | 'name' | 'seam';

export const placeOf = ({ channel }: TextPart): StretchPlace => (channel === 'model' ? 'name' : UNSPOKEN.has(channel) ? 'aside' : 'said');

/** What always is looked for takes a millisecond or two for so much. */
const SLICE_UNITS = 4_096;
/** And the models that a policy can ask for take as long for this. */
const ASKED_UNITS = 512;

/** How much of a long text is judged at a time, so that others wait no longer than that for their turn. */
export const sliceUnits = (isAsked: boolean): number => (isAsked ? ASKED_UNITS : SLICE_UNITS);
