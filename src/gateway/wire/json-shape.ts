// Questions that wire formats ask of parsed JSON.
import type { JsonObject } from '../../core/types.ts';

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A count, or undefined for anything that is not one. */
export const asNumber = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/**
 * How many of something the caller allows, undefined where it says nothing. NaN for what is no whole number from 1 on: some servers (llama.cpp,
 * Ollama) take 0 and -1 for no limit at all, and no budget could set anything aside for that.
 */
export function asCap(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  return Number.isSafeInteger(value) && Number(value) >= 1 ? Number(value) : NaN;
}
