// Steps 8 to 12 for an answer that arrives whole: collect, judge every part, release.
import type { Fault } from '../core/fault.ts';
import type { JsonObject } from '../core/types.ts';
import { TEXT_UNITS_MAX, type DetectContext } from '../detect/detector.ts';
import type { Headers, Incoming } from '../io/http/exchange.ts';
import type { UpstreamCall } from '../io/http/upstream-client.ts';
import type { GatewayDeps } from './deps.ts';
import { ask, type Fallback } from './fallback-call.ts';
import { gatewayFault } from './faults.ts';
import { Inspector } from './hold-back.ts';
import type { ItemDoor } from './item-memory.ts';
import { decidingClasses } from './record.ts';
import type { Run } from './run.ts';
import type { Judgement } from './sentry.ts';
import { sliceUnits } from './stretch.ts';
import { endingOf, failureFault, upstreamFault } from './upstream-call.ts';
import { isObject } from './wire/json-shape.ts';
import { rewrite, walk, type TextPart } from './wire/walk.ts';

export interface CallInput {
  readonly incoming: Incoming;
  readonly run: Run;
  readonly body: string;
  readonly context: DetectContext;
  readonly judgement: Judgement;
  /** What this caller's earlier answers said. */
  readonly items: ItemDoor;
  /** Whom to ask when the first upstream fails. */
  readonly fallback?: Fallback | undefined;
  /** How the answer is judged and written anew, where it is no conversation; gives what is released. */
  readonly inspect?: (answer: JsonObject, inspector: Inspector) => string;
}

interface Collected {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export async function callWhole(deps: GatewayDeps, input: CallInput): Promise<void> {
  const { run } = input;
  const collected = await collect(deps, input);
  const inspector = inspectorFor(deps, input, { isWhole: true });
  if (collected.status !== 200) throw await refusal(run, inspector, upstreamFault(collected, run.route.upstream.name, inspector));
  const answer = parseAnswer(collected.body, run.route.upstream.name);
  const text = input.inspect?.(answer, inspector) ?? (await inspectAnswer(deps, { answer, run, inspector }));
  const usage = run.format.usage(answer);
  if (inspector.failure !== undefined && !inspector.isBlocked) run.markUnprotected('output');
  const { findings, action, would } = inspector;
  const ending = { findings, action, would, usage, text, upstream: 'ok' } as const;
  await run.recorded();
  if (run.stopped !== undefined) {
    // The order came while the answer was judged: it holds all the same.
    await run.close({ ...ending, status: run.stopped.status, reason: run.stopped.code });
    throw run.stopped;
  }
  if (inspector.isBlocked) {
    const fault = blockFault(run, inspector);
    await run.close({ ...ending, status: fault.status, reason: fault.code });
    run.answer(fault.status, run.format.error(fault, run.id));
    return;
  }
  await run.close({ ...ending, status: 200 });
  run.format.remember?.(answer, input.items);
  if (inspector.action === 'redact') run.setVerdict('redact');
  run.answer(200, answer);
}

/** Whatever was found in an upstream's own words belongs on record too. */
async function refusal(run: Run, inspector: Inspector, fault: Fault): Promise<Fault> {
  const { findings, action, would } = inspector;
  if (findings.length === 0) return fault;
  await run.recorded();
  await run.close({ status: fault.status, action, would, findings, reason: fault.code, ...endingOf(fault) });
  return fault;
}

export function inspectorFor(deps: GatewayDeps, input: CallInput, kind: { readonly isWhole?: true } = {}): Inspector {
  const { run, judgement } = input;
  return new Inspector({
    guards: deps.guards,
    look: { direction: 'output', origin: 'model', context: input.context },
    policy: run.route.policy,
    ...(run.route.sink === undefined ? {} : { sink: run.route.sink }),
    sentValues: judgement.sentValues,
    acceptances: deps.acceptances(run.principal.tenant),
    ...kind,
  });
}

export function blockFault(run: Run, inspector: Inspector): Fault {
  if (inspector.failure !== undefined) return gatewayFault('guard_could_not_look', { failure: inspector.failure });
  return gatewayFault('output_blocked', {
    policy: run.route.policy.name,
    classes: decidingClasses(inspector.findings, 'block') || 'content that cannot be masked',
  });
}

function collect(deps: GatewayDeps, input: CallInput): Promise<Collected> {
  const { run } = input;
  const { answerBytesMax } = deps.settings();
  const nameOfUpstream = (): string => run.route.upstream.name;
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let head: { readonly status: number; readonly headers: Headers } | undefined;
    let bytes = 0;
    const stop = (fault: Fault): void => {
      cancelTimer();
      // First the reason: aborting reports a broken connection, which would be held against the upstream.
      reject(fault);
      call.abort();
    };
    const cancelTimer = deps.after(run.route.upstream.totalMs, () =>
      stop(gatewayFault('upstream_timeout', { upstream: nameOfUpstream() })),
    );
    const call: UpstreamCall = ask(deps, input, {
      onRefused(error) {
        cancelTimer();
        reject(error);
      },
      onHead(status, headers) {
        head = { status, headers };
        const what = unreadable(status, headers);
        if (what !== undefined) stop(gatewayFault('upstream_invalid', { upstream: nameOfUpstream(), what }));
      },
      onData(chunk) {
        bytes += chunk.length;
        if (bytes > answerBytesMax)
          stop(gatewayFault('upstream_invalid', { upstream: nameOfUpstream(), what: `more than ${answerBytesMax} bytes` }));
        else chunks.push(chunk);
      },
      onEnd() {
        cancelTimer();
        if (head === undefined) reject(gatewayFault('upstream_invalid', { upstream: nameOfUpstream(), what: 'no status line' }));
        else resolve({ ...head, body: textOf(chunks) });
      },
      onFailure(failure, cause) {
        cancelTimer();
        reject(failureFault(failure, nameOfUpstream(), cause));
      },
    });
    run.onCut(stop);
    run.outgoing.onGone(() => stop(gatewayFault('client_gone')));
  });
}

function textOf(chunks: readonly Uint8Array[]): string {
  const [only] = chunks;
  const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  return Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8');
}

/** What makes an answer unreadable before its first byte. Redirects are not followed: they could lead anywhere. */
export function unreadable(status: number, headers: Headers): string | undefined {
  if (status >= 300 && status < 400) return 'a redirect';
  return (headers['content-encoding'] ?? 'identity') === 'identity' ? undefined : 'a compressed body that was not asked for';
}

function parseAnswer(body: string, upstream: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (cause) {
    throw gatewayFault('upstream_invalid', { upstream, what: 'it is not JSON' }, { cause });
  }
  if (!isObject(parsed)) throw gatewayFault('upstream_invalid', { upstream, what: 'it is not a JSON object' });
  return parsed;
}

/** Judges and rewrites every part in place; gives the released text for the record's commitment. */
async function inspectAnswer(
  deps: GatewayDeps,
  at: { readonly answer: JsonObject; readonly run: Run; readonly inspector: Inspector },
): Promise<string> {
  const { answer, run, inspector } = at;
  const reading = walk(answer, run.format.response, { mode: 'drop-unknown', origin: 'model' });
  let text = '';
  for (const { parts } of reading.turns) {
    for (const part of parts) {
      if (part.channel === 'logprobs') continue;
      const released = inspectPart(deps, part, inspector);
      text += typeof released === 'string' ? released : await released;
    }
  }
  run.format.tidy?.(answer, { wasMasked: inspector.wasMasked, atMs: deps.clock.nowMs() });
  return text;
}

/** Text blocks that clients join into one text: of Anthropic messages, and of OpenAI responses. */
const JOINED_BLOCK = /^\/content\/\d+\/text$|^\/output\/\d+\/content\/\d+\/text$/;

function inspectPart(deps: GatewayDeps, part: TextPart, inspector: Inspector): string | Promise<string> {
  const group = JOINED_BLOCK.test(part.pointer) ? 'text' : undefined;
  const { isAsked } = inspector;
  const units = sliceUnits(isAsked);
  if (part.text.length > (isAsked ? units : TEXT_UNITS_MAX)) return inspectLong(deps, part, { inspector, group, units });
  return ended(part, inspector, inspector.push(part.pointer, part.text, group));
}

async function inspectLong(
  deps: GatewayDeps,
  part: TextPart,
  { inspector, group, units }: { readonly inspector: Inspector; readonly group: string | undefined; readonly units: number },
): Promise<string> {
  let released = '';
  for (let at = 0; at < part.text.length; at += units) {
    released += inspector.push(part.pointer, part.text.slice(at, at + units), group);
    await deps.yieldLoop();
  }
  return ended(part, inspector, released);
}

function ended(part: TextPart, inspector: Inspector, before: string): string {
  const released = before + inspector.end(part.pointer);
  // A key or a number cannot be masked in place: it stops the answer.
  if (released !== part.text && !rewrite(part, released)) inspector.block();
  return released;
}
