// Splunk's HTTP Event Collector. Where the token asks for acknowledgement, a batch counts once an indexer has it.
// https://help.splunk.com/en/splunk-enterprise/get-data-in/get-started-with-getting-data-in (HEC, indexer acknowledgment)
import { HttpPlace } from './http-place.ts';
import { excerpt, objectIn, refusalOf } from './http-answer.ts';
import type { SplunkSettings } from './settings.ts';
import { ReceiverTrouble, TAKEN, type CheckResult, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

export interface SplunkTools {
  /** Names this sender to Splunk, in the form of a UUID; acknowledgements are counted for each. */
  readonly channel: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly steadyMs: () => number;
}

/** Codes that speak of an event: no data, invalid format, no event field, blank event field, bad indexed fields. */
const ABOUT_EVENTS: ReadonlySet<number> = new Set([5, 6, 12, 13, 15]);
const ACK_EVERY_MS = 200;
const ACK_EVERY_MS_MAX = 5_000;

export function createSplunkReceiver(settings: SplunkSettings, { channel, pause, steadyMs }: SplunkTools): Receiver {
  const place = new HttpPlace(settings);
  const headers = { authorization: `Splunk ${settings.token}`, 'x-splunk-request-channel': channel, 'content-type': 'application/json' };
  const collector = `${place.path.replace(/\/services\/collector.*$/, '')}/services/collector`;

  async function acknowledged(ackId: number): Promise<Outcome> {
    const endMs = steadyMs() + settings.ackMs;
    for (let waitMs = ACK_EVERY_MS; steadyMs() < endMs; waitMs = Math.min(waitMs * 2, ACK_EVERY_MS_MAX)) {
      await pause(waitMs);
      const answer = await place.post(`${collector}/ack?channel=${channel}`, JSON.stringify({ acks: [ackId] }), headers);
      const acks = objectIn(answer.text)?.['acks'];
      if (typeof acks !== 'object' || acks === null || Array.isArray(acks))
        throw new ReceiverTrouble(`it does not say whether batch ${ackId} is indexed${excerpt(answer.text)}`);
      if (acks[String(ackId)] === true) return TAKEN;
    }
    throw new ReceiverTrouble(`it took batch ${ackId} and did not acknowledge it in ${settings.ackMs} ms`);
  }

  return {
    async deliver(events): Promise<Outcome> {
      const answer = await place.post(`${collector}/event`, events.map((one) => toEnvelope(one, settings)).join('\n'), headers);
      const body = objectIn(answer.text);
      const code = body?.['code'];
      if (answer.status === 400 && typeof code === 'number' && !ABOUT_EVENTS.has(code))
        throw new ReceiverTrouble(`it refuses our settings${excerpt(answer.text)}`);
      const refusal = refusalOf(answer);
      if (refusal !== undefined) return refusal;
      // A proxy in between answers 200 to everything, too; only the collector says code 0.
      if (code !== 0) throw new ReceiverTrouble(`it answers ${answer.status} without the collector's code 0${excerpt(answer.text)}`);
      const ackId = body?.['ackId'];
      return typeof ackId === 'number' ? acknowledged(ackId) : TAKEN;
    },
    async check(): Promise<CheckResult> {
      // No event at all: code 5 comes after the token was looked at.
      const answer = await place.post(`${collector}/event`, '', headers);
      const code = objectIn(answer.text)?.['code'];
      if (code === 5 || code === 0) return { state: 'ok', detail: 'answers, and knows the token' };
      if (answer.status === 401 || answer.status === 403)
        return {
          state: 'fail',
          detail: `refuses the token${excerpt(answer.text)}`,
          fix: 'Set the token of an enabled HTTP event collector.',
        };
      return {
        state: 'warn',
        detail: `answers ${answer.status}${excerpt(answer.text)}`,
        fix: 'Look at the HTTP event collector of this Splunk.',
      };
    },
    async close() {
      place.close();
    },
  };
}

/** `time` is in seconds; the uid is an indexed field, so that what comes twice can be told with one word of search. */
function toEnvelope({ uid, event, line }: ReceiverEvent, { index, sourcetype }: SplunkSettings): string {
  const time = typeof event['time'] === 'number' ? event['time'] / 1_000 : undefined;
  const head = JSON.stringify({
    ...(time === undefined ? {} : { time }),
    source: 'sallyport',
    sourcetype,
    ...(index === undefined ? {} : { index }),
    fields: { uid },
  });
  return `${head.slice(0, -1)},"event":${line}}`;
}
