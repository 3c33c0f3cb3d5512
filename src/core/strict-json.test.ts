// The strict reader agrees with JSON.parse on everything it accepts, and refuses what two readers could read differently.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrictJson, pointerTo } from './strict-json.ts';

const LIMITS = { depthMax: 8, nodesMax: 1000 };

const refusal = (text: string) => {
  const result = parseStrictJson(text, LIMITS);
  return result.ok ? 'accepted' : `${result.code} ${result.pointer}`;
};

describe('strict JSON', () => {
  it.each([
    ['{"a":1,"a":2}', 'duplicate_key /a'],
    ['{"m":[{"x":1},{"r":1,"\\u0072":2}]}', 'duplicate_key /m/1/r'],
    ['{"a":{"b":":\\":","b":0}}', 'duplicate_key /a/b'],
    ['{"a/b":{"~":1e400}}', 'number_out_of_range /a~1b/~0'],
    ['{"seed":9007199254740993}', 'number_out_of_range /seed'],
    ['{"t":["ok","\\ud800"]}', 'lone_surrogate /t/1'],
    ['[[[[[[[[[1]]]]]]]]]', 'nesting_too_deep '],
    ['{"a":', 'malformed_json '],
    ['{"a":1}x', 'malformed_json '],
    ['', 'malformed_json '],
    [`[${'1,'.repeat(1000)}1]`, 'too_many_values /999'],
  ])('refuses %s', (text, expected) => {
    expect(refusal(text)).toBe(expected);
  });

  it('accepts the last allowed depth and keeps __proto__ an ordinary member', () => {
    expect(refusal('[[[[[[[[1]]]]]]]]')).toBe('accepted');
    const result = parseStrictJson('{"__proto__":{"x":1}}', LIMITS);
    expect(result.ok && JSON.stringify(result.value)).toBe('{"__proto__":{"x":1}}');
  });

  it('agrees with JSON.parse on every JSON document', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const result = parseStrictJson(text, { depthMax: 64, nodesMax: 1e6 });
        if (result.ok) expect(result.value).toEqual(JSON.parse(text));
        else expect(['number_out_of_range', 'lone_surrogate', 'duplicate_key']).toContain(result.code);
      }),
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseStrictJson(text, LIMITS)));
  });

  it('escapes reference tokens as RFC 6901 says', () => {
    expect(pointerTo('/a', 'm~n/o')).toBe('/a/m~0n~1o');
  });
});
