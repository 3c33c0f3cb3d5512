// Tensors and rounding by themselves: whatever is sent is values, or a place and a reason.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../core/types.ts';
import { roundTo } from './prediction.ts';
import { readData, readShape } from './tensor.ts';

describe('tensors', () => {
  const spec = { name: 'x', datatype: 'FP64', shape: [-1, -1, -1] } as const;
  it('flat and nested data are the same values', () => {
    fc.assert(
      fc.property(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), (sizes) => {
        const [a, b, c] = sizes;
        const at = (i: number, j: number, k: number): number => (i * b + j) * c + k;
        const list = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
        const nested = list(a, (i) => list(b, (j) => list(c, (k) => at(i, j, k))));
        const flat = list(a * b * c, (index) => index);
        expect(readData(spec, sizes, nested)).toEqual(flat);
        expect(readData(spec, sizes, flat)).toEqual(flat);
      }),
    );
  });

  it('anything else than data is a place and a reason, never an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (shape, data) => {
        const sizes = readShape(spec, shape as Json);
        const read = Array.isArray(sizes) ? readData(spec, sizes, data as Json) : sizes;
        if (!Array.isArray(read)) expect(read).toMatchObject({ pointer: expect.any(String), what: expect.any(String) });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [0.125, 2, 0.13],
    [1.005, 2, 1.01],
    [-0.125, 2, -0.13],
    [-0.001, 2, 0],
    [0.999, 0, 1],
    [1e300, 2, 1e300],
  ])('%d rounded to %d decimals is %d', (value, decimals, expected) => {
    expect(Object.is(roundTo(value, decimals), expected)).toBe(true);
  });

  it('rounding moves a value by half a step at most, and rounding again changes nothing', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 6 }), (value, decimals) => {
        const rounded = roundTo(value, decimals);
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(0.5 / 10 ** decimals + 1e-9);
        expect(roundTo(rounded, decimals)).toBe(rounded);
      }),
    );
  });
});
