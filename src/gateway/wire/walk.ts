// Reads a parsed request or answer by the table of its format. On the way in, what the table does not name is refused with
// its JSON pointer; on the way out it is dropped. Either way, every piece of text that is left has been handed to the guards.
import { pointerTo } from '../../core/strict-json.ts';
import type { Json, JsonArray, JsonObject, Origin } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { withoutNeedlessEscapes } from '../json-escapes.ts';
import { isLabel, isPlainWord } from './label.ts';
import type { MediaKind, ObjectShape, RefusalCode, Shape } from './shape.ts';

/** One piece of text, with the place it stands in, so that it can be rewritten there. */
export interface TextPart {
  readonly kind: 'text';
  readonly pointer: string;
  readonly origin: Origin;
  readonly channel: string;
  readonly text: string;
  /** Absent for an object key, which can be judged but not rewritten. */
  readonly holder?: Holder;
  /** For text that was read in a picture: takes the whole picture out, since a part of it cannot be rewritten. */
  readonly blank?: () => void;
}

export interface MediaPart {
  readonly kind: 'media';
  readonly pointer: string;
  readonly media: MediaKind;
  readonly origin: Origin;
  readonly value: Json;
  readonly holder: Holder;
}

/** A member of an object or an element of a list. */
export type Holder = { readonly object: JsonObject; readonly at: string } | { readonly list: JsonArray; readonly at: number };

/** All that one speaker said in one go. */
export interface Turn {
  readonly origin: Origin;
  readonly parts: TextPart[];
}

/** What the walk found. */
export interface Reading {
  readonly turns: readonly Turn[];
  readonly media: readonly MediaPart[];
}

export interface WalkOptions {
  readonly mode: 'refuse-unknown' | 'drop-unknown';
  readonly origin: Origin;
  /** Top-level members that this upstream is known to take; their text is judged like any other. */
  readonly passFields?: ReadonlySet<string>;
}

const SEAL = /^[\w+/=.:-]{0,65536}$/;
/** Nothing but base64 (RFC 4648 section 4): no address and no sentence has this form. */
const VECTOR = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const FREE_DEPTH_MAX = 64;
const LONG_NUMBER = 1e8;

/** Walks `body`, which is rewritten in place where unknown members are dropped. Throws the gateway's faults with a pointer. */
export function walk(body: JsonObject, shape: ObjectShape, options: WalkOptions): Reading {
  const walker = new Walker(options);
  walker.object(body, shape, '');
  return { turns: walker.turns.filter((turn) => turn.parts.length > 0), media: walker.media };
}

class Walker {
  readonly turns: Turn[] = [];
  readonly media: MediaPart[] = [];
  readonly #strict: boolean;
  readonly #passFields: ReadonlySet<string>;
  #turn: Turn;
  #origin: Origin;

  constructor(options: WalkOptions) {
    this.#strict = options.mode === 'refuse-unknown';
    this.#passFields = options.passFields ?? new Set();
    this.#origin = options.origin;
    this.#turn = { origin: options.origin, parts: [] };
    this.turns.push(this.#turn);
  }

  object(node: JsonObject, shape: ObjectShape, pointer: string): void {
    const origin = shape.turn ?? shape.origin;
    if (origin === undefined) this.#members(node, shape, pointer);
    else this.#as(origin, () => this.#members(node, shape, pointer));
  }

  #members(node: JsonObject, shape: ObjectShape, pointer: string): void {
    for (const name of shape.required) {
      if (node[name] === undefined) {
        if (!this.#strict) throw gatewayFault('upstream_invalid', { what: `it has no ${name}` });
        const missing = pointerTo(pointer, name);
        throw gatewayFault('missing_field', { pointer: missing }, { pointer: missing });
      }
    }
    for (const name of Object.keys(node)) this.#member(node, name, { shape, pointer });
  }

  #spoken(value: Json, shape: Extract<Shape, { kind: 'spoken' }>, at: Place): boolean {
    let isKept = true;
    this.#as(shape.by, () => {
      isKept = this.#value(value, shape.of, at);
    });
    return isKept;
  }

  /** Walks with another speaker. Text after it belongs to the speaker around it again. */
  #as(origin: Origin, step: () => void): void {
    const around = { turn: this.#turn, origin: this.#origin };
    this.#begin(origin);
    step();
    this.#origin = around.origin;
    this.#turn = around.turn;
  }

  #begin(origin: Origin): void {
    this.#origin = origin;
    this.#turn = { origin, parts: [] };
    this.turns.push(this.#turn);
  }

  #member(node: JsonObject, name: string, around: { readonly shape: ObjectShape; readonly pointer: string }): void {
    const shape = around.shape.fields.get(name);
    const value = node[name];
    // Most members say nothing that a guard could read: neither their place nor their holder is worth making.
    if (value === undefined || (shape !== undefined && isPlain(value, shape))) return;
    const pointer = pointerTo(around.pointer, name);
    const at = { pointer, holder: { object: node, at: name } };
    let isKept = true;
    if (shape !== undefined) isKept = this.#value(value, shape, at);
    else if (around.pointer === '' && this.#passFields.has(name)) this.#free(value, 'content', { ...at, depth: 0 });
    else isKept = this.#no('unknown_field', at);
    if (!isKept) delete node[name];
  }

  /** Says no to a value: a fault on the way in, `false` (drop it) on the way out. */
  #no(code: 'unknown_field' | 'wrong_type' | RefusalCode, at: Place, expected = ''): false {
    if (this.#strict) throw gatewayFault(code, { pointer: at.pointer, expected }, { pointer: at.pointer });
    return false;
  }

  #value(value: Json, shape: Shape, at: Place): boolean {
    switch (shape.kind) {
      case 'text':
        return typeof value === 'string' ? this.#take(value, shape.channel, at) : this.#no('wrong_type', at, 'a string');
      case 'number':
        return typeof value === 'number' || this.#no('wrong_type', at, 'a number');
      case 'boolean':
        return typeof value === 'boolean' || this.#no('wrong_type', at, 'true or false');
      case 'word':
        return isIn(shape.words, value) || this.#no('wrong_type', at, `one of ${shape.words.join(', ')}`);
      case 'label':
        return typeof value === 'string' && isLabel(value)
          ? this.#machineMade(value, at)
          : this.#no('wrong_type', at, 'a short identifier');
      case 'seal':
        if (typeof value !== 'string' || !SEAL.test(value)) return this.#no('wrong_type', at, 'an opaque token as the upstream sent it');
        if (shape.isVector === true) return VECTOR.test(value) || this.#no('wrong_type', at, 'base64');
        return this.#machineMade(value, at);
      case 'media':
        this.media.push({ kind: 'media', pointer: at.pointer, media: shape.media, origin: this.#origin, value, holder: at.holder });
        return true;
      case 'refused':
        return this.#no(shape.code, at);
      default:
        return this.#branch(value, shape, at);
    }
  }

  #branch(value: Json, shape: Branch, at: Place): boolean {
    switch (shape.kind) {
      case 'free':
        this.#free(value, shape.channel, { ...at, depth: 0 });
        return true;
      case 'list':
        return Array.isArray(value) ? this.#list(value, shape.of, at.pointer) : this.#no('wrong_type', at, 'a list');
      case 'spoken':
        return this.#spoken(value, shape, at);
      case 'either': {
        const chosen = shape[typeOf(value)];
        return chosen === undefined ? this.#no('wrong_type', at, expectedBy(shape)) : this.#value(value, chosen, at);
      }
      default:
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#no('wrong_type', at, 'an object');
        if (shape.kind === 'tagged') return this.#case(value, shape, at);
        this.object(value, shape, at.pointer);
        return true;
    }
  }

  #list(values: Json[], of: Shape, pointer: string): boolean {
    let kept = 0;
    for (let i = 0; i < values.length; i++) {
      const element = values[i] ?? null;
      // A dropped element closes the gap, so the element is judged at the place that it will stand in.
      values[kept] = element;
      if (this.#value(element, of, { pointer: pointerTo(pointer, i), holder: { list: values, at: kept } })) kept++;
    }
    values.length = kept;
    return true;
  }

  #case(value: JsonObject, shape: Extract<Shape, { kind: 'tagged' }>, at: Place): boolean {
    const tag = value[shape.tag] ?? '';
    const chosen = typeof tag === 'string' ? shape.cases.get(tag) : undefined;
    if (chosen !== undefined) return this.#value(value, chosen, at);
    return this.#no(shape.otherwise, tag === '' ? at : { ...at, pointer: pointerTo(at.pointer, shape.tag) });
  }

  /** Any JSON: strings, keys and long numbers are judged where they stand. */
  #free(value: Json, channel: string, at: Place & { readonly depth: number }): void {
    if (at.depth > FREE_DEPTH_MAX) throw this.#tooDeep(at.pointer);
    if (typeof value === 'string') this.#take(value, channel, at);
    // A card number is one also without quotes.
    else if (typeof value === 'number' && Math.abs(value) >= LONG_NUMBER) this.#note(String(value), channel, at.pointer);
    else if (Array.isArray(value)) {
      for (const [i, element] of value.entries()) {
        this.#free(element, channel, { pointer: pointerTo(at.pointer, i), holder: { list: value, at: i }, depth: at.depth + 1 });
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        const pointer = pointerTo(at.pointer, key);
        this.#note(key, channel, pointer);
        this.#free(member, channel, { pointer, holder: { object: value, at: key }, depth: at.depth + 1 });
      }
    }
  }

  #tooDeep(pointer: string) {
    if (!this.#strict) return gatewayFault('upstream_invalid', { what: `it is nested deeper than ${FREE_DEPTH_MAX} levels` });
    return gatewayFault('nesting_too_deep', { limit: FREE_DEPTH_MAX }, { pointer });
  }

  #note(value: string, channel: string, pointer: string): void {
    this.#turn.parts.push({ kind: 'text', pointer, origin: this.#origin, channel, text: value });
  }

  /** Judged like any other text: a form alone cannot tell an id from a secret. */
  #machineMade(value: string, at: Place): true {
    return isPlainWord(value) || this.#take(value, 'label', at);
  }

  #take(value: string, channel: string, at: Place): true {
    if (value === '') return true;
    const text = channel === 'tool_arguments' ? withoutNeedlessEscapes(value) : value;
    const part = { kind: 'text', pointer: at.pointer, origin: this.#origin, channel, text, holder: at.holder } as const;
    // What goes on is what was judged, so the plain spelling takes the place of the other.
    if (text !== value) rewrite(part, text);
    this.#turn.parts.push(part);
    return true;
  }
}

interface Place {
  readonly pointer: string;
  readonly holder: Holder;
}

type Branch = Extract<Shape, { kind: 'free' | 'spoken' | 'list' | 'either' | 'tagged' | 'object' }>;

const isIn = (words: readonly (string | boolean)[], value: Json): boolean =>
  (typeof value === 'string' || typeof value === 'boolean') && words.includes(value);

/** A value that its shape allows, and that carries no text of anybody's choice. */
function isPlain(value: Json, shape: Shape): boolean {
  if (value === null) return true;
  switch (shape.kind) {
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'word':
      return isIn(shape.words, value);
    case 'label':
      return typeof value === 'string' && isLabel(value) && isPlainWord(value);
    default:
      return false;
  }
}

const expectedBy = (shape: Extract<Shape, { kind: 'either' }>): string =>
  ['string', 'list', 'object', 'boolean'].filter((name) => name in shape).join(' or ');

function typeOf(value: Json): 'string' | 'list' | 'object' | 'boolean' {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return Array.isArray(value) ? 'list' : 'object';
}

/** Writes a new text where the part stands. Says whether there was a place to write to. */
export function rewrite(part: TextPart, replacement: string): boolean {
  if (part.holder !== undefined) put(part.holder, replacement);
  else if (part.blank !== undefined) part.blank();
  else return false;
  return true;
}

export const valueAt = (holder: Holder): Json | undefined => ('list' in holder ? holder.list[holder.at] : holder.object[holder.at]);

/** Puts a value where another one stands. */
export function put(holder: Holder, value: Json): void {
  if ('list' in holder) holder.list[holder.at] = value;
  else holder.object[holder.at] = value;
}
