// One tag, read as the tokenizer of a browser reads it (WHATWG HTML section 13.2.5), whatever stands around it: a browser that is
// in another state begins its own tag at another angle bracket, and every one of them is looked at.
import table from './tables/html.json' with { type: 'json' };
import { isUnsafeAddress } from './unsafe-address.ts';

const ELEMENTS: ReadonlySet<string> = new Set(table.elements);
const CLOSING: ReadonlySet<string> = new Set(table.closing);
const ATTRIBUTES: ReadonlySet<string> = new Set(table.attributes);
const ADDRESSES: ReadonlySet<string> = new Set(table.addresses);
/** Styles load, move and hide; a backslash or a reference hides what they say. */
const UNSAFE_STYLE =
  /(?:url|image|image-set|src|element)\s*\(|expression|@import|behavior|-moz-binding|position|transform|translate|inset|z-index|text-indent|margin[^;]*-\s*\d|[\\&]/i;
/** Handlers of HTML itself, and what the frameworks of pages run: Vue, Alpine, AngularJS, htmx. */
const HANDLER = /^(?:on.|@.|:[a-z]|v-(?:on|html|bind)\b|x-(?:on|init|data|effect|html|bind)\b|(?:data-)?(?:hx|ng)-)/;

export type TagJudgement =
  | { readonly state: 'safe' }
  /** More text could decide. */
  | { readonly state: 'open' }
  | { readonly state: 'unsafe'; readonly type: string; readonly reason: string };

const SAFE: TagJudgement = { state: 'safe' };
const OPEN: TagJudgement = { state: 'open' };
const says = (type: string, reason: string): TagJudgement => ({ state: 'unsafe', type, reason });

/** Controls and blanks that some readers take for white space and others for letters. */
// eslint-disable-next-line no-control-regex
const DISPUTED = /[\u0000-\u0008\u000b\u000e-\u001f\u00a0]/;

/**
 * `tag` begins with the angle bracket and goes as far as the text is known. Where readers differ over what is white space, a tag is
 * as unsafe as the worse of both readings: a quote opens a value in one of them and stands inside a value in the other.
 */
export function judgeTag(tag: string): TagJudgement {
  const judged = judgeAs(tag, STANDARD);
  if (judged.state === 'unsafe' || !DISPUTED.test(tag)) return judged;
  const other = judgeAs(tag, LENIENT);
  return other.state === 'safe' ? judged : other;
}

function judgeAs(tag: string, reading: Reading): TagJudgement {
  const first = tag[1];
  if (first === undefined) return OPEN;
  if (first === '!' || first === '?') return says('markup_declaration', 'a comment or declaration swallows what follows');
  const isClosing = first === '/';
  const start = isClosing ? 2 : 1;
  if (tag[start] === undefined) return OPEN;
  // Whatever else stands behind a slash begins a comment, up to the next bracket of the page.
  if (isClosing && !/[a-z>]/i.test(tag.charAt(start))) return says('markup_declaration', 'a comment or declaration swallows what follows');
  if (!/[a-z]/i.test(tag.charAt(start))) return SAFE;
  const end = endOf(tag, start, reading.nameEnd);
  const name = tag.slice(start, end).toLowerCase();
  if (end === tag.length) return OPEN;
  if (isClosing) return CLOSING.has(name) ? says('breaking_tag', 'a closing tag that ends what it was put into') : SAFE;
  if (ELEMENTS.has(name)) return says('active_element', 'an element that runs, loads or swallows');
  if (isUnsafeAddress(name)) return says('unsafe_address', 'a link that runs code');
  return judgeAttributes(tag, end, reading);
}

/** Kinds of characters, as bits. */
const BLANK = 1;
const SLASH = 2;
const END = 4;
const EQUALS = 8;
const MAYBE_BLANK = 16;

function kindOf(code: number): number {
  if (code === 0x2f) return SLASH;
  if (code === 0x3e) return END;
  if (code === 0x3d) return EQUALS;
  // WHATWG Infra section 4.6: tab, line feed, form feed, carriage return, space.
  if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0c || code === 0x0d) return BLANK;
  return code < 0x20 || code === 0xa0 ? MAYBE_BLANK : 0;
}

interface Edge {
  readonly kinds: number;
  readonly isNone?: boolean;
}

/** First place at or behind `from` whose character is one of the kinds, or is none of them. */
function endOf(text: string, from: number, { kinds, isNone = false }: Edge): number {
  let at = from;
  while (at < text.length && ((kindOf(text.charCodeAt(at)) & kinds) === 0) !== isNone) at += 1;
  return at;
}

/** Where the parts of a tag begin and end, by what counts as white space. */
const readingWith = (blank: number) => ({
  nameEnd: { kinds: blank | SLASH | END },
  attributeStart: { kinds: blank | SLASH, isNone: true },
  attributeEnd: { kinds: blank | SLASH | END | EQUALS },
  notBlank: { kinds: blank, isNone: true },
  valueEnd: { kinds: blank | END },
});

type Reading = ReturnType<typeof readingWith>;

const STANDARD: Reading = readingWith(BLANK);
/** Browsers of old, and filters that stand between. */
const LENIENT: Reading = readingWith(BLANK | MAYBE_BLANK);

interface Attribute {
  readonly name: string;
  readonly value: string;
  /** Where the next one begins. */
  readonly end: number;
  readonly isComplete: boolean;
}

function judgeAttributes(tag: string, from: number, reading: Reading): TagJudgement {
  let at = from;
  for (;;) {
    at = endOf(tag, at, reading.attributeStart);
    if (at >= tag.length) return OPEN;
    if (tag[at] === '>') return SAFE;
    const attribute = readAttribute(tag, at, reading);
    const unsafe = attribute.isComplete ? judgeAttribute(attribute) : undefined;
    if (unsafe !== undefined) return unsafe;
    if (!attribute.isComplete) return OPEN;
    at = attribute.end;
  }
}

function readAttribute(tag: string, start: number, { attributeEnd, notBlank, valueEnd }: Reading): Attribute {
  // An equals sign at the very beginning is part of the name.
  const nameEnd = endOf(tag, start + 1, attributeEnd);
  const name = tag.slice(start, nameEnd).toLowerCase();
  const equals = endOf(tag, nameEnd, notBlank);
  if (equals >= tag.length) return { name, value: '', end: equals, isComplete: false };
  if (tag[equals] !== '=') return { name, value: '', end: nameEnd, isComplete: true };
  const from = endOf(tag, equals + 1, notBlank);
  const quote = tag[from];
  if (quote === '"' || quote === "'") {
    const end = tag.indexOf(quote, from + 1);
    if (end < 0) return { name, value: '', end: tag.length, isComplete: false };
    return { name, value: tag.slice(from + 1, end), end: end + 1, isComplete: true };
  }
  const end = endOf(tag, from, valueEnd);
  return { name, value: tag.slice(from, end), end, isComplete: end < tag.length };
}

function judgeAttribute({ name, value }: Attribute): TagJudgement | undefined {
  if (HANDLER.test(name)) return says('event_handler', 'an attribute that runs code');
  if (ATTRIBUTES.has(name)) return says('active_attribute', 'an attribute that sends or loads');
  if (name === 'style' && UNSAFE_STYLE.test(value)) return says('active_style', 'a style that loads, hides or moves');
  if (!ADDRESSES.has(name)) return undefined;
  const addresses = name === 'srcset' ? value.split(',') : [value];
  return addresses.some(isUnsafeAddress) ? says('unsafe_address', 'an address that runs code or is a document of its own') : undefined;
}
