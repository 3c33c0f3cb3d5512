// JSON that has one spelling (RFC 8785, JSON Canonicalization Scheme), so that equal values have equal digests.
import type { Json, JsonArray, JsonObject } from './types.ts';

/** Deepest nesting that is written; a deeper value is a bug of the caller, or a loop. */
export const CANONICAL_DEPTH_MAX = 64;

/**
 * Writes a value as canonical JSON. Members whose value is `undefined` are left out, as `JSON.stringify` does.
 * A lone surrogate, which RFC 8785 section 3.2.2.2 leaves to the implementation, is written as its `\udxxx` escape:
 * an attacker's broken text must not be able to stop the record of the attack.
 * Throws TypeError for a number that JSON cannot say, and RangeError for a value nested too deeply.
 */
export function canonicalJson(value: Json): string {
  // The engine's own writer is several times faster than anything written here, and for a value whose keys already
  // stand in order it gives exactly the canonical spelling (RFC 8785 sections 3.2.2.2 and 3.2.2.3 are ECMAScript's own).
  if (isInOrder(value, 0)) return JSON.stringify(value);
  const ordered = toOrdered(value, 0);
  return ordered === undefined ? write(value, 0) : JSON.stringify(ordered);
}

function isInOrder(value: Json | undefined, depth: number): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'number') return assertFinite(value);
  if (typeof value !== 'object') return true;
  assertDepth(depth);
  return Array.isArray(value) ? isArrayInOrder(value, depth) : isObjectInOrder(value, depth);
}

function isArrayInOrder(value: JsonArray, depth: number): boolean {
  for (const item of value) if (!isInOrder(item, depth + 1)) return false;
  return true;
}

function isObjectInOrder(value: JsonObject, depth: number): boolean {
  let before: string | undefined;
  for (const key of Object.keys(value)) {
    // RFC 8785 section 3.2.3: by UTF-16 code units, which is what `<` compares.
    if (before !== undefined && key < before) return false;
    before = key;
    if (!isInOrder(value[key], depth + 1)) return false;
  }
  return true;
}

/** A copy whose keys stand in order; undefined when an object cannot hold its keys in that order. */
function toOrdered(value: Json, depth: number): Json | undefined {
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number') assertFinite(value);
    return value;
  }
  assertDepth(depth);
  return Array.isArray(value) ? toOrderedArray(value, depth) : toOrderedObject(value, depth);
}

function toOrderedArray(value: JsonArray, depth: number): Json | undefined {
  const ordered: JsonArray = [];
  for (const item of value) {
    const one = toOrdered(item, depth + 1);
    if (one === undefined) return undefined;
    ordered.push(one);
  }
  return ordered;
}

function toOrderedObject(value: JsonObject, depth: number): Json | undefined {
  const ordered: JsonObject = {};
  for (const key of sorted(Object.keys(value))) {
    // Objects list keys that are numbers first, and take `__proto__` for something else.
    if (isDigit(key.charCodeAt(0)) || key === '__proto__') return undefined;
    const member: Json | undefined = value[key];
    if (member === undefined) continue;
    const one = toOrdered(member, depth + 1);
    if (one === undefined) return undefined;
    ordered[key] = one;
  }
  return ordered;
}

const isDigit = (unit: number): boolean => unit >= 0x30 && unit <= 0x39;

/** Sorts in place. Insertion beats the library on the handful of keys that events have. */
function sorted(keys: string[]): string[] {
  if (keys.length > 32) return keys.sort(byCodeUnits);
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] ?? '';
    let to = at;
    for (let before = keys[to - 1]; before !== undefined && before > key; before = keys[to - 1]) keys[to--] = before;
    keys[to] = key;
  }
  return keys;
}

function write(value: Json, depth: number): string {
  if (value === null || typeof value !== 'object') {
    if (typeof value === 'number') assertFinite(value);
    return JSON.stringify(value);
  }
  assertDepth(depth);
  return Array.isArray(value) ? `[${value.map((item) => write(item, depth + 1)).join(',')}]` : writeObject(value, depth);
}

function writeObject(value: JsonObject, depth: number): string {
  const members: string[] = [];
  for (const key of Object.keys(value).toSorted(byCodeUnits)) {
    const member: Json | undefined = value[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${write(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}

const byCodeUnits = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

function assertFinite(value: number): true {
  if (!Number.isFinite(value)) throw new TypeError('JSON has no spelling for this number');
  return true;
}

function assertDepth(depth: number): void {
  if (depth >= CANONICAL_DEPTH_MAX) throw new RangeError(`JSON nested deeper than ${CANONICAL_DEPTH_MAX} levels`);
}
