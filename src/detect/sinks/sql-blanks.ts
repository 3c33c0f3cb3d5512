// What databases skip between words: blanks and comments. They are taken out by hand and once for each look, so that no pattern has to
// find its way through them: a flood of comments that are never closed costs no more than its length.

export interface Squeezed {
  /** Each run of blanks is one unit: `\t` with a comment in it, ` ` without. */
  readonly text: string;
  /** Where each unit of `text` ends in what was given. */
  readonly ends: readonly number[];
  /** What ends the comment in which the text stops; empty where it stops in none. */
  readonly awaits: '' | '*/' | '\n';
}

const STAR = '*'.charCodeAt(0);
const BANG = '!'.charCodeAt(0);
const DASH = '-'.charCodeAt(0);
const SLASH = '/'.charCodeAt(0);
const HASH = '#'.charCodeAt(0);
/** MariaDB runs what stands in a comment of this kind, and MySQL behind `!`. */
const M = 'M'.charCodeAt(0);

/** What ECMAScript calls white space: more than any one database does. */
const isBlank = (code: number): boolean =>
  code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0xa0 && /\s/.test(String.fromCharCode(code)));

/** A comment that does not end goes on to the end. */
export function squeezed(given: string): Squeezed {
  const ends: number[] = [];
  let text = '';
  let lastComment = -1;
  for (let at = 0; at < given.length;) {
    let hasComment = false;
    let end = at;
    for (;;) {
      if (end < given.length && isBlank(given.charCodeAt(end))) {
        end += 1;
        continue;
      }
      const after = endOfComment(given, end);
      if (after === end) break;
      hasComment = true;
      lastComment = end;
      end = after;
    }
    if (end > at) text += hasComment ? '\t' : ' ';
    else text += given.charAt(end++);
    ends.push(end);
    at = end;
  }
  return { text, ends, awaits: awaited(given, lastComment) };
}

/** What the last comment waits for, if it goes on to the end of what was given. */
function awaited(given: string, from: number): Squeezed['awaits'] {
  if (from < 0) return '';
  // What comes right behind the mark says whether it is a comment at all.
  if (given.charCodeAt(from) === SLASH) return from + 2 >= given.length || given.includes('*/', from + 2) ? '' : '*/';
  return given.includes('\n', from) ? '' : '\n';
}

/** The end of the comment that begins here; the same place where none does. */
function endOfComment(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === HASH || (code === DASH && text.charCodeAt(at + 1) === DASH)) return endBehind(text, '\n', at + 1);
  if (code !== SLASH || text.charCodeAt(at + 1) !== STAR) return at;
  const next = text.charCodeAt(at + 2);
  return next === BANG || next === M ? at : endBehind(text, '*/', at + 2);
}

function endBehind(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + mark.length;
}
