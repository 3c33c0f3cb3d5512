// JSON as RFC 8259 section 4 wishes it were always written: one meaning per text, or a clear refusal.
// A gateway that reads `{"role":"user","role":"system"}` one way while the upstream reads it the other judges a different request.
import type { Json } from './types.ts';

export interface JsonLimits {
  readonly depthMax: number;
  /** Most members and elements over the whole text. */
  readonly nodesMax: number;
}

export type JsonRefusal =
  | 'malformed_json'
  | 'duplicate_key'
  | 'nesting_too_deep'
  | 'too_many_values'
  | 'number_out_of_range'
  | 'lone_surrogate';

export type StrictJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: JsonRefusal; readonly pointer: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Parses `text` (already decoded UTF-8). Linear in its length; never throws. */
export function parseStrictJson(text: string, limits: JsonLimits): StrictJson {
  const outline = outlineOf(text, limits.depthMax);
  if (outline.tooDeep) return { ok: false, code: 'nesting_too_deep', pointer: '' };
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return { ok: false, code: 'malformed_json', pointer: '' };
  }
  const walk: Walk = { keys: 0, nodes: 0, nodesMax: limits.nodesMax };
  const refusal = inspectTree(value, '', walk);
  if (refusal !== undefined) return refusal;
  // `JSON.parse` silently keeps the last of two equal keys: then the text has more colons than the tree has members.
  if (walk.keys !== outline.colons) return { ok: false, code: 'duplicate_key', pointer: duplicatePointer(text) };
  return { ok: true, value };
}

function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}

/** Appends one reference token to a JSON pointer (RFC 6901 section 3). */
export function pointerTo(parent: string, token: string | number): string {
  if (typeof token === 'number') return `${parent}/${token}`;
  return `${parent}/${token.includes('~') || token.includes('/') ? token.replaceAll('~', '~0').replaceAll('/', '~1') : token}`;
}

/** Index just past the closing quote of the string that opens at `at`. */
function afterString(text: string, at: number): number {
  let end = at;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

/** Counts colons and depth outside strings, without building anything. */
function outlineOf(text: string, depthMax: number): { readonly colons: number; readonly tooDeep: boolean } {
  let colons = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = afterString(text, i) - 1;
    else if (code === COLON) colons++;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > depthMax) return { colons, tooDeep: true };
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return { colons, tooDeep: false };
}

interface Walk {
  keys: number;
  nodes: number;
  readonly nodesMax: number;
}

function inspectTree(value: Json, pointer: string, walk: Walk): Extract<StrictJson, { ok: false }> | undefined {
  if (++walk.nodes > walk.nodesMax) return { ok: false, code: 'too_many_values', pointer };
  if (typeof value === 'string') return value.isWellFormed() ? undefined : { ok: false, code: 'lone_surrogate', pointer };
  if (typeof value === 'number') return isExact(value) ? undefined : { ok: false, code: 'number_out_of_range', pointer };
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const refusal = inspectTree(value[i] ?? null, pointer, walk);
      if (refusal !== undefined) return { ...refusal, pointer: pointerTo(pointer, i) + refusal.pointer.slice(pointer.length) };
    }
    return undefined;
  }
  return inspectMembers(value, pointer, walk);
}

function inspectMembers(value: Readonly<Record<string, Json>>, pointer: string, walk: Walk) {
  for (const key of Object.keys(value)) {
    walk.keys++;
    if (!key.isWellFormed()) return { ok: false, code: 'lone_surrogate', pointer } as const;
    const refusal = inspectTree(value[key] ?? null, pointer, walk);
    if (refusal !== undefined) return { ...refusal, pointer: pointerTo(pointer, key) + refusal.pointer.slice(pointer.length) };
  }
  return undefined;
}

/** A number that would change on its way to the upstream (1e400, or an integer above 2^53) was not what the caller sent. */
const isExact = (value: number): boolean =>
  Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21);

interface Frame {
  readonly pointer: string;
  readonly keys: Set<string>;
  lastKey: string;
  index: number;
}

/** Finds the member that is there twice. Runs only on the way to a refusal. */
function duplicatePointer(text: string): string {
  const stack: Frame[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const top = stack.at(-1);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) stack.push({ pointer: pointerInside(top), keys: new Set(), lastKey: '', index: 0 });
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) stack.pop();
    else if (code === COMMA && top !== undefined) top.index++;
    else if (code === QUOTE) {
      const end = afterString(text, i);
      if (top !== undefined && /^\s*:/.test(text.slice(end, end + 64))) {
        top.lastKey = String(parseJson(text.slice(i, end)));
        if (top.keys.has(top.lastKey)) return pointerTo(top.pointer, top.lastKey);
        top.keys.add(top.lastKey);
      }
      i = end - 1;
    }
  }
  return '';
}

function pointerInside(parent: Frame | undefined): string {
  if (parent === undefined) return '';
  return pointerTo(parent.pointer, parent.keys.size > 0 ? parent.lastKey : parent.index);
}
