// The secret of an AWS access key has no prefix of its own; it is told by the key id that stands before it.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { BASE64, DIGIT, kindAt, LOWER, runEnd, UPPER } from '../span/chars.ts';
import { isPlaceholder, kindsIn } from '../span/opaque.ts';

const ID_UNITS = 20;
const SECRET_UNITS = 40;
/** Furthest way from the id to its secret: a quote, a name, a sign of assignment. */
const WAY_UNITS = 48;

/** Walks the words after the id; the first of forty units is the secret. */
function look(view: SpanView, at: number): SpanAnswer {
  const { text, isFinal } = view;
  const idEnd = runEnd(text, at, { kinds: UPPER | DIGIT, limit: at + ID_UNITS });
  if (idEnd < at + ID_UNITS) return idEnd >= text.length && !isFinal ? live(text.length) : NONE;
  const limit = idEnd + WAY_UNITS;
  let place = idEnd;
  while (place < limit) {
    while (place < text.length && place < limit && (kindAt(text, place) & BASE64) === 0) place += 1;
    const end = runEnd(text, place, { kinds: BASE64, limit: place + SECRET_UNITS + 1 });
    if (end >= text.length && end <= place + SECRET_UNITS && !isFinal) return live(place);
    if (end - place === SECRET_UNITS) return isSecret(text.slice(place, end)) ? found(place, end) : NONE;
    if (end === place) return NONE;
    place = end;
  }
  return NONE;
}

function isSecret(value: string): boolean {
  const kinds = kindsIn(value);
  return (kinds & UPPER) !== 0 && (kinds & LOWER) !== 0 && (kinds & DIGIT) !== 0 && !isPlaceholder(value);
}

const found = (start: number, end: number): SpanAnswer =>
  match({ type: 'aws_secret', start, end, severity: 'critical', score: 0.9, reason: 'forty random units after an access key id' });

export default {
  kind: 'span',
  id: 'secrets.aws-pair',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'critical',
  taxonomy: 'sensitive-output',
  about: 'Secret access keys of AWS that follow their access key id.',
  hold: { max: SECRET_UNITS + 1 },
  anchors: [
    { literal: 'AKIA', boundary: true },
    { literal: 'ASIA', boundary: true },
  ],
  look,
} satisfies SpanDetector;
