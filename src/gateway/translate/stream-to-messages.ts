// A judged stream of OpenAI's chunks as events of Anthropic's. It reads what the guarded adapter lets out, never what the upstream sent.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import { anthropicError } from '../formats/anthropic-errors.ts';
import type { SseEvent, StreamAdapter, Usage } from '../wire/format.ts';
import { isObject } from '../wire/json-shape.ts';
import { toMessagesUsage } from './answer-to-messages.ts';
import type { OneAtATime, Rest } from './one-at-a-time.ts';
import { ownEvents } from './own-events.ts';
import { toStopReason, withCalls } from './stop-reasons.ts';

const event = (name: string, body: JsonObject): string => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...body })}\n\n`;

/** What a member of a delta becomes: the kind of block, and the kind of delta with the member that carries the text there. */
interface TextKind {
  readonly block: JsonObject;
  readonly delta: string;
  readonly text: string;
}

const THINKING: TextKind = { block: { type: 'thinking', thinking: '', signature: '' }, delta: 'thinking_delta', text: 'thinking' };
const TEXT: TextKind = { block: { type: 'text', text: '' }, delta: 'text_delta', text: 'text' };

const CALLED = { delta: 'input_json_delta', text: 'partial_json' } as const;

/** In the order in which the guarded adapter reads them. */
const TEXTS: ReadonlyMap<string, TextKind> = new Map([
  ['content', TEXT],
  ['refusal', TEXT],
  ['reasoning_content', THINKING],
  ['reasoning', THINKING],
]);

const NOTHING_COUNTED = { inputTokens: 0, outputTokens: 0 } as const;

/** The guarded adapter's name for the channel of a member of the first choice. */
const CHANNEL = /^0\/(\w+)$/;

interface Open {
  /** The turn of a channel that stands in this block. */
  readonly turn: number;
  readonly delta: string;
  readonly text: string;
}

/** A call that waits until the others have been told. */
interface Waiting {
  readonly id: Json;
  name: Json;
  said: string;
}

/** Most that calls may say while another has the word, in UTF-16 units. */
export const WAITING_UNITS_MAX = 1_048_576;

export class StreamToMessages implements StreamAdapter {
  readonly #inner: StreamAdapter;
  readonly #channels: OneAtATime;
  #open: Open | undefined;
  #blocks = 0;
  #isStarted = false;
  #stopReason: string | undefined;
  #hasRefused = false;
  #hasCalls = false;
  readonly #waiting = new Map<string, Waiting>();
  #waitingUnits = 0;

  /** `inner` judges the upstream's chunks through `channels`. */
  constructor(inner: StreamAdapter, channels: OneAtATime) {
    this.#inner = inner;
    this.#channels = channels;
  }

  onEvent(sent: SseEvent): string {
    return this.#translate(this.#inner.onEvent(sent));
  }

  #translate(text: string): string {
    let out = '';
    for (const chunk of ownEvents(text)) out += this.#onChunk(chunk);
    return out;
  }

  #onChunk(chunk: JsonObject): string {
    const choice = Array.isArray(chunk['choices']) ? chunk['choices'].find(isObject) : undefined;
    // A second choice was not asked for, and there is no place for it.
    if (choice === undefined || choice['index'] !== 0) return '';
    const delta = isObject(choice['delta']) ? choice['delta'] : {};
    let out = this.#start(chunk);
    for (const member of TEXTS.keys()) {
      const piece = delta[member];
      if (typeof piece === 'string' && piece !== '') out += this.#onText(`0/${member}`, this.#channels.turnOf(`0/${member}`), piece);
    }
    const calls = Array.isArray(delta['tool_calls']) ? delta['tool_calls'].filter(isObject) : [];
    for (const call of calls) out += this.#onCall(call);
    if (typeof choice['finish_reason'] === 'string') this.#stopReason = toStopReason(choice['finish_reason']);
    return out;
  }

  #start(chunk: JsonObject): string {
    if (this.#isStarted) return '';
    this.#isStarted = true;
    const { id, model } = chunk;
    return event('message_start', {
      message: {
        id: id ?? '',
        type: 'message',
        role: 'assistant',
        model: model ?? '',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 0, output_tokens: 0 },
      },
    });
  }

  #onText(key: string, turn: number, piece: string): string {
    return this.#settle(turn) + this.#textOf({ key, turn, text: piece });
  }

  /** Text of a channel that has no text here (one of another choice) says nothing. */
  #textOf({ key, turn, text }: Rest): string {
    const member = CHANNEL.exec(key)?.[1] ?? '';
    if (this.#open?.turn === turn) return this.#say(text);
    const kind = TEXTS.get(member);
    if (kind === undefined) return '';
    if (member === 'refusal') this.#hasRefused = true;
    return this.#begin({ turn, delta: kind.delta, text: kind.text }, { ...kind.block }) + this.#say(text);
  }

  #onCall(call: JsonObject): string {
    const wanted = call['function'];
    if (!isObject(wanted)) return '';
    const key = `0/tool_calls/${String(call['index'])}/function`;
    const { name, arguments: piece } = wanted;
    if (this.#channels.waits(key)) {
      this.#keep(key, call, wanted);
      return '';
    }
    // A call may open without a word of its arguments, and ends what was said before all the same.
    if (this.#channels.turnOf(key) === 0) this.#channels.turnTo(key);
    const turn = this.#channels.turnOf(key);
    let out = this.#settle(turn);
    this.#hasCalls = true;
    if (this.#open?.turn !== turn)
      out += this.#begin({ turn, ...CALLED }, { type: 'tool_use', id: call['id'] ?? '', name: name ?? '', input: {} });
    return typeof piece === 'string' && piece !== '' ? out + this.#say(piece) : out;
  }

  #keep(key: string, call: JsonObject, { name, arguments: piece }: JsonObject): void {
    const known = this.#waiting.get(key) ?? { id: call['id'] ?? '', name: '', said: '' };
    if (name !== undefined) known.name = name;
    if (typeof piece === 'string') {
      known.said += piece;
      this.#waitingUnits += piece.length;
    }
    if (this.#waitingUnits > WAITING_UNITS_MAX)
      throw gatewayFault('upstream_invalid', {
        what: `tool calls that are cut into each other say more than ${WAITING_UNITS_MAX} characters`,
      });
    this.#waiting.set(key, known);
  }

  /** The calls that have waited, one after the other. */
  #tellWaiting(): string {
    let out = '';
    for (const { id, name, said } of this.#waiting.values())
      out += this.#begin({ turn: Infinity, ...CALLED }, { type: 'tool_use', id, name, input: {} }) + this.#say(said) + this.#close();
    if (this.#waiting.size > 0) this.#hasCalls = true;
    return out;
  }

  #begin(open: Open, block: JsonObject): string {
    const closing = this.#close();
    this.#open = open;
    return closing + event('content_block_start', { index: this.#blocks, content_block: block });
  }

  /** Gives each block what its channel held when another began to speak; a block of which all was held begins here. */
  #settle(before: number): string {
    let out = '';
    for (const rest of this.#channels.takeRests(before)) out += this.#textOf(rest);
    return out;
  }

  #say(piece: Json): string {
    const open = this.#open;
    if (open === undefined || piece === '') return '';
    return event('content_block_delta', { index: this.#blocks, delta: { type: open.delta, [open.text]: piece } });
  }

  #close(): string {
    const open = this.#open;
    if (open === undefined) return '';
    const out = event('content_block_stop', { index: this.#blocks });
    this.#open = undefined;
    this.#blocks += 1;
    return out;
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    const { text, isComplete } = this.#inner.onEnd();
    const told = this.#translate(text) + this.#settle(Infinity) + this.#close();
    // Of a stream that broke off nobody can carry out a call.
    const last = isComplete ? told + this.#tellWaiting() : told;
    const said = {
      delta: { stop_reason: this.#whyItEnded(), stop_sequence: null },
      // Clients count on an object here; one that the upstream did not fill is empty, and the bound is charged.
      usage: toMessagesUsage(this.#inner.usage() ?? NOTHING_COUNTED),
    };
    return { text: isComplete ? last + event('message_delta', said) : last, isComplete: isComplete && this.#isStarted };
  }

  #whyItEnded(): string {
    if (this.#hasRefused) return 'refusal';
    const reason = this.#stopReason ?? 'end_turn';
    return this.#hasCalls ? withCalls(reason) : reason;
  }

  finale(): string {
    return event('message_stop', {});
  }

  usage(): Usage | undefined {
    return this.#inner.usage();
  }

  fail(fault: Fault, requestId: string): string {
    return `event: error\ndata: ${JSON.stringify(anthropicError(fault, requestId))}\n\n`;
  }
}
