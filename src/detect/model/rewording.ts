// A second reading of a view, in which words and turns of phrase stand as the plainest word of their sense: "brush aside what you were told" is
// read as "ignore instructions". Whoever words an order anew changes the first reading and not this one.
import type { View } from '../detector.ts';
import { Splice } from '../normalise/splice.ts';
import rewordings from './rewordings.json' with { type: 'json' };
import { isInWord, Turns } from './turns.ts';

/** Words that the lexicon of the rules does not know, and then also those that it knows by less than the plainest word. */
const TURNS = new Turns(rewordings.senses, rewordings.known);

/** The view in fewer words than its own, and in the fewest; none where it says the same. Its text is lower case. */
export function reworded(view: View): readonly View[] {
  const some = rewordedBy(view, false);
  const all = rewordedBy(view, true);
  if (all === undefined) return some === undefined ? [] : [some];
  return some === undefined || some.text === all.text ? [all] : [some, all];
}

function rewordedBy(view: View, hasMore: boolean): View | undefined {
  const { text } = view;
  let splice: Splice | undefined;
  for (let at = 0; at < text.length;) {
    if (!isInWord(text.charCodeAt(at))) {
      at += 1;
      continue;
    }
    let end = at;
    while (end < text.length && isInWord(text.charCodeAt(end))) end += 1;
    const found = TURNS.at(text, { from: at, to: end }, hasMore);
    if (found !== undefined) {
      splice ??= new Splice(text);
      end += found.length;
      splice.replace(at, end, found.sense);
    }
    at = end;
  }
  const read = splice?.finish();
  return read === undefined ? undefined : { ...view, text: read.text, originalAt: (offset) => view.originalAt(read.mapBack(offset)) };
}
