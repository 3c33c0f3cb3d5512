// Short texts in which callers choose words, as errors and records may show them: some paste a key into the wrong field.
import { Fault } from '../core/fault.ts';
import type { Guards } from './guards.ts';
import { maskSpans } from './mask.ts';

const SHOWN_UNITS_MAX = 1_500;
/** Names of models come again with each request: those that are clean are not read again by the same guards. */
const KNOWN_UNITS_MAX = 128;
const KNOWN_MAX = 256;
const NOT_SHOWN = '[not shown: it could not be judged]';
const knownClean = new WeakMap<Guards, Set<string>>();

/** The text with its secrets and personal data masked, cut to 1,500 UTF-16 units. */
export function shownText(guards: Guards, text: string): string {
  const known = knownClean.get(guards) ?? new Set();
  if (known.has(text)) return text;
  const read = text.slice(0, SHOWN_UNITS_MAX * 2);
  const { state, findings } = guards.spans.inspect(read, { direction: 'input', origin: 'user', context: {} });
  if (state === 'failed') return NOT_SHOWN;
  if (findings.length > 0) return maskSpans(read, findings).slice(0, SHOWN_UNITS_MAX);
  if (text.length <= KNOWN_UNITS_MAX) {
    if (known.size >= KNOWN_MAX) known.clear();
    knownClean.set(guards, known.add(text));
  }
  return read.slice(0, SHOWN_UNITS_MAX);
}

/** Names that the caller chose stand in pointers, and a name can be a secret, or very long. */
export function shownFault(guards: Guards, fault: Fault): Fault {
  const { code, status, message, fix, pointer, retryAfterSeconds, headers } = fault;
  return new Fault(
    code,
    { status, message: shownText(guards, message), fix },
    {
      cause: fault,
      headers,
      ...(pointer === undefined ? {} : { pointer: shownText(guards, pointer) }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  );
}
