// A stream of choices that have one text each: OpenAI completions.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import type { SseEvent, StreamAdapter, StreamOptions, Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { frameOf, parseEvent, sse } from './openai-event.ts';
import { openaiError } from './openai-errors.ts';
import { Labels } from './labels.ts';
import { openaiUsage, toOpenaiUsage } from './openai-usage.ts';

export interface PlainStreamOptions extends StreamOptions {
  readonly read: (choice: JsonObject) => Json | undefined;
  readonly write: (index: number, piece: string, finish: string | null) => JsonObject;
}

export class PlainStream implements StreamAdapter {
  readonly #options: PlainStreamOptions;
  readonly #labels: Labels;
  readonly #open = new Set<number>();
  #seen = 0;
  #frame: JsonObject = {};
  #usage: Usage | undefined;
  #isDone = false;

  constructor(options: PlainStreamOptions) {
    this.#options = options;
    this.#labels = new Labels(options.channels);
  }

  onEvent(event: SseEvent): string {
    if (event.data === '[DONE]') {
      this.#isDone = true;
      return this.#flushAll();
    }
    const chunk = parseEvent(event.data);
    this.#frame = frameOf(chunk, this.#labels);
    let out = '';
    const { choices } = chunk;
    for (const choice of Array.isArray(choices) ? choices : []) if (isObject(choice)) out += this.#onChoice(choice);
    this.#usage = openaiUsage(chunk['usage']) ?? this.#usage;
    return out;
  }

  #onChoice(choice: JsonObject): string {
    const index = asNumber(choice['index']) ?? 0;
    this.#open.add(index);
    this.#seen++;
    const text = this.#options.read(choice);
    if (text !== undefined && typeof text !== 'string') throw gatewayFault('upstream_invalid', { what: 'a text is not a string' });
    const released = this.#options.channels.push(`${index}/text`, text ?? '');
    const out = released === '' ? '' : this.#say(index, released);
    // Some servers send an empty reason with every chunk.
    if (typeof choice['finish_reason'] !== 'string' || choice['finish_reason'] === '') return out;
    return out + this.#flush(index) + this.#say(index, '', this.#options.channels.once(choice['finish_reason']));
  }

  /** Some servers count anew in every chunk. The last count holds, and it comes behind all text. */
  #accounts(): string {
    return this.#usage === undefined || !this.#options.wantsUsage ? '' : sse({ ...this.#frame, ...toOpenaiUsage(this.#usage) });
  }

  #say(index: number, piece: string, finish: string | null = null): string {
    return sse({ ...this.#frame, choices: [this.#options.write(index, piece, finish)] });
  }

  #flush(index: number): string {
    this.#open.delete(index);
    const rest = this.#options.channels.end(`${index}/text`);
    return rest === '' ? '' : this.#say(index, rest);
  }

  #flushAll(): string {
    return [...this.#open].map((index) => this.#flush(index)).join('');
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    const isComplete = this.#isDone || (this.#seen > 0 && this.#open.size === 0);
    return { text: this.#flushAll() + this.#accounts(), isComplete };
  }

  finale(): string {
    return 'data: [DONE]\n\n';
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  fail(fault: Fault, requestId: string): string {
    return sse(openaiError(fault, requestId));
  }
}
