// Anthropic's blocks come one after the other; the channels of a chat overlap, because each holds a tail of its own back until the
// choice is over. This stands between the adapter and the guards: as soon as one channel speaks, the one before it is ended, and
// what that still held is kept for the block that it belongs to. Each time that a channel begins to speak is a turn, and a block.
// Tool calls may be cut into each other. While one speaks, the others wait: what they say is judged as it comes, and kept until the end.
import { gatewayFault } from '../faults.ts';
import type { ChannelKey, Channels } from '../wire/format.ts';
import type { Json } from '../../core/types.ts';

const CALL = /\/(?:tool_calls|function_call)/;
/** Both become text blocks, and clients join those into one text. */
const TEXT = /\/(?:content|refusal)$/;

const SAME_THOUGHTS = '/reasoning';

/** What a channel held when another began to speak. */
export interface Rest {
  readonly key: ChannelKey;
  readonly turn: number;
  readonly text: string;
}

export class OneAtATime implements Channels {
  readonly #guards: Channels;
  /** The last turn of each channel, and how many it has had. */
  readonly #turns = new Map<ChannelKey, { readonly turn: number; readonly count: number }>();
  #rests: Rest[] = [];
  /** Calls that came while another one spoke. */
  readonly #waiting = new Set<ChannelKey>();
  #open: ChannelKey | undefined;
  #turn = 0;

  constructor(guards: Channels) {
    this.#guards = guards;
  }

  push(key: ChannelKey, text: string, group?: string): string {
    // Some servers say each thought twice, under the older and the newer name.
    if (key.endsWith(SAME_THOUGHTS) && this.#turns.has(`${key.slice(0, -SAME_THOUGHTS.length)}/reasoning_content`)) return '';
    if (text === '' && this.#open !== key) return '';
    if (this.waits(key)) return this.#guards.push(key, text, group);
    this.turnTo(key);
    return this.#guards.push(this.#nameOf(key), text, TEXT.test(key) ? 'text' : group);
  }

  end(key: ChannelKey): string {
    if (this.#waiting.has(key)) return this.#guards.end(key);
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

  /** Whether what this call says has its place behind what others say: another call has the word, or waits already. */
  waits(key: ChannelKey): boolean {
    if (this.#waiting.has(key)) return true;
    if (!CALL.test(key) || this.#turns.has(key)) return false;
    if (this.#waiting.size === 0 && (this.#open === undefined || !CALL.test(this.#open))) return false;
    this.#waiting.add(key);
    return true;
  }

  /** From here on this channel speaks. Throws `upstream_invalid` for a call that text has ended: two halves would be two calls. */
  turnTo(key: ChannelKey): void {
    const before = this.#open;
    if (before === key) return;
    if (before !== undefined) {
      const text = this.#guards.end(this.#nameOf(before));
      if (text !== '') this.#rests.push({ key: before, turn: this.turnOf(before), text });
    }
    const count = this.#turns.get(key)?.count ?? 0;
    if (count > 0 && CALL.test(key)) throw gatewayFault('upstream_invalid', { what: 'a tool call goes on behind the text after it' });
    this.#turns.set(key, { turn: ++this.#turn, count: count + 1 });
    this.#open = key;
  }

  /** The turn in which the channel spoke last. */
  turnOf(key: ChannelKey): number {
    return this.#turns.get(key)?.turn ?? 0;
  }

  /** What was held in turns before this one, in their order; given once. */
  takeRests(before: number): readonly Rest[] {
    if (this.#rests.length === 0) return [];
    const due = this.#rests.filter(({ turn }) => turn < before);
    this.#rests = this.#rests.filter(({ turn }) => turn >= before);
    return due;
  }

  /** A channel that speaks again is another one to the guards. */
  #nameOf(key: ChannelKey): ChannelKey {
    const count = this.#turns.get(key)?.count ?? 1;
    return count === 1 ? key : `${key} ${count}`;
  }
}
