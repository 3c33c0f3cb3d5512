// The picture made anew: decoded, and written again from its pixels alone. What was beside them (places, cameras, comments, thumbnails, trailing
// bytes) is gone, and what no decoder could read never goes on.
import type { Sharp, SharpConstructor } from './sharp-parts.ts';
import type { ImageFacts, ImageKind } from './image-facts.ts';
import type { ImageLimits } from './limits.ts';

export interface MadeAnew {
  readonly bytes: Uint8Array;
  readonly kind: ImageKind;
  /** What is looked at: no side longer than `LOOK_SIDE`. */
  readonly picture: Picture;
  /** The same on black, where the picture is transparent somewhere: white letters on nothing are seen by whoever lays them on black. */
  readonly onBlack: Picture | undefined;
}

/** Eight bits of red, green and blue for each pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** Providers shrink what is larger to about this, so smaller letters are read by nobody. */
const LOOK_SIDE = 2048;
const QUALITY = 92;

/** Nothing but the four kinds is decoded, whatever the library could. Memory and threads of the decoder are kept small. */
export function setUpDecoder(sharp: SharpConstructor): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadNsgifBuffer', 'VipsForeignLoadWebpBuffer'],
  });
}

/** Rejects with an Error when the bytes cannot be decoded to the end. */
export async function makeAnew(sharp: SharpConstructor, given: Given): Promise<MadeAnew> {
  const kind = given.facts.kind === 'gif' ? 'png' : given.facts.kind;
  // Only the first frame of what moves: no model sees another, and nobody would look at them.
  const source = sharp(given.bytes, { pages: 1, limitInputPixels: given.limits.pixelsMax, failOn: 'error', sequentialRead: true })
    .autoOrient()
    .toColourspace('srgb');
  const bytes = await encode(source.clone(), kind).toBuffer();
  // Looked at is what goes on, and not what came: a decoder that reads a file otherwise than ours gets ours.
  const made = sharp(bytes).resize({ width: LOOK_SIDE, height: LOOK_SIDE, fit: 'inside', withoutEnlargement: true });
  const { isOpaque } = await sharp(bytes).stats();
  return {
    bytes,
    kind,
    picture: await pixelsOf(made.clone().flatten({ background: '#ffffff' })),
    onBlack: isOpaque ? undefined : await pixelsOf(made.clone().flatten({ background: '#000000' })),
  };
}

interface Given {
  readonly bytes: Uint8Array;
  readonly facts: ImageFacts;
  readonly limits: ImageLimits;
}

function encode(image: Sharp, kind: ImageKind): Sharp {
  if (kind === 'jpeg') return image.jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' });
  if (kind === 'webp') return image.webp({ quality: QUALITY });
  return image.png({ compressionLevel: 6 });
}

export async function pixelsOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`a picture has ${info.channels} channels`);
  return { width: info.width, height: info.height, rgb: data };
}
