// JSON can spell any letter as an escape (RFC 8259 section 7), so a key written "\u0041KIA…" is one only for whoever parses it.
// Tool arguments are parsed by the caller's program: here they are read as it will read them.
import type { Json } from '../core/types.ts';

/** Escapes of printable ASCII, which no serialiser needs, and of what is not drawn, which hides a value as well in this spelling. */
const NEEDLESS =
  /\\u(?:00[2-7][0-9a-f]|00ad|034f|061c|115f|1160|17b[45]|180[b-f]|200[b-f]|202[a-e]|206[0-9a-f]|3164|fe0[0-9a-f]|feff|ffa0|db40)|\\\//i;
/** The longest of them, less one: what two pieces of a stream can split. */
const NEEDLESS_UNITS = 5;
const KEPT_UNITS_MAX = 262_144;

/** The same JSON with no letter spelled as an escape; the text itself where there is none, or where it is not JSON. */
export function withoutNeedlessEscapes(text: string): string {
  if (!NEEDLESS.test(text)) return text;
  const parsed = parse(text);
  return parsed === undefined ? text : JSON.stringify(parsed);
}

/** Follows one channel, and gives at its end the strings that only a parser sees. */
export class EscapeWatch {
  #text = '';
  #isJson: boolean | undefined;
  #hasNeedless = false;
  #isTooLong = false;

  push(released: string): void {
    if (released === '') return;
    this.#isJson ??= beginsJson(released);
    if (this.#isJson !== true) return;
    this.#hasNeedless ||= NEEDLESS.test(this.#text.slice(-NEEDLESS_UNITS) + released);
    if (this.#text.length + released.length > KEPT_UNITS_MAX) this.#isTooLong = true;
    else this.#text += released;
  }

  /** Strings that are not spelled as they read, with line ends, quotes or accents as escapes; `unknown` as for `hidden`. */
  escaped(): readonly string[] | 'unknown' {
    if (this.#isJson !== true || (!this.#isTooLong && !this.#text.includes('\\'))) return [];
    if (this.#isTooLong) return 'unknown';
    const parsed = parse(this.#text);
    return parsed === undefined ? [] : stringsOf(parsed).filter((string) => !this.#text.includes(`"${string}"`));
  }

  /** Strings to be judged; `unknown` when there is something to judge and it was too long to keep. */
  hidden(): readonly string[] | 'unknown' {
    if (!this.#hasNeedless) return [];
    if (this.#isTooLong) return 'unknown';
    const parsed = parse(this.#text);
    return parsed === undefined ? [] : stringsOf(parsed);
  }
}

/** Undefined while there is nothing but white space. */
function beginsJson(text: string): boolean | undefined {
  const first = /\S/.exec(text)?.[0];
  return first === undefined ? undefined : '[{"'.includes(first);
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON, so nobody will parse it, and what it says was judged as it stands.
    return undefined;
  }
}

/** Whether a text of which this is the beginning is an object or a list. */
export const beginsStructure = (text: string): boolean | undefined => {
  const first = /\S/.exec(text)?.[0];
  return first === undefined ? undefined : first === '{' || first === '[';
};

function stringsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const members = Array.isArray(value) ? value : Object.entries(value).flat();
  return members.flatMap(stringsOf);
}
