// The language in which a wire format is written down: a format is a table of shapes, and one walker reads all of them.
// Whatever a table does not name is refused on the way in and dropped on the way out.
import type { Origin } from '../../core/types.ts';

/** Content that text rules cannot look into. */
export type MediaKind = 'image' | 'audio' | 'file';

export type Shape =
  /** Free text: judged, and rewritten where the policy says so. `channel` names it on the way out. */
  | { readonly kind: 'text'; readonly channel: string }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  /** A closed vocabulary. */
  | { readonly kind: 'word'; readonly words: readonly (string | boolean)[] }
  /** Any JSON; every string and every key in it is judged. */
  | { readonly kind: 'free'; readonly channel: string }
  /** A short machine-made identifier; anything that could carry a sentence is not one. */
  | { readonly kind: 'label' }
  /** Machine-made bytes that only the upstream can read back (a signature); bounded in form and size. */
  | { readonly kind: 'seal'; readonly isVector?: true }
  | { readonly kind: 'media'; readonly media: MediaKind }
  | { readonly kind: 'refused'; readonly code: RefusalCode }
  | ObjectShape
  | { readonly kind: 'list'; readonly of: Shape }
  /** What stands here is a turn of its own. */
  | { readonly kind: 'spoken'; readonly by: Origin; readonly of: Shape }
  /** What the member may be, by its JSON type. */
  | { readonly kind: 'either'; readonly string?: Shape; readonly list?: Shape; readonly object?: Shape; readonly boolean?: Shape }
  /** One of several objects, told apart by a member; `''` is the case for an absent tag. */
  | { readonly kind: 'tagged'; readonly tag: string; readonly cases: ReadonlyMap<string, Shape>; readonly otherwise: RefusalCode };

export type RefusalCode = 'opaque_reference' | 'unsupported_part' | 'provider_hosted_tool';

export interface ObjectShape {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Shape>;
  /** A new turn of this origin begins here. */
  readonly turn?: Origin;
  /** The text below has this origin, whatever the turn around it. */
  readonly origin?: Origin;
  readonly required: readonly string[];
}

export const text = (channel = 'content'): Shape => ({ kind: 'text', channel });
export const number: Shape = { kind: 'number' };
export const boolean: Shape = { kind: 'boolean' };
export const label: Shape = { kind: 'label' };
export const seal: Shape = { kind: 'seal' };
/** Numbers in base64: an embedding. */
export const vector: Shape = { kind: 'seal', isVector: true };
export const free = (channel = 'content'): Shape => ({ kind: 'free', channel });
export const word = (...words: readonly (string | boolean)[]): Shape => ({ kind: 'word', words });
export const media = (kind: MediaKind): Shape => ({ kind: 'media', media: kind });
export const refused = (code: RefusalCode): Shape => ({ kind: 'refused', code });
export const list = (of: Shape): Shape => ({ kind: 'list', of });
export const spoken = (by: Origin, of: Shape): Shape => ({ kind: 'spoken', by, of });
export const textOrTexts = (channel?: string): Shape => ({ kind: 'either', string: text(channel), list: list(text(channel)) });

interface ObjectOptions {
  readonly turn?: Origin;
  readonly origin?: Origin;
  readonly required?: readonly string[];
}

export function object(fields: Readonly<Record<string, Shape>>, options: ObjectOptions = {}): ObjectShape {
  return { kind: 'object', fields: new Map(Object.entries(fields)), required: [], ...options };
}

export function tagged(tag: string, cases: Readonly<Record<string, Shape>>, otherwise: RefusalCode = 'unsupported_part'): Shape {
  return { kind: 'tagged', tag, cases: new Map(Object.entries(cases)), otherwise };
}

export function either(cases: Omit<Extract<Shape, { kind: 'either' }>, 'kind'>): Shape {
  return { kind: 'either', ...cases };
}
