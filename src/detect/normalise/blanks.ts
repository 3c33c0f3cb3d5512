// The last step to a view: lower case, and runs of white space folded to one blank (or one line end).
import type { View } from '../detector.ts';
import type { Layer, OffsetMap } from './layer.ts';
import { Splice } from './splice.ts';

const BLANKS = /\s{2,}/g;

export function viewOf(layer: Layer, hasBlanks: boolean): View {
  const { names, text, originalAt, disguised, oddAt } = layer;
  const odd = oddAt === undefined ? {} : { oddAt };
  const lowered = text.toLowerCase();
  if (!hasBlanks) return { layers: names, text: lowered, originalAt, disguised, ...odd };
  let mapBack: OffsetMap | undefined;
  return {
    layers: names,
    text: lowered.replaceAll(BLANKS, oneBlank),
    originalAt: (offset) => {
      mapBack ??= mapOf(lowered);
      return originalAt(mapBack(offset));
    },
    disguised,
    ...odd,
  };
}

const oneBlank = (run: string): string => (run.includes('\n') ? '\n' : ' ');

function mapOf(text: string): OffsetMap {
  const splice = new Splice(text);
  for (const match of text.matchAll(BLANKS)) splice.replace(match.index, match.index + match[0].length, oneBlank(match[0]));
  const folded = splice.finish();
  return folded === undefined ? (offset) => offset : folded.mapBack;
}
