// References to items of earlier answers (`item_reference`): kept when an answer leaves, put back when a request refers to them.
import type { JsonObject } from '../../core/types.ts';
import type { ItemDoor } from '../item-memory.ts';
import { isObject } from '../wire/json-shape.ts';

/** Replaces each reference that this caller may use by the item itself. What is not known stays, and is refused with its place. */
export function recallItems(body: JsonObject, items: ItemDoor): void {
  const { input } = body;
  if (!Array.isArray(input)) return;
  for (const [index, item] of input.entries()) {
    if (!isObject(item) || item['type'] !== 'item_reference' || typeof item['id'] !== 'string') continue;
    const known = items.recall(item['id']);
    if (known !== undefined) input[index] = known;
  }
}

export function rememberItems(answer: JsonObject, items: ItemDoor): void {
  const { output } = answer;
  for (const item of Array.isArray(output) ? output : []) {
    if (isObject(item) && typeof item['id'] === 'string') items.keep(item['id'], item);
  }
}
