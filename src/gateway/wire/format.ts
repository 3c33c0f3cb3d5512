// What the gateway needs to know of a wire format. One file in `formats/` carries one out; nothing else knows their names.
import type { Fault } from '../../core/fault.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import type { ItemDoor } from '../item-memory.ts';
import type { ObjectShape } from './shape.ts';

export type FormatId =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'anthropic-messages'
  | 'anthropic-count-tokens'
  | 'open-inference';

/** Tokens as the upstream counted them. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input: read from the provider's cache. */
  readonly cachedTokens?: number;
  /** Of the output: thoughts. */
  readonly reasoningTokens?: number;
  /** Counted here and not there: it is never charged beyond its bound. */
  readonly isEstimated?: true;
}

/** What the caller asks for that bears on cost. */
export interface Demand {
  readonly outputTokensMax: number | undefined;
  readonly choices: number;
  /** Absent: as many as the body has bytes. */
  readonly inputTokens?: number;
}

/** What the upstream adds to what a request may ask. */
export interface PrepareCaps {
  readonly outputTokens: number;
  readonly isOpenAi: boolean;
  readonly passFields: ReadonlySet<string>;
}

export interface WireFormat {
  readonly id: FormatId;
  /** The format in which the upstream is asked, where it is not the caller's own. */
  readonly over?: FormatId;
  /** Path below the API root, for example `/chat/completions`. */
  readonly path: string;
  readonly provider: 'openai' | 'anthropic';
  readonly request: ObjectShape;
  readonly response: ObjectShape;
  demand(body: JsonObject): Demand;
  /** Sets the cap where the caller set none, asks for usage in streams, and translates where the upstream speaks another format. */
  prepare(body: JsonObject, caps: PrepareCaps): void;
  /** Puts the content of earlier answers in the place of references to it. */
  recall?(body: JsonObject, items: ItemDoor): void;
  /** Hands over what later requests may refer to. The answer is judged: it holds what the caller gets. */
  remember?(answer: JsonObject, items: ItemDoor): void;
  /** Takes out of a judged answer what rests on text that was masked, and translates it where the caller speaks another format. */
  tidy?(answer: JsonObject, told: Told): void;
  usage(answer: JsonObject): Usage | undefined;
  /** Appends trusted text to the operator's instructions, making them where there are none. */
  instruct(body: JsonObject, addition: string): void;
  /** Body of an error in this format. */
  error(fault: Fault, requestId: string): JsonObject;
  /** Says no in the model's voice, for `blockAs: refusal`; absent for formats in which nobody speaks. */
  readonly refusal?: RefusalVoice;
  /** Absent for formats that do not stream. */
  stream?(options: StreamOptions): StreamAdapter;
}

/** What is known of an answer beside its text. */
export interface Told {
  readonly wasMasked: boolean;
  /** When it came, for formats that say so where the upstream's own does not. */
  readonly atMs: number;
}

export interface RefusalSaid {
  readonly words: string;
  /** Names this answer alone. */
  readonly id: string;
  readonly atMs: number;
}

/** A refusal as clients of the format read it. */
export interface RefusalVoice {
  answer(request: JsonObject, said: RefusalSaid): JsonObject;
  /** The same answer as the events of a stream, from the first to the last. */
  events(answer: JsonObject, wantsUsage: boolean): string;
}

/** Identifies one channel of one answer; text of different channels is never joined. */
export type ChannelKey = string;

export interface StreamOptions {
  /** Whether the caller itself asked for a usage event. */
  readonly wantsUsage: boolean;
  /** When the upstream was asked, for formats that say so where the upstream's own does not. */
  readonly atMs: number;
  /** Judges and releases text of a channel. */
  readonly channels: Channels;
}

export interface Channels {
  /**
   * Hands text in; gives back what is released now, possibly nothing. Channels of one `group` are read as one text, in the order in
   * which they open: a match that runs over the edge of two of them stops the answer.
   */
  push(key: ChannelKey, text: string, group?: string): string;
  /** No more text will come on this channel: gives back all that was held. */
  end(key: ChannelKey): string;
  /** Judges a text that arrives whole (a name, a final copy); gives back what may be shown. */
  once(text: string): string;
  /** Judges any JSON, keys and long numbers included; gives back a copy of what may be shown. */
  tree(value: Json): Json;
  /** True when nothing in the channel has been masked so far. */
  isClean(key: ChannelKey): boolean;
}

export interface StreamAdapter {
  /**
   * Turns one upstream event into the events that leave now, already serialised as server-sent events.
   * Unknown events and members give nothing. Throws `upstream_invalid` on what cannot be read.
   */
  onEvent(event: SseEvent): string;
  /** The upstream closed the stream: gives what is still due. `isComplete` tells whether the format's own end was seen. */
  onEnd(): { readonly text: string; readonly isComplete: boolean };
  /** The part of `onEvent`'s output that ends the stream is kept back until the record is closed; this releases it. */
  finale(): string;
  usage(): Usage | undefined;
  /** The whole answer as it was released, for formats whose later requests refer to it. */
  answer?(): JsonObject | undefined;
  /** One well-formed error event of this format. */
  fail(fault: Fault, requestId: string): string;
}

export interface SseEvent {
  readonly name: string;
  readonly data: string;
}
