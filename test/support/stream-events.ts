// Plays events through a format's stream adapter, and plants a secret in each string of a value in turn.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../src/core/types.ts';
import { tokens } from '../../src/detect/span/planted.fixture.ts';
import type { FormatId } from '../../src/gateway/wire/format.ts';
import { isObject } from '../../src/gateway/wire/json-shape.ts';
import { eventsIn, newAdapter, newInspector } from './stream-channels.ts';

export const SECRET = tokens(5).find(({ type }) => /aws/i.test(type))?.value ?? '';
/** Enough of it to be sure, wherever a piece is cut. */
export const NEEDLE = SECRET.slice(6, 16);

/** Text of a type declaration file of an SDK: the list of what it knows. */
export const declarations = (sdk: string, file: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', 'node_modules', sdk, file), 'utf8');

export type Fate = 'rebuilt' | 'dropped' | 'refused';

export const stringsOf = (...words: readonly string[]): JsonObject => Object.fromEntries(words.map((word) => [word, `${word}-1`]));

export interface Played {
  readonly out: string;
  readonly types: readonly string[];
  readonly fate: Fate;
}

/** Plays events one after the other; the fate is that of the last one, before the stream ends. */
export function play(format: FormatId, events: readonly JsonObject[]): Played {
  const adapter = newAdapter(format, newInspector());
  let out = '';
  let last = '';
  try {
    for (const event of events) {
      last = adapter.onEvent({ name: event['type'] as string, data: JSON.stringify(event) });
      out += last;
    }
  } catch (error) {
    return { out: out + (error as Error).message, types: [], fate: 'refused' };
  }
  const rest = adapter.onEnd().text + adapter.finale();
  const heard = last + rest;
  return { out: out + rest, types: eventsIn(heard).map((event) => event['type'] as string), fate: heard === '' ? 'dropped' : 'rebuilt' };
}

/** Copies of a value, each with the secret in the place of one of its strings. */
export function* planted(value: Json, path = ''): Generator<readonly [string, Json]> {
  if (typeof value === 'string') yield [path, SECRET];
  else if (Array.isArray(value)) {
    for (const [index, element] of value.entries())
      for (const [where, copy] of planted(element, `${path}/${index}`)) yield [where, value.with(index, copy)];
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value))
      for (const [where, copy] of planted(member, `${path}/${key}`)) yield [where, { ...value, [key]: copy }];
  }
}

export interface Around {
  readonly before?: readonly JsonObject[];
  readonly after?: readonly JsonObject[];
}

/** Places in the event from which a secret reaches the caller, and how many places were tried. */
export function leaksOf(
  format: FormatId,
  event: JsonObject,
  { before = [], after = [] }: Around = {},
): { readonly leaks: string[]; readonly tried: number } {
  const leaks: string[] = [];
  let tried = 0;
  for (const [where, copy] of planted(event)) {
    tried++;
    if (play(format, [...before, copy as JsonObject, ...after]).out.includes(NEEDLE)) leaks.push(`${event['type'] as string} ${where}`);
  }
  return { leaks, tried };
}
