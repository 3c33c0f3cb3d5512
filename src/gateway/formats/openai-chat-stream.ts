// The stream of chat completions. Each chunk is taken apart and put together anew from the members that are known;
// text goes through its channel, and an event that has nothing left to say is not sent.
import type { Fault } from '../../core/fault.ts';
import type { JsonObject } from '../../core/types.ts';
import { gatewayFault } from '../faults.ts';
import type { SseEvent, StreamAdapter, StreamOptions, Usage } from '../wire/format.ts';
import { asNumber, isObject } from '../wire/json-shape.ts';
import { frameOf, parseEvent, sse } from './openai-event.ts';
import { openaiError } from './openai-errors.ts';
import { CallSlots } from './call-slots.ts';
import { Labels } from './labels.ts';
import { openaiUsage, toOpenaiUsage } from './openai-usage.ts';
import { LogprobQueue } from './logprob-queue.ts';

/** Text members of a delta, each a channel of its own. */
const TEXT_MEMBERS = ['content', 'refusal', 'reasoning_content', 'reasoning'] as const;
const TOOL_CALLS_MAX = 128;
const CHOICES_MAX = 128;

interface Choice {
  /** Channels in the order in which they were first heard. */
  readonly channels: Map<string, (rest: string) => JsonObject>;
  /** Names of its tool calls. */
  readonly names: Map<string, string>;
  readonly slots: CallSlots;
  readonly logprobs: LogprobQueue;
  isFinished: boolean;
}

export function openaiChatStream(options: StreamOptions): StreamAdapter {
  return new ChatStream(options);
}

class ChatStream implements StreamAdapter {
  readonly #options: StreamOptions;
  readonly #labels: Labels;
  readonly #choices = new Map<number, Choice>();
  #frame: JsonObject = {};
  #usage: Usage | undefined;
  #isDone = false;

  constructor(options: StreamOptions) {
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
    const choices = chunk['choices'];
    let out = '';
    for (const choice of Array.isArray(choices) ? choices : []) if (isObject(choice)) out += this.#onChoice(choice);
    this.#usage = openaiUsage(chunk['usage']) ?? this.#usage;
    return out;
  }

  /** Some servers count anew in every chunk. The last count holds, and it comes behind all text. */
  #accounts(): string {
    return this.#usage === undefined || !this.#options.wantsUsage ? '' : sse({ ...this.#frame, ...toOpenaiUsage(this.#usage) });
  }

  #onChoice(raw: JsonObject): string {
    const index = asNumber(raw['index']) ?? 0;
    const choice = this.#choice(index);
    const delta = isObject(raw['delta']) ? raw['delta'] : {};
    const out: JsonObject = {};
    if (typeof delta['role'] === 'string') out['role'] = 'assistant';
    for (const member of TEXT_MEMBERS) this.#onText(choice, { key: `${index}/${member}`, member, text: delta[member], out });
    const calls = this.#onToolCalls(choice, index, delta['tool_calls']);
    if (calls.length > 0) out['tool_calls'] = calls;
    this.#onFunctionCall(choice, { index, call: delta['function_call'], out });
    const logprobs = choice.logprobs.take(raw['logprobs'], {
      text: delta['content'],
      released: out['content'],
      isClean: this.#options.channels.isClean(`${index}/content`),
    });
    let text = Object.keys(out).length > 0 ? this.#say(index, out, { logprobs }) : '';
    // Some servers send an empty reason with every chunk.
    if (typeof raw['finish_reason'] === 'string' && raw['finish_reason'] !== '') {
      choice.isFinished = true;
      text += this.#flush(index, choice) + this.#say(index, {}, { finish: this.#options.channels.once(raw['finish_reason']) });
    }
    return text;
  }

  #onText(choice: Choice, at: { readonly key: string; readonly member: string; readonly text: unknown; readonly out: JsonObject }): void {
    if (typeof at.text !== 'string') return;
    choice.channels.set(at.key, (rest) => ({ [at.member]: rest }));
    const released = this.#options.channels.push(at.key, at.text);
    // An empty first content is how OpenAI opens a message; clients wait for it.
    if (released !== '' || at.text === '') at.out[at.member] = released;
  }

  #onToolCalls(choice: Choice, index: number, calls: unknown): JsonObject[] {
    const out: JsonObject[] = [];
    for (const raw of Array.isArray(calls) ? calls : []) {
      if (!isObject(raw)) continue;
      const member = isObject(raw['custom']) ? 'custom' : 'function';
      const call = choice.slots.of(raw, member);
      if (call >= TOOL_CALLS_MAX) throw gatewayFault('upstream_invalid', { what: `more than ${TOOL_CALLS_MAX} tool calls` });
      const key = `${index}/tool_calls/${call}/${member}`;
      const said = this.#onCallBody(choice, { key, call, member, body: raw[member] });
      const opening: JsonObject = {};
      // Some servers send an empty id with every further piece, which clients take for a new one.
      if (typeof raw['id'] === 'string' && raw['id'] !== '')
        Object.assign(opening, { id: this.#options.channels.once(raw['id']), type: member });
      if (Object.keys(said).length > 0 || 'id' in opening) out.push({ index: call, ...opening, [member]: said });
    }
    return out;
  }

  #onCallBody(
    choice: Choice,
    at: { readonly key: string; readonly call: number; readonly member: string; readonly body: unknown },
  ): JsonObject {
    const body = isObject(at.body) ? at.body : {};
    const argument = at.member === 'custom' ? 'input' : 'arguments';
    const said: JsonObject = {};
    const name = this.#newName(choice, at.key, body['name']);
    if (name !== undefined) said['name'] = name;
    const text = body[argument];
    if (typeof text === 'string') {
      choice.channels.set(at.key, (rest) => ({ tool_calls: [{ index: at.call, [at.member]: { [argument]: rest } }] }));
      const released = this.#options.channels.push(at.key, text);
      if (released !== '' || text === '') said[argument] = released;
    }
    return said;
  }

  /** A name is said once, and whole: clients join pieces of it, or take the last. Some servers repeat it with every piece. */
  #newName(choice: Choice, key: string, name: unknown): string | undefined {
    if (typeof name !== 'string') return undefined;
    const known = choice.names.get(key) ?? '';
    if (known !== '' && (name === '' || name === known)) return undefined;
    if (known !== '') throw gatewayFault('upstream_invalid', { what: 'a tool call changes its name' });
    choice.names.set(key, name);
    return this.#options.channels.once(name);
  }

  #onFunctionCall(choice: Choice, at: { readonly index: number; readonly call: unknown; readonly out: JsonObject }): void {
    if (!isObject(at.call)) return;
    const said: JsonObject = {};
    const name = this.#newName(choice, `${at.index}/function_call`, at.call['name']);
    if (name !== undefined) said['name'] = name;
    if (typeof at.call['arguments'] === 'string') {
      const key = `${at.index}/function_call`;
      choice.channels.set(key, (rest) => ({ function_call: { arguments: rest } }));
      said['arguments'] = this.#options.channels.push(key, at.call['arguments']);
    }
    at.out['function_call'] = said;
  }

  #choice(index: number): Choice {
    const known = this.#choices.get(index);
    if (known !== undefined) return known;
    if (this.#choices.size >= CHOICES_MAX) throw gatewayFault('upstream_invalid', { what: `more than ${CHOICES_MAX} choices` });
    const fresh: Choice = {
      channels: new Map(),
      names: new Map(),
      slots: new CallSlots(),
      logprobs: new LogprobQueue((token) => this.#options.channels.once(token) === token),
      isFinished: false,
    };
    this.#choices.set(index, fresh);
    return fresh;
  }

  #say(index: number, delta: JsonObject, more: { readonly logprobs?: JsonObject | undefined; readonly finish?: string } = {}): string {
    const choice: JsonObject = { index, delta, finish_reason: more.finish ?? null };
    if (more.logprobs !== undefined) choice['logprobs'] = more.logprobs;
    return sse({ ...this.#frame, choices: [choice] });
  }

  #flush(index: number, choice: Choice): string {
    let out = '';
    for (const [key, toDelta] of choice.channels) {
      const rest = this.#options.channels.end(key);
      if (rest !== '') out += this.#say(index, toDelta(rest));
    }
    choice.channels.clear();
    return out;
  }

  #flushAll(): string {
    let out = '';
    for (const [index, choice] of this.#choices) out += this.#flush(index, choice);
    return out;
  }

  onEnd(): { readonly text: string; readonly isComplete: boolean } {
    const isComplete = this.#isDone || (this.#choices.size > 0 && [...this.#choices.values()].every((choice) => choice.isFinished));
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
