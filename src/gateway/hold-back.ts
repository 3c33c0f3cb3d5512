// Step 9: text of an answer on its way out. Each channel holds back only the tail that a guard could still extend;
// what is decided is released, masked, or stops the answer.
import type { Action, FailureCode, Finding, Json } from '../core/types.ts';
import { stricter, type Policy } from '../policy/policy.ts';
import { decideBoth } from './decide-both.ts';
import type { AcceptanceDoor, JudgedFinding } from './sentry.ts';
import { valueOf } from './value-of.ts';
import { HOLD_UNITS_MAX, type Sink } from '../detect/detector.ts';
import type { Piece, SpanStream, StreamStep } from '../detect/span/piece.ts';
import { gatewayFault } from './faults.ts';
import { readOn, type Asked, type Guards, type Look } from './guards.ts';
import { BlockEdge } from './block-edge.ts';
import { beginsStructure, EscapeWatch } from './json-escapes.ts';
import { maskFor } from './mask.ts';
import { LISTED_MAX } from './record.ts';
import { WatchGate, type Gated } from './watch-gate.ts';
import type { ChannelKey, Channels } from './wire/format.ts';

export interface InspectorInput {
  readonly guards: Guards;
  readonly look: Look;
  readonly policy: Policy;
  readonly sentValues: ReadonlySet<string>;
  readonly acceptances: AcceptanceDoor;
  /** Where what the model says goes. Names, ids and arguments of tools do not go there. */
  readonly sink?: Sink;
  /** Channels are places in a whole answer, where a member's name stands in the same place as its value. */
  readonly isWhole?: true;
}

/** Most of these one answer may have: a bound on what an upstream can make us remember. */
const CHANNELS_MAX = 256;
const TREE_DEPTH_MAX = 64;
/** An answer in which there is more to find is stopped like one that could not be looked at. */
const FINDINGS_MAX = 100_000;

/** Channels that clients join into the text of an answer. */
const TEXT_GROUPS: ReadonlySet<string | undefined> = new Set(['text', 'content']);
/** What the model says to people, in streams and in whole answers of each format. */
const SAID = /(?:^\d+|^\/choices\/\d+(?:\/message)?|^\/content\/\d+|^\/output\/\d+\/content\/\d+)\/(?:content|refusal|text)$/;

/** Judges every channel of one answer. Once it has said block, nothing more comes out of it. */
export class Inspector implements Channels {
  readonly findings: JudgedFinding[] = [];
  readonly #input: InspectorInput;
  readonly #channels = new Map<ChannelKey, Channel>();
  // Most answers need none of these three.
  #masked: Set<ChannelKey> | undefined;
  #ended: Set<ChannelKey> | undefined;
  /** The last text that each group of channels has let out. */
  #tails: Map<string, string> | undefined;
  readonly #asked: Asked | undefined;
  #action: Action = 'allow';
  #would: Action = 'allow';
  #failure: FailureCode | undefined;
  #heldUnitsMax = 0;
  #readUnits = 0;
  #onceCount = 0;

  constructor(input: InspectorInput) {
    this.#input = input;
    const { guards, policy } = input;
    this.#asked = policy.lookFor === undefined ? undefined : guards.asked?.(policy.lookFor);
  }

  get action(): Action {
    return this.#action;
  }

  /** Whether the policy asks for more than always is looked for, which takes longer. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** What the candidate policy would have done; undefined without one. */
  get would(): Action | undefined {
    if (this.#input.policy.candidate === undefined) return undefined;
    return this.#failure !== undefined && this.#input.policy.onFailure.output === 'block' ? 'block' : this.#would;
  }

  get isBlocked(): boolean {
    return this.#action === 'block' && this.#input.policy.mode === 'enforce';
  }

  get failure(): FailureCode | undefined {
    return this.#failure;
  }

  /** Stops the answer for what cannot be made safe by masking. */
  block(): void {
    this.#action = 'block';
  }

  get wasMasked(): boolean {
    return this.#masked !== undefined;
  }

  /** Most text that was ever held, in UTF-16 units. */
  get heldUnitsMax(): number {
    return this.#heldUnitsMax;
  }

  /** Text that the upstream has written so far, whether or not any of it may leave, in UTF-16 units. Ids and the like do not count. */
  get readUnits(): number {
    return this.#readUnits;
  }

  push(key: ChannelKey, text: string, group?: string): string {
    this.#readUnits += text.length;
    if (this.#ended?.has(key) === true) {
      if (text === '') return '';
      // Judged by itself it would not be what a client reads, which joins it to what it has.
      throw gatewayFault('upstream_invalid', { what: 'it goes on after its end' });
    }
    const channel = this.#channel(key, group);
    const released = this.#overEdge(channel, this.#release(channel, { step: channel.stream.push(text), part: text, isFinal: false }), text);
    this.#heldUnitsMax = Math.max(this.#heldUnitsMax, channel.stream.heldUnits, channel.gate?.heldUnits ?? 0);
    return released;
  }

  end(key: ChannelKey): string {
    const channel = this.#channels.get(key);
    if (channel === undefined) return '';
    this.#channels.delete(key);
    if (this.#input.isWhole !== true) this.#ended = (this.#ended ?? new Set()).add(key);
    const released = this.#overEdge(channel, this.#release(channel, { step: channel.stream.end(), part: '', isFinal: true }));
    if (channel.group !== undefined) this.#tails = (this.#tails ?? new Map()).set(channel.group, channel.tail);
    this.#judgeHidden(channel);
    return this.isBlocked ? '' : released;
  }

  once(text: string): string {
    const key = `once ${this.#onceCount++}`;
    const shown = this.push(key, text) + this.end(key);
    this.#readUnits -= text.length;
    this.#ended?.delete(key);
    return shown;
  }

  tree(value: Json, depth = 0): Json {
    if (depth > TREE_DEPTH_MAX) return null;
    if (typeof value === 'string') return this.once(value);
    if (typeof value === 'number') return this.once(String(value)) === String(value) ? value : null;
    if (Array.isArray(value)) return value.map((element) => this.tree(element, depth + 1));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [this.once(key), this.tree(member, depth + 1)]));
  }

  isClean(key: ChannelKey): boolean {
    return this.#masked?.has(key) !== true;
  }

  /** What may leave of `released`, given what stands in the block before. Without `text` the block is over. */
  #overEdge(channel: Channel, released: string, text?: string): string {
    const { edge } = channel;
    if (edge === undefined) return released;
    for (const { finding, matched } of text === undefined ? edge.end() : edge.push(text)) {
      this.#decide(channel, finding, { matched, isMaskable: false });
    }
    if (edge.failure !== undefined) this.#onFailure(edge.failure);
    if (this.isBlocked) return '';
    const out = edge.letOut(released, text === undefined);
    if (edge.isPassed) channel.edge = undefined;
    return out;
  }

  #channel(key: ChannelKey, group?: string): Channel {
    const known = this.#channels.get(key);
    if (known !== undefined) return known;
    // An upstream that opens channels without end is not answering a question.
    if (this.#channels.size >= CHANNELS_MAX) this.#action = 'block';
    const tail = group === undefined ? '' : (this.#tails?.get(group) ?? '');
    const look = this.#lookOf(key, group);
    const { followers, watches } = this.#askedOf(key, group);
    const fresh: Channel = {
      key,
      // What is guessed sentence by sentence is not asked over the edge of two blocks: half of it would have left.
      stream: this.#input.guards.spans.stream(followers.length === 0 ? look : { ...look, followers }),
      gate: watches.length === 0 ? undefined : new WatchGate(watches),
      doing: 'allow',
      escapes: new EscapeWatch(),
      isStructure: undefined,
      group,
      tail,
      edge: tail === '' ? undefined : new BlockEdge(this.#input.guards.spans.stream(look), tail),
    };
    this.#channels.set(key, fresh);
    return fresh;
  }

  #askedOf(key: ChannelKey, group: string | undefined) {
    if (this.#asked === undefined) return NOTHING_ASKED;
    const stretch = { direction: 'output', origin: this.#input.look.origin, isSaid: isSaid(key, group) } as const;
    return { followers: this.#asked.followers(stretch), watches: this.#asked.watches(stretch) };
  }

  #lookOf(key: ChannelKey, group: string | undefined): Look {
    const { look, sink } = this.#input;
    return sink !== undefined && isSaid(key, group) ? { ...look, sink } : look;
  }

  #release(channel: Channel, { step, part, isFinal }: Read): string {
    channel.isStructure ??= beginsStructure(part);
    if (step.failed !== undefined) this.#onFailure(step.failed);
    let out = '';
    // Nobody pays for what no policy asks for.
    if (channel.gate === undefined) {
      for (const piece of step.pieces) {
        if (this.isBlocked) return out;
        out += this.#say(channel, piece);
      }
    } else {
      for (const { piece, isCovered } of this.#gated(channel, channel.gate, { step, part, isFinal })) {
        if (this.isBlocked) return out;
        const said = this.#say(channel, piece);
        if (!isCovered) out += said;
      }
    }
    channel.escapes.push(out);
    if (channel.group !== undefined) channel.tail = (channel.tail + out).slice(-HOLD_UNITS_MAX);
    return out;
  }

  /** What the judges that the policy asks for have read too. */
  #gated(channel: Channel, gate: WatchGate, { step, part, isFinal }: Read): readonly Gated[] {
    const isHidden = (finding: Finding, matched: string): boolean => {
      // A mask over the end of a string, or over half an escape, would leave no JSON.
      const isMaskable = channel.isStructure !== true || !/["\\]/.test(matched);
      const action = this.#decide(channel, finding, { matched, isMaskable });
      if (action !== 'redact' || this.#input.policy.mode === 'observe') return false;
      this.#mark(channel.key);
      return true;
    };
    const gated = gate.pass({ part, isFinal, pieces: step.pieces, isHidden });
    if (gate.failure !== undefined) this.#onFailure(gate.failure);
    return gated;
  }

  /** Strings that only a parser of this channel's JSON sees. They have left as escapes, so what may not be seen stops the answer. */
  #judgeHidden(channel: Channel): void {
    if (channel.gate !== undefined) this.#judgeEscaped(channel);
    const hidden = channel.escapes.hidden();
    if (hidden === 'unknown') this.#onFailure('text_too_long');
    else {
      for (const text of hidden) {
        const report = this.#input.guards.spans.inspect(text, this.#input.look);
        if (report.state === 'failed') this.#onFailure(report.code);
        for (const finding of report.findings) {
          this.#decide(channel, finding, { matched: text.slice(finding.start, finding.end), isMaskable: false });
        }
      }
    }
  }

  /** The same for those who judge what stretches mean: to them an escape is a letter too many. */
  #judgeEscaped(channel: Channel): void {
    const strings = channel.escapes.escaped();
    if (strings === 'unknown') return this.#onFailure('text_too_long');
    for (const text of strings) {
      // What is said to people as a whole was judged as that.
      const watches = this.#asked?.watches({ direction: 'output', origin: this.#input.look.origin, isSaid: false }) ?? [];
      for (const watch of watches) {
        const report = readOn(watch, text, true);
        if (report.state === 'failed') this.#onFailure(report.code);
        for (const finding of report.findings)
          this.#decide(channel, finding, { matched: text.slice(finding.start, finding.end), isMaskable: false });
      }
    }
  }

  #onFailure(code: FailureCode): void {
    this.#failure ??= code;
    if (this.#input.policy.onFailure.output === 'block') this.#action = 'block';
  }

  #say(channel: Channel, piece: Piece): string {
    if (piece.kind === 'clear') return piece.text;
    if (piece.kind === 'more') return channel.doing === 'redact' ? '' : piece.text;
    const action = this.#decide(channel, piece.finding, { matched: piece.text, isMaskable: true });
    // Only what is not enforced passes as it is.
    channel.doing = this.#input.policy.mode === 'observe' || action !== 'redact' ? 'allow' : 'redact';
    if (channel.doing === 'allow') return this.isBlocked ? '' : piece.text;
    this.#mark(channel.key);
    return this.#input.guards.spans.neutral(piece.finding.rule, piece.text) ?? maskFor(piece.finding);
  }

  #mark(key: ChannelKey): void {
    this.#masked = (this.#masked ?? new Set()).add(key);
  }

  #decide(channel: Channel, finding: Finding, { matched, isMaskable }: Matched): Action {
    const { policy, look, sentValues, acceptances } = this.#input;
    const isSentByCaller = sentValues.has(valueOf(matched));
    const at = { direction: 'output', origin: look.origin, isSentByCaller } as const;
    const decided = decideBoth(policy, finding, { at, matched, acceptances, isListed: this.findings.length < LISTED_MAX });
    // What cannot be masked does not leave.
    const done = (action: Action): Action => (action === 'redact' && !isMaskable ? 'block' : action);
    this.#action = stricter(this.#action, done(decided.action));
    if (decided.would !== undefined) this.#would = stricter(this.#would, done(decided.would));
    if (this.findings.length < FINDINGS_MAX)
      this.findings.push({ finding: { ...finding, pointer: channel.key }, origin: 'model', ...decided });
    else this.#onFailure('out_of_budget');
    return decided.action;
  }
}

interface Matched {
  readonly matched: string;
  /** Whether a mask can stand in its place: not where half of it has left. */
  readonly isMaskable: boolean;
}

const NOTHING_ASKED = { followers: [], watches: [] } as const;

const isSaid = (key: ChannelKey, group: string | undefined): boolean => TEXT_GROUPS.has(group) || SAID.test(key);

/** One part of a channel's text, and what the span detectors say by then. */
interface Read {
  readonly step: StreamStep;
  readonly part: string;
  readonly isFinal: boolean;
}

interface Channel {
  readonly key: ChannelKey;
  readonly stream: SpanStream;
  /** Where it waits for judges that the policy asks for. */
  readonly gate: WatchGate | undefined;
  /** What is being done to the match that is under way. */
  doing: 'allow' | 'redact';
  readonly escapes: EscapeWatch;
  /** Whether its text is an object or a list of JSON; undefined while nothing tells. */
  isStructure: boolean | undefined;
  readonly group: string | undefined;
  /** The last text that left on this channel and those of its group before it. */
  tail: string;
  /** Looks for matches that began in the block before; absent once none can. */
  edge: BlockEdge | undefined;
}
