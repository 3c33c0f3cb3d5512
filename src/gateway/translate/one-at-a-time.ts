// Anthropic's blocks come one after the other; the channels of a chat overlap, because each holds a tail of its own back until the
// choice is over. This stands between the adapter and the guards: as soon as one channel speaks, those before it are ended, and
// what they still held is kept for the block that it belongs to.
import { gatewayFault } from '../faults.ts';
import type { ChannelKey, Channels } from '../wire/format.ts';
import type { Json } from '../../core/types.ts';

const CALL = /\/(?:tool_calls|function_call)/;
/** Clients join the text blocks of a message into one text. */
const CONTENT = /\/content$/;

export class OneAtATime implements Channels {
  readonly #guards: Channels;
  /** A channel that speaks again after its end is another one to the guards. */
  readonly #turns = new Map<ChannelKey, number>();
  readonly #rests = new Map<ChannelKey, string>();
  #open: ChannelKey | undefined;

  constructor(guards: Channels) {
    this.#guards = guards;
  }

  push(key: ChannelKey, text: string, group?: string): string {
    if (text === '' && this.#open !== key) return '';
    this.turnTo(key);
    return this.#guards.push(this.#nameOf(key), text, CONTENT.test(key) ? 'text' : group);
  }

  end(key: ChannelKey): string {
    if (this.#open !== key) return '';
    this.#open = undefined;
    return this.#guards.end(this.#nameOf(key));
  }

  once(text: string): string {
    return this.#guards.once(text);
  }

  tree(value: Json): Json {
    return this.#guards.tree(value);
  }

  isClean(key: ChannelKey): boolean {
    return this.#guards.isClean(this.#nameOf(key));
  }

  /** From here on this channel speaks. Throws `upstream_invalid` for a call that was left before. */
  turnTo(key: ChannelKey): void {
    if (this.#open === key) return;
    const before = this.#open;
    if (before !== undefined) this.#rests.set(before, (this.#rests.get(before) ?? '') + this.#guards.end(this.#nameOf(before)));
    const turn = this.#turns.get(key);
    // Two halves of the arguments in two blocks would be two calls.
    if (turn !== undefined && CALL.test(key)) throw gatewayFault('upstream_invalid', { what: 'tool calls are interleaved' });
    this.#turns.set(key, (turn ?? 0) + 1);
    this.#open = key;
  }

  /** What channels held when another began to speak, in their order; given once. */
  takeRests(besides?: ChannelKey): readonly (readonly [ChannelKey, string])[] {
    if (this.#rests.size === 0) return [];
    const rests = [...this.#rests].filter(([key]) => key !== besides);
    for (const [key] of rests) this.#rests.delete(key);
    return rests;
  }

  #nameOf(key: ChannelKey): ChannelKey {
    const turn = this.#turns.get(key) ?? 1;
    return turn === 1 ? key : `${key} ${turn}`;
  }
}
