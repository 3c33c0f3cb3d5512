// Steps 8 to 12 for an answer that arrives as a stream: taken apart, judged and put together event by event.
// Nothing leaves before the request is on record; the end does not leave before the end is on record.
import { Fault } from '../core/fault.ts';
import type { Headers } from '../io/http/exchange.ts';
import type { UpstreamCall } from '../io/http/upstream-client.ts';
import { blockFault, inspectorFor, unreadable, type CallInput } from './call-whole.ts';
import type { GatewayDeps } from './deps.ts';
import { countingRead } from './ending.ts';
import { ask } from './fallback-call.ts';
import { gatewayFault } from './faults.ts';
import type { Inspector } from './hold-back.ts';
import { SseParser } from './sse.ts';
import { endingOf, failureFault, upstreamFault } from './upstream-call.ts';
import type { StreamAdapter } from './wire/format.ts';

export interface StreamInput extends CallInput {
  readonly wantsUsage: boolean;
}

const ERROR_BODY_BYTES_MAX = 65_536;

export async function callStream(deps: GatewayDeps, input: StreamInput): Promise<void> {
  const relay = new Relay(deps, input);
  await relay.done;
}

class Relay {
  /** Settles when the answer is over; rejects with a fault while nothing has left yet. */
  readonly done: Promise<void>;
  readonly #deps: GatewayDeps;
  readonly #input: StreamInput;
  readonly #inspector: Inspector;
  #adapter: StreamAdapter;
  readonly #sse: SseParser;
  readonly #call: UpstreamCall;
  readonly #cancelTimer: () => void;
  #cancelStall: (() => void) | undefined;
  #settle: { readonly resolve: () => void; readonly reject: (fault: unknown) => void } | undefined;
  #head: { readonly status: number; readonly headers: Headers } | undefined;
  #errorBody = '';
  /** Text that waits for the first record to be durable. */
  #waiting = '';
  #isRecorded = false;
  #isOver = false;
  #isStopped = false;
  #released = '';

  constructor(deps: GatewayDeps, input: StreamInput) {
    const { run } = input;
    this.#deps = deps;
    this.#input = input;
    this.#inspector = inspectorFor(deps, input);
    this.#adapter = this.#newAdapter();
    this.#sse = new SseParser(deps.settings().eventUnitsMax);
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#cancelTimer = deps.after(run.route.upstream.totalMs, () =>
      this.#stop(gatewayFault('upstream_timeout', { upstream: this.#upstream })),
    );
    this.#call = ask(deps, input, {
      onTurn: () => {
        this.#adapter = this.#newAdapter();
      },
      onRefused: (error) => this.#stop(error),
      onHead: (status, headers) => this.#guarded(() => this.#onHead(status, headers)),
      onData: (chunk) => this.#guarded(() => this.#onData(chunk)),
      onEnd: () => this.#guarded(() => this.#onEnd()),
      onFailure: (failure, cause) => this.#stop(failureFault(failure, this.#upstream, cause)),
    });
    run.onCut((fault) => this.#stop(fault));
    run.outgoing.onGone(() => this.#stop(gatewayFault('client_gone')));
    run.recorded().then(
      () => this.#onRecorded(),
      (error: unknown) => this.#stop(error),
    );
  }

  #newAdapter(): StreamAdapter {
    const { run, wantsUsage } = this.#input;
    const adapter = run.format.stream?.({ wantsUsage, channels: this.#inspector, atMs: this.#deps.clock.nowMs() });
    if (adapter === undefined) throw new Error(`${run.format.id} does not stream`);
    return adapter;
  }

  get #upstream(): string {
    return this.#input.run.route.upstream.name;
  }

  #guarded(step: () => void): void {
    if (this.#isOver) return;
    try {
      step();
    } catch (error) {
      this.#stop(error);
    }
  }

  #onHead(status: number, headers: Headers): void {
    const what = unreadable(status, headers);
    if (what !== undefined) throw gatewayFault('upstream_invalid', { upstream: this.#upstream, what });
    this.#head = { status, headers };
    if (status === 200 && !(headers['content-type'] ?? '').startsWith('text/event-stream')) {
      throw gatewayFault('upstream_invalid', { upstream: this.#upstream, what: 'it is not an event stream' });
    }
  }

  #onData(chunk: Uint8Array): void {
    if (this.#head?.status !== 200) {
      this.#errorBody += Buffer.from(chunk).toString('utf8');
      if (this.#errorBody.length > ERROR_BODY_BYTES_MAX) this.#call.abort();
      return;
    }
    let out = '';
    for (const event of this.#sse.push(chunk)) {
      out += this.#adapter.onEvent(event);
      if (this.#inspector.isBlocked) break;
    }
    this.#send(out);
    if (this.#inspector.isBlocked) this.#stop(blockFault(this.#input.run, this.#inspector));
  }

  #send(text: string): void {
    if (text === '') return;
    this.#released += text;
    const { answerBytesMax } = this.#deps.settings();
    // It is kept for the record's commitment, and nothing without end can be kept.
    if (this.#released.length > answerBytesMax)
      throw gatewayFault('upstream_invalid', { upstream: this.#upstream, what: `more than ${answerBytesMax} bytes` });
    if (!this.#isRecorded) {
      this.#waiting += text;
      return;
    }
    this.#begin();
    if (!this.#input.run.outgoing.write(text)) this.#waitForCaller();
  }

  #begin(): void {
    const { run } = this.#input;
    if (run.outgoing.hasBegun) return;
    run.beginStream();
    const firstByteMs = this.#deps.clock.steadyMs() - run.startedMs;
    run.markFirstByte(firstByteMs);
    this.#deps.metrics.firstByte(firstByteMs);
  }

  /** The caller reads slower than the upstream writes: the upstream waits, and the caller has only so long. */
  #waitForCaller(): void {
    if (this.#cancelStall !== undefined) return;
    this.#call.pause();
    this.#cancelStall = this.#deps.after(this.#deps.settings().clientStallMs, () => this.#stop(gatewayFault('client_too_slow')));
    void this.#input.run.outgoing.drained().then(() => {
      this.#cancelStall?.();
      this.#cancelStall = undefined;
      this.#call.resume();
    });
  }

  #onRecorded(): void {
    this.#isRecorded = true;
    const text = this.#waiting;
    this.#waiting = '';
    // An answer that was stopped before anything left is told as an ordinary error instead.
    if (this.#isStopped || text === '') return;
    this.#begin();
    if (!this.#input.run.outgoing.write(text)) this.#waitForCaller();
  }

  #onEnd(): void {
    const head = this.#head;
    if (head === undefined) throw gatewayFault('upstream_invalid', { upstream: this.#upstream, what: 'no status line' });
    if (head.status !== 200) throw upstreamFault({ ...head, body: this.#errorBody }, this.#upstream, this.#inspector);
    const { text, isComplete } = this.#adapter.onEnd();
    this.#send(text);
    if (this.#inspector.isBlocked) throw blockFault(this.#input.run, this.#inspector);
    if (!isComplete) throw gatewayFault('upstream_invalid', { upstream: this.#upstream, what: 'the stream ended early' });
    this.#isOver = true;
    this.#settleWith(this.#finish());
  }

  async #finish(): Promise<void> {
    const { run } = this.#input;
    this.#cancelTimers();
    await run.recorded();
    await run.close({ status: 200, ...this.#ending, upstream: 'ok' });
    const answer = this.#adapter.answer?.();
    if (answer !== undefined) run.format.remember?.(answer, this.#input.items);
    this.#deps.metrics.held(this.#inspector.heldUnitsMax);
    this.#begin();
    run.outgoing.end(this.#adapter.finale());
  }

  get #ending() {
    const { action, would, findings } = this.#inspector;
    return { action, would, findings, usage: this.#adapter.usage(), text: this.#released };
  }

  #cancelTimers(): void {
    this.#cancelTimer();
    this.#cancelStall?.();
  }

  /** Ends early: the upstream's socket is destroyed, the caller is told in its own format, the record is closed. */
  #stop(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isStopped = true;
    this.#cancelTimers();
    const { run } = this.#input;
    if (!(reason instanceof Fault) || !run.outgoing.hasBegun) {
      // Nothing has left, so the answer can still be an ordinary error; its record is written on that way.
      this.#call.abort();
      if (reason instanceof Fault && this.#inspector.findings.length > 0) this.#closeUnsaid(reason);
      else this.#settle?.reject(reason);
      return;
    }
    const last = run.outgoing.isGone ? undefined : this.#adapter.fail(reason, run.id);
    // A kill order must not wait for the disk: the caller is cut off now, the record follows.
    // Words for a caller who does not read would stay in memory for as long as it likes.
    if (reason.code === 'client_too_slow') run.outgoing.destroy();
    else run.outgoing.end(last);
    // An order that cuts a thousand streams says so to all of them before it tidies up after the first.
    queueMicrotask(() => {
      this.#call.abort();
      this.#settleWith(this.#close(reason));
    });
  }

  #settleWith(ending: Promise<void>): void {
    ending.then(
      () => this.#settle?.resolve(),
      (error: unknown) => this.#settle?.reject(error),
    );
  }

  async #close(reason: Fault): Promise<void> {
    const { upstream, usage } = endingOf(reason);
    const ending = this.#ending;
    const used = usage ?? countingRead(ending.usage, this.#inspector.readUnits);
    await this.#input.run.close({ status: reason.status, ...ending, usage: used, reason: reason.code, upstream });
  }

  /** As an ordinary error, but with the findings of what was judged so far on record. */
  #closeUnsaid(reason: Fault): void {
    const { run } = this.#input;
    run
      .recorded()
      .then(() => this.#close(reason))
      .then(
        () => this.#settle?.reject(reason),
        (error: unknown) => this.#settle?.reject(error),
      );
  }
}
