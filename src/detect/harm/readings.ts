// What a text may also say: decoded, spelled out, turned round, put right where it was misspelt. Each is judged for harm as the text itself is.
import type { View } from '../detector.ts';
import { viewsOf } from '../normalise/views.ts';

/** Longer texts have names and slips enough to be read as anything. */
const MISSPELT_UNITS_MAX = 400;
/** Who hides words behind slips makes many. */
const ODD_SHARE = 1 / 4;
/** These only undo what every page does. */
const PLAIN: ReadonlySet<string> = new Set(['html', 'url']);

/** Whether it is another text than the original, and was hidden rather than typed in a hurry. */
function isHidden({ layers, disguised = 0, oddAt = [], text }: View): boolean {
  const names = layers.filter((name) => !PLAIN.has(name));
  if (names.length === 0) return disguised > 0;
  if (names.some((name) => name !== 'misspelt')) return true;
  return text.length <= MISSPELT_UNITS_MAX && oddAt.length >= text.split(' ').length * ODD_SHARE;
}

/** The text itself, then its other readings, each once. */
export function readingsOf(text: string): readonly string[] {
  const others = viewsOf(text).views.filter(isHidden);
  return others.length === 0 ? [text] : [text, ...new Set(others.map((view) => view.text))];
}
