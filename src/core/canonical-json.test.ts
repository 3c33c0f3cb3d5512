// One spelling for every value, whatever order its members came in.
import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CANONICAL_DEPTH_MAX, canonicalJson } from './canonical-json.ts';
import type { Json } from './types.ts';

const json = jsonValue({ maxDepth: 5 }).map((value) => value as Json);

/** The same value with every object's members put in another order. */
function shuffled(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(shuffled);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, member]) => [key, shuffled(member)] as const)
      .toReversed(),
  );
}

function nested(levels: number): Json {
  let value: Json = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe('canonical JSON', () => {
  it('reads back as the value that was written', () => {
    assert(
      property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('does not depend on the order of members', () => {
    assert(
      property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('is a fixed point: what was read from it is written the same', () => {
    assert(
      property(json, (value) => {
        expect(canonicalJson(JSON.parse(canonicalJson(value)) as Json)).toBe(canonicalJson(value));
      }),
    );
  });

  const check = (input: Json, expected: string) => expect(canonicalJson(input)).toBe(expected);
  it('sorts keys by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
    check(
      { '\ufb33': 'd', '\u{1f600}': 's', '€': 'e', '\r': 'r', 1: 'o', ö: 'l', '\u0080': 'c' },
      '{"\\r":"r","1":"o","\u0080":"c","ö":"l","€":"e","\u{1f600}":"s","\ufb33":"d"}',
    );
  });
  it('sorts keys that look like numbers as texts', () => check({ 9: 1, 10: 2 }, '{"10":2,"9":1}'));
  it('keeps a member that is called __proto__', () => {
    const odd = JSON.parse('{"b":1,"__proto__":{"z":1,"a":2},"A":3}') as Json;
    check(odd, '{"A":3,"__proto__":{"a":2,"z":1},"b":1}');
    check({ z: [odd], a: 1 }, '{"a":1,"z":[{"A":3,"__proto__":{"a":2,"z":1},"b":1}]}');
  });
  it('sorts objects of any size', () => {
    const keys = Array.from({ length: 100 }, (_, n) => `k${(n * 37) % 100}`);
    for (const count of [1, 2, 31, 32, 33, 100]) {
      const some = keys.slice(0, count);
      const expected = some.toSorted((a, b) => (a < b ? -1 : 1)).map((key) => `"${key}":1`);
      check(Object.fromEntries(some.map((key) => [key, 1])), `{${expected.join(',')}}`);
    }
  });
  it('writes numbers as ECMAScript does (RFC 8785 section 3.2.2.3)', () => {
    check([333_333_333.333_333_3, 1e30, 4.5, 2e-3, 1e-27, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
  });
  it('writes a lone surrogate as its escape', () => check({ b: '\ud800', a: 1 }, '{"a":1,"b":"\\ud800"}'));
  it('leaves out members without a value, whatever the order', () => {
    check({ a: 1, b: undefined } as unknown as Json, '{"a":1}');
    check({ b: undefined, a: 1 } as unknown as Json, '{"a":1}');
  });
  it.each([Number.NaN, Infinity, -Infinity])('refuses %s, in order or not', (value) => {
    expect(() => canonicalJson([value])).toThrow(TypeError);
    expect(() => canonicalJson({ b: 1, a: value })).toThrow(TypeError);
  });
  it('writes the deepest value that it accepts and refuses the next', () => {
    expect(canonicalJson(nested(CANONICAL_DEPTH_MAX))).toContain('1');
    expect(() => canonicalJson(nested(CANONICAL_DEPTH_MAX + 1))).toThrow(RangeError);
  });
});
