// OCSF 1.8.0 events over HTTP: a batch a request, as a JSON array or as JSON lines.
import { HttpPlace } from './http-place.ts';
import { lieIn, refusalOf } from './http-answer.ts';
import type { OcsfHttpSettings } from './settings.ts';
import { TAKEN, type CheckResult, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

const TYPES = { array: 'application/json', lines: 'application/x-ndjson' } as const;

export function createOcsfHttpReceiver(settings: OcsfHttpSettings): Receiver {
  const place = new HttpPlace(settings);
  const path = place.path === '' ? '/' : place.path;
  const headers = { 'content-type': TYPES[settings.body], accept: 'application/json' };
  return {
    async deliver(events): Promise<Outcome> {
      const answer = await place.post(path, toBody(events, settings.body), headers);
      const refusal = refusalOf(answer);
      if (refusal !== undefined) return refusal;
      const lie = lieIn(answer.text, events);
      return lie === undefined ? TAKEN : { state: 'refused', reason: lie };
    },
    async check(): Promise<CheckResult> {
      // Most receivers know no GET here: that they answer at all shows that they are there and who they are.
      const { status } = await place.get(path, { accept: 'application/json' });
      if (status === 401 || status === 403)
        return { state: 'warn', detail: `answers, but refuses our credentials (${status})`, fix: 'Set its headers.' };
      return { state: 'ok', detail: `answers (${status})` };
    },
    async close() {
      place.close();
    },
  };
}

function toBody(events: readonly ReceiverEvent[], body: OcsfHttpSettings['body']): string {
  const lines = events.map(({ line }) => line);
  return body === 'array' ? `[${lines.join(',')}]` : `${lines.join('\n')}\n`;
}
