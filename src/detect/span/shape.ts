// Shapes of tokens, written as data: `SG.{u22}.{u43+}` is a literal, 22 units of class u, a dot, 43 or more units of class u.
import type { SpanView } from '../detector.ts';
import { BASE64, codeAt, DIGIT, HEX, kindAt, LOWER, UPPER } from './chars.ts';

/** Units of a class, by code: 1 where it has the unit. All classes and literals are of ASCII. */
type UnitClass = Uint8Array;

const CODES = 128;

const isOf = (units: UnitClass, code: number): boolean => code < CODES && units[code] === 1;

/** One part of a shape: units of a class, at least `min` and at most `max`. A literal is a class of its own for each unit. */
interface Part {
  readonly units: UnitClass;
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

const classOf = (has: (unit: string) => boolean): UnitClass =>
  Uint8Array.from({ length: CODES }, (_, code) => (has(String.fromCharCode(code)) ? 1 : 0));

const kind = (kinds: number, also = '', except = ''): UnitClass =>
  classOf((unit) => !except.includes(unit) && ((kindAt(unit, 0) & kinds) !== 0 || also.includes(unit)));

const CLASSES: Readonly<Record<string, UnitClass>> = {
  d: kind(DIGIT),
  h: kind(HEX, '', 'ABCDEF'),
  H: kind(HEX),
  c: kind(UPPER | DIGIT),
  l: kind(LOWER | DIGIT),
  w: kind(UPPER | LOWER | DIGIT),
  u: kind(BASE64, '', '+/'),
  s: kind(BASE64, '=', '_-'),
};

function parsePart(source: string): Part {
  const [, name = '', min = '', open = '', max = ''] = /^\{(\w)(\d+)(\+)?(?:-(\d+))?\}$/.exec(source) ?? [];
  const units = CLASSES[name];
  if (units === undefined) return { units: classOf((unit) => unit === source), min: 1, max: 1 };
  return { units, min: Number(min), max: open === '+' ? Infinity : Number(max || min) };
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

/** Answers of `readShape` that are no offset: the shape is not there, or more text has to tell. */
export const SHAPE_NONE = -1;
export const SHAPE_LIVE = -2;

/** Reads the parts from `from` on, and tells where they end. An open shape is done as soon as its last part has its minimum; others end where the class ends. */
export function readShape(shape: Shape, view: Pick<SpanView, 'text' | 'isFinal'>, from: number): number {
  const { text, isFinal } = view;
  let at = from;
  for (const part of shape.parts) {
    const isLastOpen = part.max === Infinity;
    const limit = at + (isLastOpen ? part.min : part.max);
    const least = at + part.min;
    while (at < limit && isOf(part.units, codeAt(text, at))) at += 1;
    if (at >= text.length && at < limit && !isFinal) return SHAPE_LIVE;
    if (at < least) return SHAPE_NONE;
  }
  return at;
}

/** End of the units that an open shape goes on with. */
export function readOn(shape: Shape, text: string, from: number): number {
  const last = shape.parts.at(-1);
  let at = from;
  if (last === undefined) return at;
  while (isOf(last.units, codeAt(text, at))) at += 1;
  return at;
}
