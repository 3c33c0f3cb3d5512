// OTLP over HTTP in JSON: logs of all events, a span of each request. https://opentelemetry.io/docs/specs/otlp/#otlphttp
import type { JsonObject } from '../../core/types.ts';
import { numberOf, objectOf, textOf } from '../ocsf/fields.ts';
import type { OutboundAnswer } from '../../io/outbound/http-sender.ts';
import { HttpPlace } from './http-place.ts';
import { excerpt, objectIn, refusalOf } from './http-answer.ts';
import { isRequest, toLogs, toTraces, type OtlpSource } from './otlp-encode.ts';
import type { OtlpSettings } from './settings.ts';
import { ReceiverTrouble, TAKEN, type CheckResult, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

const HEADERS = { 'content-type': 'application/json' };
/** Names of the count of refused items in a partial success, in JSON and in the files of the protocol: some collectors write those. */
const REJECTED = { logs: ['rejectedLogRecords', 'rejected_log_records'], traces: ['rejectedSpans', 'rejected_spans'] } as const;

type Signal = keyof typeof REJECTED;

export function createOtlpReceiver(settings: OtlpSettings, source: OtlpSource): Receiver {
  const place = new HttpPlace(settings);
  // What one signal took need not be sent anew because the other did not.
  const taken: Record<Signal, Set<string>> = { logs: new Set(), traces: new Set() };

  async function deliverSignal(signal: Signal, events: readonly ReceiverEvent[]): Promise<Outcome> {
    const wanted = (signal === 'logs' ? events : events.filter(isRequest)).filter(({ uid }) => !taken[signal].has(uid));
    if (wanted.length === 0) return TAKEN;
    const body = signal === 'logs' ? toLogs(wanted, source) : toTraces(wanted, source);
    const answer = await place.post(`${place.path}/v1/${signal}`, JSON.stringify(body), HEADERS);
    const outcome = refusalOf(answer) ?? partialOf(signal, bodyOf(answer));
    if (outcome.state === 'taken') for (const { uid } of wanted) taken[signal].add(uid);
    return outcome;
  }

  return {
    async deliver(events): Promise<Outcome> {
      for (const signal of settings.signals) {
        const outcome = await deliverSignal(signal, events);
        if (outcome.state !== 'taken') return outcome;
      }
      taken.logs.clear();
      taken.traces.clear();
      return TAKEN;
    },
    async check(): Promise<CheckResult> {
      for (const signal of settings.signals) {
        const answer = await place.post(`${place.path}/v1/${signal}`, '{}', HEADERS);
        if (answer.status === 401 || answer.status === 403)
          return { state: 'fail', detail: `refuses our credentials (${answer.status})`, fix: 'Set its headers.' };
        if (answer.status === 404)
          return { state: 'fail', detail: `has no /v1/${signal}`, fix: 'Set its url without /v1, or its signals.' };
        if (answer.status >= 500)
          return { state: 'warn', detail: `answers ${answer.status}${excerpt(answer.text)}`, fix: 'Look at the collector.' };
      }
      return { state: 'ok', detail: `takes ${settings.signals.join(' and ')}` };
    },
    async close() {
      place.close();
    },
  };
}

/** A proxy in between answers 200 to everything, too; only a collector says nothing, or an object. */
function bodyOf({ status, text }: OutboundAnswer): JsonObject {
  const body = text.trim() === '' ? {} : objectIn(text);
  if (body === undefined) throw new ReceiverTrouble(`it answers ${status}, but not as a collector does${excerpt(text)}`);
  return body;
}

/** A partial success is a 200 that names how many it refused, never which: halves are sent to find out. */
function partialOf(signal: Signal, body: JsonObject): Outcome {
  const partial = objectOf(body, 'partialSuccess') ?? objectOf(body, 'partial_success') ?? {};
  const [name, plainName] = REJECTED[signal];
  const count = countOf(partial, name) ?? countOf(partial, plainName) ?? 0;
  if (count === 0) return TAKEN;
  const said = textOf(partial, 'errorMessage') ?? textOf(partial, 'error_message') ?? '';
  return { state: 'refused', reason: `status 200 that rejects ${count} ${signal}${excerpt(said)}` };
}

/** JSON writes 64 bits as a text. */
function countOf(partial: JsonObject, name: string): number | undefined {
  const count = numberOf(partial, name) ?? textOf(partial, name);
  return count === undefined ? undefined : Number(count);
}
