// Reads members of a record's data. What is absent or of another type is undefined: records outlive the code that wrote them.
import type { Json, JsonObject } from '../../core/types.ts';

const TEXT_UNITS_MAX = 512;

/** Cut to a bounded length and well-formed: some of these texts, such as model names, are the caller's own. */
export function textOf(data: JsonObject, key: string): string | undefined {
  const value = data[key];
  return typeof value === 'string' ? value.slice(0, TEXT_UNITS_MAX).toWellFormed() : undefined;
}

export function numberOf(data: JsonObject, key: string): number | undefined {
  const value = data[key];
  return typeof value === 'number' ? value : undefined;
}

export function objectOf(data: JsonObject, key: string): JsonObject | undefined {
  const value = data[key];
  return isObject(value) ? value : undefined;
}

/** The objects of a list; empty when there is none. */
export function objectsOf(data: JsonObject, key: string): readonly JsonObject[] {
  const value = data[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Those of the named texts and numbers that are there. */
export function presentOf(data: JsonObject, keys: readonly string[]): Record<string, string | number> {
  const present: Record<string, string | number> = {};
  for (const key of keys) {
    const value = textOf(data, key) ?? numberOf(data, key);
    if (value !== undefined) present[key] = value;
  }
  return present;
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
