// What an HTTP answer to a batch says: taken, refused for its content, or a trouble that passes.
import type { OutboundAnswer, OutboundRequest, HttpSender } from '../../io/outbound/http-sender.ts';
import type { Json, JsonObject } from '../../core/types.ts';
import { ReceiverTrouble, type Outcome, type ReceiverEvent } from './receiver.ts';

/** Sends, and turns every failure of the connection into `ReceiverTrouble`. */
export async function sendTo(sender: HttpSender, request: OutboundRequest): Promise<OutboundAnswer> {
  try {
    return await sender.send(request);
  } catch (cause) {
    throw new ReceiverTrouble(`it cannot be reached: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause });
  }
}

/** Statuses that speak of what was sent: malformed, too large, not understood (RFC 9110 sections 15.5.1, 15.5.14, 15.5.21). */
const ABOUT_CONTENT: ReadonlySet<number> = new Set([400, 413, 422]);

/** Undefined when the status is a success; `refused` when it is about the content. Throws `ReceiverTrouble` for everything else. */
export function refusalOf(answer: OutboundAnswer): Extract<Outcome, { state: 'refused' }> | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const reason = `status ${status}${excerpt(answer.text)}`;
  if (ABOUT_CONTENT.has(status)) return { state: 'refused', reason };
  throw new ReceiverTrouble(status === 401 || status === 403 ? `it refuses our credentials: ${reason}` : `it answers ${reason}`, {
    retryAfterMs: retryAfterMs(answer),
  });
}

/** In seconds only: a date would need the clock of the other side (RFC 9110 section 10.2.3). */
function retryAfterMs({ headers }: OutboundAnswer): number | undefined {
  const value = headers['retry-after'];
  return typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) * 1_000 : undefined;
}

const EXCERPT_UNITS = 200;

/** The beginning of an answer, for a log: nobody's terminal obeys it. */
export function excerpt(text: string): string {
  const plain = text
    .slice(0, EXCERPT_UNITS)
    .replaceAll(/[^ -~]+/g, ' ')
    .trim();
  return plain === '' ? '' : `: ${plain}`;
}

/** The object that an answer is; undefined when it is none. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? parseAnswer(value) : undefined;
  } catch {
    return undefined;
  }
}

const parseAnswer = (value: object): JsonObject => value as JsonObject;

/** Names under which receivers say how many events they took. */
const COUNTS = ['accepted', 'received', 'ingested', 'count', 'imported', 'processed'] as const;

/** Names under which they say how many they did not take, or which. */
const FAILURES = ['failed', 'failures', 'rejected', 'dropped', 'invalid'] as const;

/** Names under which they say how it went, and words for badly. */
const OUTCOMES = ['status', 'result'] as const;
const BAD_OUTCOME = /^(?:error|fail(?:ed|ure)?|rejected|invalid|denied)$/i;

/**
 * What a 2xx says in its body against itself: an error, or fewer events than were sent. Undefined when it says neither.
 * A receiver that answers with nothing, or with something else, is believed. Throws `ReceiverTrouble` for a count that cannot be.
 */
export function lieIn(text: string, events: readonly ReceiverEvent[]): string | undefined {
  const body = objectIn(text);
  if (body === undefined) return undefined;
  const error = body['error'] ?? (isTrouble(body['errors']) ? body['errors'] : undefined);
  if (isTrouble(error)) return `status 200 with an error inside${excerpt(JSON.stringify(error))}`;
  if (body['success'] === false || body['ok'] === false || OUTCOMES.some((name) => isBad(body[name])))
    return 'status 200 that says it failed';
  const failures = FAILURES.find((name) => isTrouble(body[name]));
  if (failures !== undefined) return `status 200, but ${failures} is ${JSON.stringify(body[failures]).slice(0, FAILURES_UNITS)}`;
  return lieInCounts(body, events);
}

const FAILURES_UNITS = 80;

const isBad = (value: Json | undefined): boolean =>
  typeof value === 'string' ? BAD_OUTCOME.test(value) : typeof value === 'number' && value >= 400;

function lieInCounts(body: JsonObject, events: readonly ReceiverEvent[]): string | undefined {
  for (const name of COUNTS) {
    const count = body[name];
    // Who counts more than there was counts something else, and may not count at all.
    if (typeof count === 'number' && count > events.length)
      throw new ReceiverTrouble(`it took ${count} of ${events.length} events: its ${name} means nothing`);
    if (typeof count === 'number' && count < events.length) return `status 200, but ${name} is ${count} for ${events.length} events`;
  }
  return undefined;
}

function isTrouble(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}
