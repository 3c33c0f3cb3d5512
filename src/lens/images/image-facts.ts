// What the bytes say that they are: kind by content, size by header, and whatever stands in the file beside the picture.
// Names and media types that a caller gave play no part. Nothing is decoded here.
import { foreignIn, notAPicture } from './foreign.ts';
import { readGif } from './gif.ts';
import { readJpeg } from './jpeg.ts';
import { SIDE_MAX, type ImageLimits } from './limits.ts';
import { readPng } from './png.ts';
import { Damaged, type Layout } from './layout.ts';
import { readWebp } from './webp.ts';

/** The kinds that all providers take. */
export type ImageKind = 'png' | 'jpeg' | 'gif' | 'webp';

export type ImageRefusal =
  | 'empty'
  | 'too_many_bytes'
  | 'too_many_pixels'
  | 'too_many_frames'
  | 'not_an_image'
  | 'another_kind'
  | 'vector_image'
  | 'damaged'
  | 'polyglot';

export interface ImageFacts {
  readonly kind: ImageKind;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Bytes of comments, cameras' notes, profiles and the like. */
  readonly metadataBytes: number;
  /** Bytes behind the end of the picture. */
  readonly trailingBytes: number;
}

export type FactsOrRefusal =
  | { readonly state: 'image'; readonly facts: ImageFacts }
  | { readonly state: 'refused'; readonly refusal: ImageRefusal; readonly found?: string };

const READERS: readonly { readonly kind: ImageKind; readonly magic: RegExp; readonly read: (bytes: Uint8Array) => Layout }[] = [
  { kind: 'png', magic: /^\x89PNG\r\n\x1a\n/, read: readPng },
  { kind: 'jpeg', magic: /^\xff\xd8\xff/, read: readJpeg },
  { kind: 'gif', magic: /^GIF8[79]a/, read: readGif },
  { kind: 'webp', magic: /^RIFF[^]{4}WEBP/, read: readWebp },
];

/** Whether bytes begin like one of the kinds. */
export const isPicture = (bytes: Uint8Array): boolean => READERS.some(({ magic }) => magic.test(latin1(bytes.subarray(0, 16))));

/** Never throws for what the bytes say. Costs time in proportion to their number, whatever size they declare. */
export function factsOf(bytes: Uint8Array, limits: ImageLimits): FactsOrRefusal {
  if (bytes.length === 0) return { state: 'refused', refusal: 'empty' };
  if (bytes.length > limits.bytesMax) return { state: 'refused', refusal: 'too_many_bytes' };
  const head = latin1(bytes.subarray(0, 1024));
  const reader = READERS.find(({ magic }) => magic.test(head));
  if (reader === undefined) return { state: 'refused', ...notAPicture(head) };
  try {
    return factsFrom(reader.kind, reader.read(bytes), limits);
  } catch (error) {
    if (error instanceof Damaged) return { state: 'refused', refusal: 'damaged' };
    throw error;
  }
}

function factsFrom(kind: ImageKind, layout: Layout, limits: ImageLimits): FactsOrRefusal {
  const { width, height, frames, aside, trailing } = layout;
  if (width < 1 || height < 1) return { state: 'refused', refusal: 'damaged' };
  if (width > SIDE_MAX || height > SIDE_MAX || width * height > limits.pixelsMax) return { state: 'refused', refusal: 'too_many_pixels' };
  if (frames > limits.framesMax) return { state: 'refused', refusal: 'too_many_frames' };
  for (const part of [...aside, trailing]) {
    const found = foreignIn(latin1(part));
    if (found !== undefined) return { state: 'refused', refusal: 'polyglot', found };
  }
  const metadataBytes = aside.reduce((sum, part) => sum + part.length, 0);
  return { state: 'image', facts: { kind, width, height, frames, metadataBytes, trailingBytes: trailing.length } };
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
