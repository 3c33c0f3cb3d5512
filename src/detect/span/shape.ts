// Shapes of tokens, written as data: `SG.{u22}.{u43+}` is a literal, 22 units of class u, a dot, 43 or more units of class u.
import type { SpanView } from '../detector.ts';
import { BASE64, DIGIT, HEX, kindAt, LOWER, UPPER } from './chars.ts';

/** One part of a shape: units of a class, at least `min` and at most `max`. A literal is a class of its own for each unit. */
interface Part {
  readonly accepts: (text: string, at: number) => boolean;
  readonly min: number;
  readonly max: number;
}

export interface Shape {
  /** What the shape begins with. */
  readonly prefix: string;
  readonly parts: readonly Part[];
  /** Whether the last part has no upper bound. */
  readonly isOpen: boolean;
  /** Most units from the prefix until the shape is decided. */
  readonly unitsMax: number;
}

const kind =
  (kinds: number, also = '', except = '') =>
  (text: string, at: number): boolean => {
    const unit = text[at] ?? '';
    if (unit === '' || (except !== '' && except.includes(unit))) return false;
    return (kindAt(text, at) & kinds) !== 0 || (also !== '' && also.includes(unit));
  };

const CLASSES: Readonly<Record<string, (text: string, at: number) => boolean>> = {
  d: kind(DIGIT),
  h: kind(HEX, '', 'ABCDEF'),
  H: kind(HEX),
  c: kind(UPPER | DIGIT),
  l: kind(LOWER | DIGIT),
  w: kind(UPPER | LOWER | DIGIT),
  u: kind(BASE64, '', '+/'),
  s: kind(BASE64, '=', '_-'),
};

const literal =
  (unit: string) =>
  (text: string, at: number): boolean =>
    text[at] === unit;

function parsePart(source: string): Part {
  const [, name = '', min = '', open = '', max = ''] = /^\{(\w)(\d+)(\+)?(?:-(\d+))?\}$/.exec(source) ?? [];
  const accepts = CLASSES[name];
  if (accepts === undefined) return { accepts: literal(source), min: 1, max: 1 };
  return { accepts, min: Number(min), max: open === '+' ? Infinity : Number(max || min) };
}

/** Parses a shape; the part before the first brace is its prefix. */
export function parseShape(source: string): Shape {
  const brace = source.indexOf('{');
  const parts = [...source.slice(brace).matchAll(/\{[^}]+\}|[^{}]/g)].map(([part]) => parsePart(part));
  const last = parts.at(-1);
  const isOpen = last?.max === Infinity;
  const units = parts.reduce((sum, part) => sum + (part.max === Infinity ? part.min : part.max), 0);
  return { prefix: source.slice(0, brace), parts, isOpen, unitsMax: brace + units + 1 };
}

export type ShapeAnswer = { readonly state: 'none' } | { readonly state: 'live' } | { readonly state: 'done'; readonly end: number };

const NONE: ShapeAnswer = { state: 'none' };
const LIVE: ShapeAnswer = { state: 'live' };

/** Reads the parts from `from` on. An open shape is done as soon as its last part has its minimum; others end where the class ends. */
export function readShape(shape: Shape, view: Pick<SpanView, 'text' | 'isFinal'>, from: number): ShapeAnswer {
  const { text, isFinal } = view;
  let at = from;
  for (const part of shape.parts) {
    const isLastOpen = part.max === Infinity;
    const limit = at + (isLastOpen ? part.min : part.max);
    const least = at + part.min;
    while (at < limit && part.accepts(text, at)) at += 1;
    if (at >= text.length && at < limit && !isFinal) return LIVE;
    if (at < least) return NONE;
  }
  return { state: 'done', end: at };
}

/** End of the units that an open shape goes on with. */
export function readOn(shape: Shape, text: string, from: number): number {
  const last = shape.parts.at(-1);
  let at = from;
  while (last?.accepts(text, at) === true) at += 1;
  return at;
}
