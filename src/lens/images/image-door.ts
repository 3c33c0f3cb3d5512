// What the gateway asks of whoever looks into pictures. `app` hands in the real door; without it, pictures are refused.
import type { FailureCode, Finding } from '../../core/types.ts';

export type ImageSource =
  | { readonly kind: 'base64'; readonly base64: string }
  /** A place on the network: fetched only where the operator named its host. */
  | { readonly kind: 'url'; readonly url: string };

/** In pixels, as its header declares them. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export type ImageVerdict =
  | {
      readonly state: 'looked';
      /** The picture made anew: the same pixels, nothing else. */
      readonly mediaType: string;
      readonly base64: string;
      /** What can be read in it, each way of reading for itself. */
      readonly texts: readonly string[];
      readonly findings: readonly Finding[];
      /** SHA-256 of the bytes as they came, in hex. */
      readonly digest: string;
      readonly size: ImageSize;
    }
  /** No picture that may pass; in words for whoever sent it. */
  | { readonly state: 'refused'; readonly reason: string }
  /** Nobody knows what is in it. */
  | { readonly state: 'failed'; readonly code: FailureCode; readonly size: ImageSize }
  /** What it takes to look is not installed; in words for the operator. */
  | { readonly state: 'absent'; readonly missing: string; readonly size: ImageSize };

export interface ImageDoor {
  /** Most pictures of one request. */
  readonly perRequestMax: number;
  /** Never rejects for what the bytes say. `owner` is the tenant: owners take turns. */
  look(owner: string, source: ImageSource): Promise<ImageVerdict>;
}
