// Output items of OpenAI responses, put together anew. Text that was streamed is taken from what its channel let out, so that
// a finished item never says more than the stream did.
import type { Json, JsonObject } from '../../core/types.ts';
import type { Channels } from '../wire/format.ts';
import { gatewayFault } from '../faults.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { object } from '../wire/shape.ts';
import { rewrite, walk } from '../wire/walk.ts';
import { Labels } from './labels.ts';
import { RESPONSE_FIELDS } from './openai-response-fields.ts';

/** Clients join the content parts of an answer into one text. */
const groupOf = (key: string): string | undefined => (key.includes('/content/') ? 'content' : undefined);

export class ResponsesItems {
  readonly #channels: Channels;
  readonly #labels: Labels;
  /** What each channel has let out so far. */
  readonly #said = new Map<string, string>();
  /** Channels whose text came whole. */
  readonly #settled = new Set<string>();

  constructor(channels: Channels) {
    this.#channels = channels;
    this.#labels = new Labels(channels);
  }

  push(key: string, delta: string): string {
    // A client would join the two, and they were not judged joined.
    if (this.#settled.has(key) && delta !== '') throw gatewayFault('upstream_invalid', { what: 'it goes on after its end' });
    return this.#note(key, this.#channels.push(key, delta, groupOf(key)));
  }

  end(key: string): string {
    return this.#note(key, this.#channels.end(key));
  }

  #note(key: string, released: string): string {
    this.#said.set(key, (this.#said.get(key) ?? '') + released);
    return released;
  }

  /** The complete text of a channel: what was let out, or, where nothing was streamed, the text judged now. */
  whole(key: string, text: Json | undefined): string {
    const said = this.#said.get(key);
    if (said !== undefined) return said;
    const judged = typeof text === 'string' ? this.#channels.push(key, text, groupOf(key)) + this.#channels.end(key) : '';
    this.#said.set(key, judged);
    if (judged !== '') this.#settled.add(key);
    return judged;
  }

  /** A content or summary part. `isWhole`: its text is complete; an opening part has none. Undefined for unknown kinds. */
  part(raw: Json | undefined, key: string, isWhole: boolean): JsonObject | undefined {
    if (!isObject(raw)) return undefined;
    const textOf = (member: string): string => (isWhole ? this.whole(key, raw[member]) : '');
    switch (raw['type']) {
      case 'output_text':
        return { type: 'output_text', text: textOf('text'), annotations: this.#channels.tree(raw['annotations'] ?? []) };
      case 'refusal':
        return { type: 'refusal', refusal: textOf('refusal') };
      case 'summary_text':
      case 'reasoning_text':
        return { type: raw['type'], text: textOf('text') };
      default:
        return undefined;
    }
  }

  /** An output item. Undefined for kinds that no guard reads, such as tools that ran at the provider. */
  item(raw: Json | undefined, index: number, isWhole: boolean): JsonObject | undefined {
    if (!isObject(raw)) return undefined;
    switch (raw['type']) {
      case 'message':
        return {
          ...this.#labels.pick(raw, ['type', 'id', 'role', 'status', 'phase']),
          content: this.#parts(raw['content'], `${index}/content`, isWhole),
        };
      case 'reasoning': {
        const item: JsonObject = {
          ...this.#labels.pick(raw, ['type', 'id', 'status']),
          summary: this.#parts(raw['summary'], `${index}/summary`, isWhole),
        };
        if (Array.isArray(raw['content'])) item['content'] = this.#parts(raw['content'], `${index}/content`, isWhole);
        return item;
      }
      case 'function_call':
        return { ...this.#call(raw), arguments: isWhole ? this.whole(`${index}/arguments/0`, raw['arguments']) : '' };
      case 'custom_tool_call':
        return { ...this.#call(raw), input: isWhole ? this.whole(`${index}/input/0`, raw['input']) : '' };
      default:
        return undefined;
    }
  }

  #parts(raw: Json | undefined, prefix: string, isWhole: boolean): JsonObject[] {
    const parts = Array.isArray(raw) ? raw : [];
    return parts.map((part, at) => this.part(part, `${prefix}/${at}`, isWhole)).filter((part) => part !== undefined);
  }

  #call(raw: JsonObject): JsonObject {
    const name = typeof raw['name'] === 'string' ? this.#channels.once(raw['name']) : '';
    return { ...this.#labels.pick(raw, ['type', 'id', 'call_id', 'status']), name };
  }

  /** Where an event belongs: indexes and the item's id. */
  place(event: JsonObject): JsonObject {
    const at = this.#labels.pick(event, ['item_id']);
    for (const name of ['output_index', 'content_index', 'summary_index']) {
      const index = asNumber(event[name]);
      if (index !== undefined) at[name] = index;
    }
    return at;
  }
}

const FRAME = object(RESPONSE_FIELDS);

/** The response object without its output, from the members that are known. */
export function responseFrame(raw: Json | undefined, channels: Channels): JsonObject {
  const frame = isObject(raw) ? structuredClone(raw) : {};
  delete frame['output'];
  for (const turn of walk(frame, FRAME, { mode: 'drop-unknown', origin: 'model' }).turns) {
    for (const part of turn.parts) rewrite(part, channels.once(part.text));
  }
  return { ...frame, output: [] };
}
