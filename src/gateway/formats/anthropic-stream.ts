// The stream of Anthropic messages: https://docs.anthropic.com/en/docs/build-with-claude/streaming
// Each event is put together anew from the members that are known; the text of each block is a channel.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import type { SseEvent, StreamAdapter, StreamOptions, Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { anthropicError } from './anthropic-errors.ts';
import { anthropicUsage } from './anthropic-usage.ts';
import { Labels } from './labels.ts';

const BLOCKS_MAX = 256;
const SEAL = /^[\w+/=.:-]{0,65536}$/;

/** Deltas that carry text, and the member that carries it. */
const TEXT_DELTAS: Readonly<Record<string, string>> = { text_delta: 'text', thinking_delta: 'thinking', input_json_delta: 'partial_json' };

const event = (name: string, body: JsonObject): string => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...body })}\n\n`;

interface Block {
  /** Type of the delta that the block's text comes in. */
  delta: string | undefined;
}

export class AnthropicStream implements StreamAdapter {
  readonly #options: StreamOptions;
  readonly #labels: Labels;
  readonly #blocks = new Map<number, Block>();
  readonly #counts: Record<string, number> = {};
  #isStarted = false;
  #isCounted = false;
  #isStopped = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#labels = new Labels(options.channels);
  }

  onEvent({ data }: SseEvent): string {
    const body = parse(data);
    switch (body['type']) {
      case 'message_start':
        return this.#onStart(body);
      case 'content_block_start':
        return this.#onBlockStart(body);
      case 'content_block_delta':
        return this.#onDelta(body);
      case 'content_block_stop':
        return this.#onBlockStop(body);
      case 'message_delta':
        return this.#onMessageDelta(body);
      case 'message_stop':
        this.#isStopped = true;
        return this.#flushAll();
      case 'ping':
        return event('ping', {});
      case 'error':
        throw gatewayFault('upstream_invalid', { what: 'the upstream reported an error in the stream' });
      default:
        // Unknown events are never passed.
        return '';
    }
  }

  #onStart(body: JsonObject): string {
    const message = isObject(body['message']) ? body['message'] : {};
    this.#isStarted = true;
    this.#count(message['usage']);
    const said = {
      ...this.#labels.pick(message, ['id', 'type', 'role', 'model']),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: this.#usageNow(),
    };
    return event('message_start', { message: said });
  }

  #onBlockStart(body: JsonObject): string {
    const index = this.#indexOf(body);
    const raw = isObject(body['content_block']) ? body['content_block'] : {};
    const block: Block = { delta: undefined };
    const said = this.#blockOf(raw);
    if (said === undefined) return '';
    if (this.#blocks.has(index)) throw gatewayFault('upstream_invalid', { what: 'a block is opened twice' });
    if (this.#blocks.size >= BLOCKS_MAX) throw gatewayFault('upstream_invalid', { what: `more than ${BLOCKS_MAX} blocks at a time` });
    this.#blocks.set(index, block);
    const opening = this.#openingText(raw, index, block);
    return event('content_block_start', { index, content_block: said }) + opening;
  }

  /** The block as it may be shown, without text: that goes through its channel. Undefined for kinds that are not known. */
  #blockOf(raw: JsonObject): JsonObject | undefined {
    switch (raw['type']) {
      case 'text':
        return { type: 'text', text: '' };
      case 'thinking':
        return { type: 'thinking', thinking: '', signature: '' };
      case 'tool_use': {
        const name = this.#options.channels.once(typeof raw['name'] === 'string' ? raw['name'] : '');
        const id = this.#options.channels.once(typeof raw['id'] === 'string' ? raw['id'] : '');
        return { type: 'tool_use', id, name, input: isObject(raw['input']) ? this.#options.channels.tree(raw['input']) : {} };
      }
      default:
        return undefined;
    }
  }

  /** Some servers put the first words into the opening event. */
  #openingText(raw: JsonObject, index: number, block: Block): string {
    for (const [delta, member] of [
      ['text_delta', 'text'],
      ['thinking_delta', 'thinking'],
    ] as const) {
      const text = raw[member];
      if (typeof text === 'string' && text !== '') return this.#push(index, block, { delta, text });
    }
    return '';
  }

  #onDelta(body: JsonObject): string {
    const index = this.#indexOf(body);
    const block = this.#blocks.get(index);
    const delta = isObject(body['delta']) ? body['delta'] : {};
    if (block === undefined) return '';
    const type = String(delta['type']);
    const member = TEXT_DELTAS[type];
    if (member !== undefined) {
      const text = delta[member];
      if (typeof text !== 'string') throw gatewayFault('upstream_invalid', { what: 'a delta has no text' });
      return this.#push(index, block, { delta: type, text });
    }
    if (type === 'signature_delta') return this.#onSignature(index, delta);
    if (type === 'citations_delta')
      return event('content_block_delta', { index, delta: { type, citation: this.#options.channels.tree(delta['citation'] ?? null) } });
    return '';
  }

  /** A signature seals the thinking as the upstream wrote it; behind a masked text it would seal something else. */
  #onSignature(index: number, delta: JsonObject): string {
    const signature = delta['signature'];
    if (typeof signature !== 'string' || !SEAL.test(signature)) return '';
    const block = this.#blocks.get(index);
    const rest = block === undefined ? '' : this.#flush(index, block);
    const isClean = this.#options.channels.isClean(`block ${index}`) && this.#options.channels.once(signature) === signature;
    if (!isClean) return rest;
    return rest + event('content_block_delta', { index, delta: { type: 'signature_delta', signature } });
  }

  #push(index: number, block: Block, piece: { readonly delta: string; readonly text: string }): string {
    if ((block.delta ?? piece.delta) !== piece.delta) throw gatewayFault('upstream_invalid', { what: 'a block changes its kind' });
    block.delta = piece.delta;
    return this.#say(
      index,
      block,
      this.#options.channels.push(`block ${index}`, piece.text, piece.delta === 'text_delta' ? 'text' : undefined),
    );
  }

  #say(index: number, block: Block, text: string): string {
    if (text === '' || block.delta === undefined) return '';
    return event('content_block_delta', { index, delta: { type: block.delta, [TEXT_DELTAS[block.delta] ?? 'text']: text } });
  }

  #flush(index: number, block: Block): string {
    return this.#say(index, block, this.#options.channels.end(`block ${index}`));
  }

  #onBlockStop(body: JsonObject): string {
    const index = this.#indexOf(body);
    const block = this.#blocks.get(index);
    if (block === undefined) return '';
    this.#blocks.delete(index);
    return this.#flush(index, block) + event('content_block_stop', { index });
  }

  #onMessageDelta(body: JsonObject): string {
    const delta = isObject(body['delta']) ? body['delta'] : {};
    this.#count(body['usage']);
    this.#isCounted = true;
    const sequence = delta['stop_sequence'];
    const said: Record<string, Json> = {
      ...this.#labels.pick(delta, ['stop_reason']),
      stop_sequence: typeof sequence === 'string' ? this.#options.channels.once(sequence) : null,
    };
    return this.#flushAll() + event('message_delta', { delta: said, usage: this.#usageNow() });
  }

  #flushAll(): string {
    let out = '';
    for (const [index, block] of this.#blocks) out += this.#flush(index, block);
    return out;
  }

  #indexOf(body: JsonObject): number {
    const index = asNumber(body['index']);
    if (index === undefined) throw gatewayFault('upstream_invalid', { what: 'an event has no index' });
    return index;
  }

  /** Counts in later events replace those of the first, as Anthropic says they are cumulative. */
  #count(usage: unknown): void {
    if (!isObject(usage)) return;
    for (const name of ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens']) {
      const count = asNumber(usage[name]);
      if (count !== undefined) this.#counts[name] = count;
    }
  }

  #usageNow(): JsonObject {
    return { input_tokens: 0, output_tokens: 0, ...this.#counts };
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    return { text: this.#flushAll(), isComplete: this.#isStarted && this.#isStopped };
  }

  finale(): string {
    return event('message_stop', {});
  }

  usage(): Usage | undefined {
    const { input_tokens: input } = this.#counts;
    // The count in the opening event is of a message that has hardly begun: a stream that is cut is charged its bound.
    if (input === undefined || !this.#isCounted) return undefined;
    return anthropicUsage(this.#counts);
  }

  fail(fault: Fault, requestId: string): string {
    return `event: error\ndata: ${JSON.stringify(anthropicError(fault, requestId))}\n\n`;
  }
}

function parse(data: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch (cause) {
    throw gatewayFault('upstream_invalid', { what: 'an event is not JSON' }, { cause });
  }
  if (!isObject(parsed)) throw gatewayFault('upstream_invalid', { what: 'an event is not a JSON object' });
  return parsed;
}
