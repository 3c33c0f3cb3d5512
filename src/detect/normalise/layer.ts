// A layer is one reading of a text on its way to becoming a view: case kept, offsets still traceable.
export type OffsetMap = (offset: number) => number;

export interface Layer {
  /** How this reading came about, outermost first. */
  readonly names: readonly string[];
  /** Folded text with its case kept, because base64 and escapes need it. */
  readonly text: string;
  /** Maps an offset of `text` to an offset of the original. Monotone; falling for reversed text. */
  readonly originalAt: OffsetMap;
  /** Letters that were put in disguise: look-alikes inside words, characters that cannot be seen. */
  readonly disguised: number;
  /** Where in the original words stand that had to be put right before they could be read. */
  readonly oddAt?: readonly number[];
}

/** What a decoder read from a layer; `mapBack` leads from its text to the layer's text. */
export interface Decoded {
  readonly text: string;
  readonly mapBack: OffsetMap;
  /** Words that had been put in disguise and are put right. */
  readonly undone?: number;
  /** Where such words stand, in the text that was read. */
  readonly oddAt?: readonly number[];
}

export const identity: OffsetMap = (offset) => offset;

/** A child layer: the decoder's own map followed by its parent's. */
export function layerFrom(parent: Layer, name: string, decoded: Decoded): Layer {
  const { mapBack } = decoded;
  return {
    names: [...parent.names, name],
    text: decoded.text,
    originalAt: (offset) => parent.originalAt(mapBack(offset)),
    disguised: parent.disguised + (decoded.undone ?? 0),
    ...oddOf(parent, decoded.oddAt),
  };
}

/** What is odd in a layer, and what was found odd in its text. */
export function oddOf({ oddAt = [], originalAt }: Layer, found: readonly number[] = []): { readonly oddAt?: readonly number[] } {
  if (found.length === 0) return oddAt.length === 0 ? {} : { oddAt };
  return { oddAt: [...oddAt, ...found.map(originalAt)].sort((one, other) => one - other) };
}
