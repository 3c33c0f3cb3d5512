// The stream of OpenAI responses. Text leaves through its channel as it arrives; the copies of it that later events carry
// (`.done`, the finished item, the finished response) are replaced by what the channel has let out.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import type { SseEvent, StreamAdapter, StreamOptions, Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { openaiErrorOf } from './openai-errors.ts';
import { parseEvent } from './openai-event.ts';
import { responseFrame, ResponsesItems } from './openai-responses-items.ts';
import { openaiUsage } from './openai-usage.ts';

/** Events whose text is a channel: the member that places it, and the member that carries the text when it is complete. */
const TEXT_EVENTS: Readonly<Record<string, { readonly part: string; readonly whole: string }>> = {
  'response.output_text': { part: 'content', whole: 'text' },
  'response.refusal': { part: 'content', whole: 'refusal' },
  'response.reasoning_text': { part: 'content', whole: 'text' },
  'response.reasoning_summary_text': { part: 'summary', whole: 'text' },
  'response.function_call_arguments': { part: 'arguments', whole: 'arguments' },
  'response.custom_tool_call_input': { part: 'input', whole: 'input' },
};

const ENDS = new Set(['response.completed', 'response.incomplete', 'response.failed']);
const PROGRESS = new Set(['response.created', 'response.in_progress', 'response.queued']);

export class ResponsesStream implements StreamAdapter {
  readonly #options: StreamOptions;
  readonly #items: ResponsesItems;
  /** Channels that are open, with the event that says more on them. */
  readonly #open = new Map<string, { readonly name: string; readonly at: JsonObject }>();
  #sequence = 0;
  #usage: Usage | undefined;
  #answer: JsonObject | undefined;
  #finale: string | undefined;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#items = new ResponsesItems(options.channels);
  }

  onEvent({ data }: SseEvent): string {
    if (data === '[DONE]') return '';
    const body = parseEvent(data);
    const type = String(body['type']);
    if (PROGRESS.has(type)) return this.#say(type, { response: responseFrame(body['response'], this.#options.channels) });
    if (ENDS.has(type)) return this.#onEnding(type, body);
    const [, stem = '', step = ''] = /^(.*)\.(delta|done|added)$/.exec(type) ?? [];
    const place = TEXT_EVENTS[stem];
    if (place !== undefined) return step === 'delta' ? this.#onDelta(stem, body) : step === 'done' ? this.#onDone(stem, body) : '';
    return this.#onStructure(stem, step, body);
  }

  #onDelta(stem: string, body: JsonObject): string {
    const { delta } = body;
    if (typeof delta !== 'string') throw gatewayFault('upstream_invalid', { what: 'a delta has no text' });
    const at = this.#items.place(body);
    const key = this.#keyOf(stem, body);
    const name = `${stem}.delta`;
    if ((this.#open.get(key)?.name ?? name) !== name) throw gatewayFault('upstream_invalid', { what: 'a part changes its kind' });
    this.#open.set(key, { name, at });
    const released = this.#items.push(key, delta);
    return released === '' ? '' : this.#say(name, { ...at, delta: released });
  }

  #onDone(stem: string, body: JsonObject): string {
    const key = this.#keyOf(stem, body);
    const flushed = this.#flush(key);
    const whole = TEXT_EVENTS[stem]?.whole ?? 'text';
    const said: JsonObject = { ...this.#items.place(body), [whole]: this.#items.whole(key, body[whole]) };
    if (typeof body['name'] === 'string') said['name'] = this.#options.channels.once(body['name']);
    return flushed + this.#say(`${stem}.done`, said);
  }

  #onStructure(stem: string, step: string, body: JsonObject): string {
    const at = this.#items.place(body);
    if (stem === 'response.output_item') return this.#onItem(step, body, at);
    if (stem === 'response.content_part') return this.#onPart(`${stem}.${step}`, body, 'content');
    if (stem === 'response.reasoning_summary_part') return this.#onPart(`${stem}.${step}`, body, 'summary');
    if (stem === 'response.output_text.annotation' && step === 'added') {
      return this.#say('response.output_text.annotation.added', {
        ...at,
        annotation_index: asNumber(body['annotation_index']) ?? 0,
        annotation: this.#options.channels.tree(body['annotation'] ?? null),
      });
    }
    // Unknown events are never passed.
    return '';
  }

  #onPart(name: string, body: JsonObject, list: 'content' | 'summary'): string {
    const isDone = name.endsWith('.done');
    const key = `${asNumber(body['output_index']) ?? 0}/${list}/${asNumber(body[`${list}_index`]) ?? 0}`;
    const flushed = isDone ? this.#flush(key) : '';
    const part = this.#items.part(body['part'], key, isDone);
    return part === undefined ? flushed : flushed + this.#say(name, { ...this.#items.place(body), part });
  }

  #onItem(step: string, body: JsonObject, at: JsonObject): string {
    const index = asNumber(body['output_index']) ?? 0;
    const flushed = step === 'done' ? this.#flushItem(index) : '';
    const item = this.#items.item(body['item'], index, step === 'done');
    return item === undefined ? flushed : flushed + this.#say(`response.output_item.${step}`, { ...at, item });
  }

  #onEnding(type: string, body: JsonObject): string {
    const raw = isObject(body['response']) ? body['response'] : {};
    const flushed = this.#flushAll();
    this.#usage = openaiUsage(raw['usage']) ?? this.#usage;
    const output = Array.isArray(raw['output'])
      ? raw['output'].map((item, index) => this.#items.item(item, index, true)).filter((item) => item !== undefined)
      : [];
    this.#answer = { ...responseFrame(raw, this.#options.channels), output };
    this.#finale = this.#say(type, { response: this.#answer });
    return flushed;
  }

  #keyOf(stem: string, body: JsonObject): string {
    const part = TEXT_EVENTS[stem]?.part ?? 'content';
    const output = asNumber(body['output_index']) ?? 0;
    const index = part === 'content' ? (asNumber(body['content_index']) ?? 0) : (asNumber(body['summary_index']) ?? 0);
    return `${output}/${part}/${index}`;
  }

  #flush(key: string): string {
    const open = this.#open.get(key);
    if (open === undefined) return '';
    this.#open.delete(key);
    const rest = this.#items.end(key);
    return rest === '' ? '' : this.#say(open.name, { ...open.at, delta: rest });
  }

  #flushItem(index: number): string {
    return [...this.#open.keys()]
      .filter((key) => key.startsWith(`${index}/`))
      .map((key) => this.#flush(key))
      .join('');
  }

  #flushAll(): string {
    return [...this.#open.keys()].map((key) => this.#flush(key)).join('');
  }

  /** Numbered anew, because events may be dropped or added on the way. */
  #say(type: string, body: Readonly<Record<string, Json>>): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#sequence++, ...body })}\n\n`;
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    return { text: this.#flushAll(), isComplete: this.#finale !== undefined };
  }

  finale(): string {
    return this.#finale ?? '';
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  answer(): JsonObject | undefined {
    return this.#answer;
  }

  fail(fault: Fault, requestId: string): string {
    const { code, message, param } = openaiErrorOf(fault, requestId);
    return this.#say('error', { code, message, param });
  }
}
