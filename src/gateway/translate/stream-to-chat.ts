// A judged stream of Anthropic's as chunks of OpenAI's. It reads what the guarded adapter lets out, never what the upstream sent.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { openaiError } from '../formats/openai-errors.ts';
import { sse } from '../formats/openai-event.ts';
import { toOpenaiUsage } from '../formats/openai-usage.ts';
import type { SseEvent, StreamAdapter, StreamOptions, Usage } from '../wire/format.ts';
import { isObject } from '../wire/json-shape.ts';
import { createdAt, THINKING_BREAK } from './answer-to-chat.ts';
import { ownEvents } from './own-events.ts';
import { toFinishReason } from './stop-reasons.ts';

interface Call {
  readonly index: number;
  /** What the opening event says of the arguments. It is said at the end, and only if nothing came before: some servers say both. */
  readonly opening: string;
  hasArguments: boolean;
}

export class StreamToChat implements StreamAdapter {
  readonly #inner: StreamAdapter;
  readonly #wantsUsage: boolean;
  readonly #calls = new Map<Json, Call>();
  #callCount = 0;
  #thoughts = 0;
  #frame: JsonObject;

  /** `inner` judges the upstream's events; `options` are those of the caller's own format. */
  constructor(inner: StreamAdapter, options: StreamOptions) {
    this.#inner = inner;
    this.#wantsUsage = options.wantsUsage;
    this.#frame = { id: '', object: 'chat.completion.chunk', created: createdAt(options.atMs), model: '' };
  }

  onEvent(event: SseEvent): string {
    return this.#translate(this.#inner.onEvent(event));
  }

  #translate(text: string): string {
    let out = '';
    for (const event of ownEvents(text)) out += this.#say(event);
    return out;
  }

  #say(event: JsonObject): string {
    switch (event['type']) {
      case 'message_start':
        return this.#onStart(event);
      case 'content_block_start':
        return this.#onBlockStart(event);
      case 'content_block_delta':
        return this.#onDelta(event);
      case 'content_block_stop':
        return this.#onBlockStop(event);
      case 'message_delta': {
        const delta = isObject(event['delta']) ? event['delta'] : {};
        return this.#chunk({}, toFinishReason(delta['stop_reason']));
      }
      default:
        return '';
    }
  }

  #onStart(event: JsonObject): string {
    const message = isObject(event['message']) ? event['message'] : {};
    this.#frame = { ...this.#frame, id: message['id'] ?? '', model: message['model'] ?? '' };
    return this.#chunk({ role: 'assistant', content: '' });
  }

  #onBlockStart(event: JsonObject): string {
    const block = isObject(event['content_block']) ? event['content_block'] : {};
    if (block['type'] === 'thinking') return this.#thoughts++ === 0 ? '' : this.#chunk({ reasoning_content: THINKING_BREAK });
    if (block['type'] !== 'tool_use') return '';
    const { id, name, input } = block;
    // Some servers put the whole input into the opening event. A call without arguments has an empty object of them.
    const opening = JSON.stringify(isObject(input) ? input : {});
    const call = { index: this.#callCount++, opening, hasArguments: false };
    this.#calls.set(event['index'] ?? null, call);
    return this.#chunk({
      tool_calls: [{ index: call.index, id: id ?? '', type: 'function', function: { name: name ?? '', arguments: '' } }],
    });
  }

  #onDelta(event: JsonObject): string {
    const delta = isObject(event['delta']) ? event['delta'] : {};
    if (delta['type'] === 'text_delta') return this.#chunk({ content: delta['text'] ?? '' });
    if (delta['type'] === 'thinking_delta') return this.#chunk({ reasoning_content: delta['thinking'] ?? '' });
    const call = this.#calls.get(event['index'] ?? null);
    if (delta['type'] !== 'input_json_delta' || call === undefined) return '';
    call.hasArguments = true;
    return this.#arguments(call, delta['partial_json'] ?? '');
  }

  /** OpenAI's clients parse what they get: nothing is no JSON. */
  #onBlockStop(event: JsonObject): string {
    const call = this.#calls.get(event['index'] ?? null);
    this.#calls.delete(event['index'] ?? null);
    return call === undefined || call.hasArguments ? '' : this.#arguments(call, call.opening);
  }

  #arguments(call: Call, text: Json): string {
    return this.#chunk({ tool_calls: [{ index: call.index, function: { arguments: text } }] });
  }

  #chunk(delta: JsonObject, finish: string | null = null): string {
    return sse({ ...this.#frame, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] });
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    const { text, isComplete } = this.#inner.onEnd();
    const usage = this.#inner.usage();
    const accounts = this.#wantsUsage && usage !== undefined ? sse({ ...this.#frame, ...toOpenaiUsage(usage) }) : '';
    return { text: this.#translate(text) + accounts, isComplete };
  }

  finale(): string {
    return 'data: [DONE]\n\n';
  }

  usage(): Usage | undefined {
    return this.#inner.usage();
  }

  fail(fault: Fault, requestId: string): string {
    return sse(openaiError(fault, requestId));
  }
}
