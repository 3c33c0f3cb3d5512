// What is no picture, or a picture and something else at once. The signatures are data: `foreign.json`.
import type { ImageRefusal } from './image-facts.ts';
import signatures from './foreign.json' with { type: 'json' };

interface Head {
  readonly magic: RegExp;
  readonly found: string;
  readonly refusal: ImageRefusal;
}

const HEADS: readonly Head[] = signatures.heads.map(({ magic, found, ...more }) => ({
  magic: new RegExp(magic, 'i'),
  found,
  refusal: 'isVector' in more ? 'vector_image' : 'isPicture' in more ? 'another_kind' : 'not_an_image',
}));

const INSIDE = signatures.inside.map(({ magic, found }) => ({ magic: new RegExp(magic, 'i'), found }));

/** Names what begins with these characters (one a byte), where it is no picture that is read here. */
export function notAPicture(head: string): { readonly refusal: ImageRefusal; readonly found?: string } {
  const known = HEADS.find(({ magic }) => magic.test(head));
  return known === undefined ? { refusal: 'not_an_image' } : { refusal: known.refusal, found: known.found };
}

/**
 * Names what hides beside the picture. Only bytes that are no pixels are looked at: coded pixels are as good as random, and hold
 * every short signature now and then.
 */
export function foreignIn(aside: string): string | undefined {
  return INSIDE.find(({ magic }) => magic.test(aside))?.found;
}
