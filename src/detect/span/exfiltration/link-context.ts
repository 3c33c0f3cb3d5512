// What a URL stands in: something that is fetched at once, something that is clicked, or nothing.
import type { SpanView } from '../../detector.ts';
import { kindAt, LETTER, URL_UNIT, WORD } from '../chars.ts';

export type LinkContext = 'resource' | 'link' | 'none';

/** Furthest way from a URL to the beginning of what it stands in. */
const WAY_UNITS = 250;

/** Attributes of HTML that are fetched without a click, and the function of CSS. */
const FETCHED = /(?:\b(?:src|srcset|background|poster|data|action|formaction)\s{0,3}=\s{0,3}["'\\]{0,2}|\burl\(\s{0,3}["']?)$/i;
const LINKED = /(?:\bhref\s{0,3}=\s{0,3}["'\\]{0,2}|<|\]:\s{0,3}<?|["'=])$/i;
const RESOURCE_TAG = /<(?:link|base|meta|iframe|embed|object|form)\b[^<>]{0,160}$/i;

/** Judges by what stands before the two slashes at `at`. */
export function contextOf(view: SpanView, at: number): LinkContext {
  const { text } = view;
  const hasScheme = text[at - 1] === ':' && (kindAt(text, at - 2) & LETTER) !== 0;
  const start = hasScheme ? schemeStart(view, at - 1) : at;
  const before = text.slice(Math.max(view.floor, start - WAY_UNITS), start);
  const last = before.slice(-1);
  if (isInsideUrl(view, start)) return 'none';
  if (last === ' ' || last === '\n' || last === '') return hasScheme ? 'link' : 'none';
  if (before.endsWith('](') || before.endsWith('](<')) return isImage(before) ? 'resource' : 'link';
  if (FETCHED.test(before.slice(-24)) || (before.endsWith('=') && RESOURCE_TAG.test(before))) return 'resource';
  if (LINKED.test(before.slice(-16))) return RESOURCE_TAG.test(before) ? 'resource' : 'link';
  return hasScheme ? 'link' : 'none';
}

/** Inside another URL: that one is judged with all that it carries. */
function isInsideUrl(view: SpanView, start: number): boolean {
  const limit = Math.max(view.floor, start - WAY_UNITS);
  for (let at = start - 1; at > limit && (kindAt(view.text, at) & URL_UNIT) !== 0; at -= 1) {
    const unit = view.text[at];
    if (unit === '(' || unit === ')' || unit === '[' || unit === ']') return false;
    if (unit === '/' && view.text[at - 1] === '/' && view.text[at - 2] === ':') return true;
  }
  return false;
}

function schemeStart(view: SpanView, colon: number): number {
  let start = colon;
  while (start > view.floor && start > colon - 12 && (kindAt(view.text, start - 1) & WORD) !== 0) start -= 1;
  return start;
}

/** Whether the brackets before a link destination have an exclamation mark in front. Brackets may nest. */
function isImage(before: string): boolean {
  let depth = 0;
  for (let at = before.lastIndexOf(']'); at >= 0; at -= 1) {
    if (before[at] === ']') depth += 1;
    if (before[at] === '[' && --depth === 0) return before[at - 1] === '!';
  }
  // The text of the link is longer than what is known of it: taken for the graver of the two.
  return true;
}
