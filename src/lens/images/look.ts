// What happens to one picture in the process that looks into pictures. Everything it takes is handed in; it opens nothing.
import type { Finding } from '../../core/types.ts';
import type { ImageFacts, ImageKind } from './image-facts.ts';
import type { ImageLimits } from './limits.ts';
import type { Classifier } from './classifier.ts';
import { findingsIn } from './findings.ts';
import { makeAnew } from './make-anew.ts';
import { readTexts } from './read-text.ts';
import type { ReaderEngine } from './reader-engine.ts';
import type { SharpConstructor } from './sharp-parts.ts';

/** What the gateway posts to that process. */
export interface ImageJob {
  readonly bytes: Uint8Array;
  readonly facts: ImageFacts;
  readonly limits: ImageLimits;
}

/** What comes back. */
export type ImageLook =
  | {
      readonly state: 'looked';
      readonly bytes: Uint8Array;
      readonly kind: ImageKind;
      readonly texts: readonly string[];
      readonly findings: readonly Finding[];
    }
  /** The bytes have the form of a picture and cannot be decoded to the end. */
  | { readonly state: 'undecodable' }
  /** A bug, or a part that does not work: nobody knows what is in the picture. */
  | { readonly state: 'failed' };

export interface LookTools {
  readonly sharp: SharpConstructor;
  readonly reader: ReaderEngine;
  readonly classifier: Classifier;
}

export async function lookInto({ sharp, reader, classifier }: LookTools, job: ImageJob): Promise<ImageLook> {
  const made = await makeAnew(sharp, job).catch(() => undefined);
  if (made === undefined) return { state: 'undecodable' };
  const { bytes, kind, picture, onBlack } = made;
  const texts = readTexts(reader, onBlack === undefined ? [picture] : [picture, onBlack]);
  return { state: 'looked', bytes, kind, texts, findings: await findingsIn(classifier, picture, job.facts) };
}
