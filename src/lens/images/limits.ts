// How large an image may be before anything decodes it. All of it is read from headers, by our own small readers.

export interface ImageLimits {
  /** Of the file. */
  readonly bytesMax: number;
  /** Width times height, as the header declares them. */
  readonly pixelsMax: number;
  /** Of an animation. Models see one frame, and only that one goes on. */
  readonly framesMax: number;
}

export const IMAGE_LIMITS: ImageLimits = { bytesMax: 8_388_608, pixelsMax: 24_000_000, framesMax: 64 };

/** No side may be longer: what is one pixel high and a million wide is no picture. */
export const SIDE_MAX = 16_384;
/** Chunks, segments and blocks of one file; scans of a progressive JPEG, each of which costs all pixels again. */
export const BLOCKS_MAX = 20_000;
export const SCANS_MAX = 64;
