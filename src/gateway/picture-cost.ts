// What a picture costs at most, in tokens. Its bytes say nothing of that: a flat photograph of half a megabyte and a noisy icon of two
// hundred bytes may cost the same. So pictures are taken out of the count of bytes, and counted by their size.
import type { ImageSize } from '../lens/images/image-door.ts';
import type { Upstream } from './routes.ts';
import type { Demand } from './wire/format.ts';

/** The pictures in a body. */
export interface PictureLoad {
  /** What they take of the body, with the members around them. */
  readonly bytes: number;
  /** Undefined for a picture that passes unseen. */
  readonly sizes: readonly (ImageSize | undefined)[];
}

/** Anthropic: patches of 28 pixels, 750 pixels a token before, at most 4784: https://platform.claude.com/docs/en/build-with-claude/vision */
const CLAUDE = { patch: 28, pixelsPerToken: 750, most: 4_784 } as const;

/**
 * OpenAI, in the dearest of its models: https://platform.openai.com/docs/guides/images-vision#calculating-costs. Tiles of 512 pixels
 * (gpt-4o-mini), once the picture is shrunk to 2048 by 2048 and its shorter side to 768; patches of 32 pixels, 2.46 tokens each
 * (gpt-4.1-nano), which newer models take without shrinking. Servers for open models stay below (Qwen-VL: patches of 28 pixels).
 */
const TILES = { side: 512, longest: 2_048, shortest: 768, base: 2_833, each: 5_667, most: 8 } as const;
const PATCHES = { side: 32, each: 2.46 } as const;

/** For a picture whose size nobody knows: all tiles that there can be. */
const UNSEEN = TILES.base + TILES.most * TILES.each;

/** Type, detail and brackets of one picture: they are text as well. */
const AROUND = 128;

export function pictureTokens(size: ImageSize | undefined, kind: Upstream['kind']): number {
  if (kind === 'anthropic') return size === undefined ? CLAUDE.most : claudeTokens(size);
  return size === undefined ? UNSEEN : Math.max(tileTokens(size), Math.ceil(piecesOf(size, PATCHES.side) * PATCHES.each));
}

const piecesOf = ({ width, height }: ImageSize, side: number): number => Math.ceil(width / side) * Math.ceil(height / side);

const claudeTokens = (size: ImageSize): number =>
  Math.min(CLAUDE.most, Math.max(piecesOf(size, CLAUDE.patch), Math.ceil((size.width * size.height) / CLAUDE.pixelsPerToken)));

function tileTokens({ width, height }: ImageSize): number {
  const scale = Math.min(1, TILES.longest / Math.max(width, height));
  const further = Math.min(1, TILES.shortest / (Math.min(width, height) * scale));
  // Rounded up: whether a provider rounds a side up or down decides over a tile.
  const shrunk = { width: Math.ceil(width * scale * further), height: Math.ceil(height * scale * further) };
  return TILES.base + TILES.each * piecesOf(shrunk, TILES.side);
}

/** The demand of a body of so many bytes with these pictures in it. */
export function withPictures(
  demand: Demand,
  { bytes, sizes }: PictureLoad,
  way: { readonly bodyBytes: number; readonly kind: Upstream['kind'] },
): Demand {
  if (sizes.length === 0 || demand.inputTokens !== undefined) return demand;
  const shown = sizes.reduce((sum, size) => sum + AROUND + pictureTokens(size, way.kind), 0);
  return { ...demand, inputTokens: Math.max(0, way.bodyBytes - bytes) + shown };
}
