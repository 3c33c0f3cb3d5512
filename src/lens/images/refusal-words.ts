// Why a picture is refused, in words for whoever sent it.
import type { FactsOrRefusal, ImageRefusal } from './image-facts.ts';

const WORDS: Readonly<Record<ImageRefusal, string>> = {
  empty: 'it is empty, or no base64',
  too_many_bytes: 'the file is too large',
  too_many_pixels: 'it declares too many pixels',
  too_many_frames: 'it has too many frames',
  not_an_image: 'its content is no picture',
  another_kind: 'its content is a picture of a kind that is not taken',
  vector_image: 'a drawing can carry script and load other files',
  damaged: 'it breaks the rules of its own format',
  polyglot: 'it is a picture and something else at once',
};

export function refusalWords({ refusal, found }: Omit<Extract<FactsOrRefusal, { readonly state: 'refused' }>, 'state'>): string {
  return found === undefined ? WORDS[refusal] : `${WORDS[refusal]} (${found})`;
}
