// One tag, read as the tokenizer of a browser reads it (WHATWG HTML section 13.2.5), whatever stands around it: a browser that is
// in another state begins its own tag at another angle bracket, and every one of them is looked at.
import table from './tables/html.json' with { type: 'json' };
import { isUnsafeAddress } from './unsafe-address.ts';

const ELEMENTS: ReadonlySet<string> = new Set(table.elements);
const CLOSING: ReadonlySet<string> = new Set(table.closing);
const ATTRIBUTES: ReadonlySet<string> = new Set(table.attributes);
const ADDRESSES: ReadonlySet<string> = new Set(table.addresses);
/** Styles load, move and hide; a backslash or a reference hides what they say. */
const UNSAFE_STYLE = /url\s*\(|expression|@import|behavior|-moz-binding|position|[\\&]|image\s*\(|element\s*\(/i;

export type TagJudgement =
  | { readonly state: 'safe' }
  /** More text could decide. */
  | { readonly state: 'open'; readonly hasAttributes: boolean }
  | { readonly state: 'unsafe'; readonly type: string; readonly reason: string };

const SAFE: TagJudgement = { state: 'safe' };
const open = (hasAttributes = false): TagJudgement => ({ state: 'open', hasAttributes });
const says = (type: string, reason: string): TagJudgement => ({ state: 'unsafe', type, reason });

/** `tag` begins with the angle bracket and goes as far as the text is known. */
export function judgeTag(tag: string): TagJudgement {
  const first = tag[1];
  if (first === undefined) return open();
  if (first === '!' || first === '?') return says('markup_declaration', 'a comment or declaration swallows what follows');
  const isClosing = first === '/';
  const start = isClosing ? 2 : 1;
  if (tag[start] === undefined) return open();
  if (!/[a-z]/i.test(tag.charAt(start))) return SAFE;
  const end = endOf(tag, start, NAME_END);
  const name = tag.slice(start, end).toLowerCase();
  if (end === tag.length) return open();
  if (isClosing) return CLOSING.has(name) ? says('breaking_tag', 'a closing tag that ends what it was put into') : SAFE;
  if (ELEMENTS.has(name)) return says('active_element', 'an element that runs, loads or swallows');
  if (isUnsafeAddress(name)) return says('unsafe_address', 'a link that runs code');
  return judgeAttributes(tag, end);
}

/** Kinds of characters, as bits. */
const BLANK = 1;
const SLASH = 2;
const END = 4;
const EQUALS = 8;

function kindOf(code: number): number {
  if (code === 0x2f) return SLASH;
  if (code === 0x3e) return END;
  if (code === 0x3d) return EQUALS;
  // What JavaScript and HTML call white space, and other control characters, which browsers of old took for it.
  return code <= 0x20 || code === 0xa0 ? BLANK : 0;
}

/** First place at or behind `from` whose character is one of the kinds, or is none of them. */
function endOf(text: string, from: number, { kinds, isNone = false }: { readonly kinds: number; readonly isNone?: boolean }): number {
  let at = from;
  while (at < text.length && ((kindOf(text.charCodeAt(at)) & kinds) === 0) !== isNone) at += 1;
  return at;
}

const NAME_END = { kinds: BLANK | SLASH | END };
const ATTRIBUTE_START = { kinds: BLANK | SLASH, isNone: true };
const ATTRIBUTE_END = { kinds: BLANK | SLASH | END | EQUALS };
const NOT_BLANK = { kinds: BLANK, isNone: true };
const VALUE_END = { kinds: BLANK | END };

interface Attribute {
  readonly name: string;
  readonly value: string;
  /** Where the next one begins. */
  readonly end: number;
  readonly isComplete: boolean;
}

function judgeAttributes(tag: string, from: number): TagJudgement {
  let at = from;
  let hasAttributes = false;
  for (;;) {
    at = endOf(tag, at, ATTRIBUTE_START);
    if (at >= tag.length) return open(hasAttributes);
    if (tag[at] === '>') return SAFE;
    hasAttributes = true;
    const attribute = readAttribute(tag, at);
    const unsafe = attribute.isComplete ? judgeAttribute(attribute) : undefined;
    if (unsafe !== undefined) return unsafe;
    if (!attribute.isComplete) return open(true);
    at = attribute.end;
  }
}

function readAttribute(tag: string, start: number): Attribute {
  // An equals sign at the very beginning is part of the name.
  const nameEnd = endOf(tag, start + 1, ATTRIBUTE_END);
  const name = tag.slice(start, nameEnd).toLowerCase();
  const equals = endOf(tag, nameEnd, NOT_BLANK);
  if (equals >= tag.length) return { name, value: '', end: equals, isComplete: false };
  if (tag[equals] !== '=') return { name, value: '', end: nameEnd, isComplete: true };
  const from = endOf(tag, equals + 1, NOT_BLANK);
  const quote = tag[from];
  if (quote === '"' || quote === "'") {
    const end = tag.indexOf(quote, from + 1);
    if (end < 0) return { name, value: '', end: tag.length, isComplete: false };
    return { name, value: tag.slice(from + 1, end), end: end + 1, isComplete: true };
  }
  const end = endOf(tag, from, VALUE_END);
  return { name, value: tag.slice(from, end), end, isComplete: end < tag.length };
}

function judgeAttribute({ name, value }: Attribute): TagJudgement | undefined {
  if (/^on./.test(name)) return says('event_handler', 'an attribute that runs code');
  if (ATTRIBUTES.has(name)) return says('active_attribute', 'an attribute that sends or loads');
  if (name === 'style' && UNSAFE_STYLE.test(value)) return says('active_style', 'a style that loads, hides or moves');
  if (!ADDRESSES.has(name)) return undefined;
  const addresses = name === 'srcset' ? value.split(',') : [value];
  return addresses.some(isUnsafeAddress) ? says('unsafe_address', 'an address that runs code or is a document of its own') : undefined;
}
