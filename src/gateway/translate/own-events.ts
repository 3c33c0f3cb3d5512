// Reads the events that our own adapters have just written: one `data:` line each, ended by an empty line.
import type { JsonObject } from '../../core/types.ts';
import { isObject } from '../wire/json-shape.ts';

const DATA = 'data: ';

export function ownEvents(text: string): JsonObject[] {
  const events: JsonObject[] = [];
  for (let at = 0; at < text.length;) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd < 0) break;
    // An event's name comes before its data, and is in the data too.
    if (text.startsWith(DATA, at)) {
      const parsed: unknown = JSON.parse(text.slice(at + DATA.length, lineEnd));
      if (isObject(parsed)) events.push(parsed);
    }
    at = lineEnd + 1;
  }
  return events;
}
