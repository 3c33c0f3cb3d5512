// How members are carried from one format into another: a table names what becomes of each, and what it does not name is refused.
// Silence would be a lie: a caller who sets a member must not find out from the answers that nobody heard it.
import { pointerTo } from '../../core/strict-json.ts';
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';

/** What becomes of one member: written into `to`, left out, or refused with its pointer. */
export type Carrier = (value: Json, to: JsonObject, pointer: string) => void;

export const untranslatable = (pointer: string): Fault => gatewayFault('untranslatable_field', { pointer }, { pointer });

export interface CarryOptions {
  readonly to: JsonObject;
  readonly pointer: string;
  /** What becomes of members that the table does not name; refused where it is absent. */
  readonly otherwise?: (name: string) => Carrier;
}

/** Carries each member by the table. A `null` says what an absent member says. Throws `untranslatable_field`. */
export function carry(from: JsonObject, table: ReadonlyMap<string, Carrier>, { to, pointer, otherwise }: CarryOptions): void {
  for (const [name, value] of Object.entries(from)) {
    if (value === null) continue;
    const carrier = table.get(name) ?? otherwise?.(name) ?? refuse;
    carrier(value, to, pointerTo(pointer, name));
  }
}

export const carriers = (table: Readonly<Record<string, Carrier>>): ReadonlyMap<string, Carrier> => new Map(Object.entries(table));

export const refuse: Carrier = (_value, _to, pointer) => {
  throw untranslatable(pointer);
};

/** Left out: it changes nothing in what the answer says. */
export const drop: Carrier = () => {};

/** Read elsewhere, together with what belongs to it. */
export const elsewhere: Carrier = () => {};

export const as =
  (name: string): Carrier =>
  (value, to) => {
    to[name] = value;
  };

/** Left out where it says what is so anyway; refused otherwise. */
export const only =
  (...neutral: readonly Json[]): Carrier =>
  (value, _to, pointer) => {
    if (!neutral.includes(value)) throw untranslatable(pointer);
  };

/** Left out where it holds nothing. */
export const onlyEmpty: Carrier = (value, _to, pointer) => {
  if (typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : value !== '') throw untranslatable(pointer);
};

/** Words that have a counterpart. */
export const word =
  (name: string, words: Readonly<Record<string, string>>): Carrier =>
  (value, to, pointer) => {
    const counterpart = typeof value === 'string' && Object.hasOwn(words, value) ? words[value] : undefined;
    if (counterpart === undefined) throw untranslatable(pointer);
    to[name] = counterpart;
  };

/** Puts what was written in the place of what stood there, so that whoever holds the object holds the translation. */
export function become(body: JsonObject, next: JsonObject): void {
  for (const name of Object.keys(body)) delete body[name];
  Object.assign(body, next);
}
