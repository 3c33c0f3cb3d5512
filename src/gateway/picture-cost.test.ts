// What pictures cost at most, against the examples that providers publish and the dearest of their models.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pictureTokens, withPictures } from './picture-cost.ts';

const tiles = (count: number): number => 2_833 + 5_667 * count;

describe('a picture at most costs', () => {
  it.each([
    ['one tile, however small', 16, 16, tiles(1)],
    ['four tiles of 512 pixels once its shorter side is 768', 1_024, 1_024, tiles(4)],
    ['six where it is shrunk to 768 by 1536', 2_048, 4_096, Math.max(tiles(6), Math.ceil(64 * 128 * 2.46))],
    ['four in a row', 2_048, 300, tiles(4)],
    ['eight and no more, or its patches where they are dearer', 6_000, 2_000, Math.max(tiles(8), Math.ceil(188 * 63 * 2.46))],
  ])('%s (%i by %i)', (_, width, height, tokens) => {
    expect(pictureTokens({ width, height }, 'openai')).toBe(tokens);
    expect(pictureTokens({ width: height, height: width }, 'openai-compatible')).toBe(tokens);
  });

  it.each([
    [200, 200, 64],
    [1_000, 1_000, 1_334],
    [1_092, 1_092, 1_590],
    [4_000, 4_000, 4_784],
  ])('at Anthropic’s, %i by %i: %i', (width, height, tokens) => {
    expect(pictureTokens({ width, height }, 'anthropic')).toBe(tokens);
  });

  it('what all pictures cost at most, where nobody knows its size', () => {
    expect(pictureTokens(undefined, 'anthropic')).toBe(4_784);
    expect(pictureTokens(undefined, 'openai')).toBe(tiles(8));
  });

  it('never less than in the models whose way of counting is known', () => {
    const side = fc.integer({ min: 1, max: 6_000 });
    fc.assert(
      fc.property(side, side, (width, height) => {
        const bound = pictureTokens({ width, height }, 'openai-compatible');
        const scale = Math.min(1, 2_048 / Math.max(width, height), 768 / Math.min(width, height));
        const gpt4o = 85 + 170 * Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
        const patches = Math.ceil(width / 32) * Math.ceil(height / 32);
        expect(bound).toBeGreaterThanOrEqual(gpt4o);
        expect(bound).toBeGreaterThanOrEqual(Math.min(1_536, patches) * 2.46);
        expect(bound).toBeGreaterThanOrEqual(patches * 1.2);
        expect(bound).toBeGreaterThanOrEqual(Math.floor((width * height) / 784));
      }),
    );
  });
});

describe('the demand of a body', () => {
  const demand = { outputTokensMax: 9, choices: 1 };
  const way = { bodyBytes: 100_500, kind: 'anthropic' } as const;

  it('counts the rest by its bytes, and each picture by its size', () => {
    const load = { bytes: 100_000, sizes: [{ width: 1_000, height: 1_000 }, undefined] };
    expect(withPictures(demand, load, way)).toEqual({ ...demand, inputTokens: 500 + 128 + 1_334 + 128 + 4_784 });
  });

  it('is left as it is without pictures', () => {
    expect(withPictures(demand, { bytes: 0, sizes: [] }, way)).toBe(demand);
  });
});
