// Tokens of vendors, told by the prefix and shape that the vendor gave them so that scanners can tell.
import type { SpanAnswer, SpanDetector, SpanMatch, SpanView } from '../detector.ts';
import { committed, live, match, NONE } from '../span/answers.ts';
import { DIGIT, kindAt, WORD } from '../span/chars.ts';
import { isSelfChecked } from '../span/checksums.ts';
import { isRandom } from '../span/opaque.ts';
import { parseShape, readOn, readShape, SHAPE_LIVE, SHAPE_NONE } from '../span/shape.ts';
import type { Shape } from '../span/shape.ts';
import rows from '../span/tables/tokens.json' with { type: 'json' };

interface Token {
  readonly type: string;
  readonly shape: Shape;
  readonly reason: string;
  readonly severity: 'critical' | 'high';
  /** No unit of a word may follow: the prefix alone is too short to tell the token from a piece of something longer. */
  readonly isExact: boolean;
  readonly hasChecksum: boolean;
  readonly isAfterBotId: boolean;
  readonly boundary: boolean;
}

const TOKENS: readonly Token[] = rows.map((row) => ({
  type: row.type,
  shape: parseShape(row.shape),
  reason: `has the prefix and shape of: ${row.about}`,
  severity: row.severity === 'high' ? 'high' : 'critical',
  isExact: row.exact === true,
  hasChecksum: row.check === 'crc32',
  isAfterBotId: row.after === 'bot-id',
  boundary: row.boundary === true,
}));

/** Telegram: the token follows a numeric bot id and a colon; the id is no secret. */
function followsBotId(view: SpanView, at: number): boolean {
  return (
    view.text[at - 1] === ':' && Array.from({ length: 8 }, (_, n) => at - 2 - n).every((place) => (kindAt(view.text, place) & DIGIT) !== 0)
  );
}

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const token = TOKENS[mark];
  if (token === undefined || (token.isAfterBotId && !followsBotId(view, at))) return NONE;
  const end = readShape(token.shape, view, at + token.shape.prefix.length);
  if (end === SHAPE_NONE) return NONE;
  if (end === SHAPE_LIVE || (token.isExact && end >= view.text.length && !view.isFinal)) return live(at);
  if (token.isExact && (kindAt(view.text, end) & WORD) !== 0) return NONE;
  return judge(view, token, { start: at, end });
}

function judge(view: SpanView, token: Token, span: { readonly start: number; readonly end: number }): SpanAnswer {
  const value = view.text.slice(span.start + token.shape.prefix.length, span.end);
  if (!isRandom(value)) return NONE;
  const score = token.hasChecksum && isSelfChecked(value) ? 0.99 : 0.95;
  const found: SpanMatch = { type: token.type, ...span, severity: token.severity, score, reason: token.reason };
  return token.shape.isOpen ? committed(found) : match(found);
}

/** Where several shapes share a type, the first in the table says what the token goes on with. */
const SHAPE_OF = new Map(
  TOKENS.filter((token) => token.shape.isOpen)
    .map((token) => [token.type, token.shape] as const)
    .toReversed(),
);

export default {
  kind: 'span',
  id: 'secrets.vendor-token',
  task: 'secrets',
  class: 'secret',
  directions: ['input', 'output'],
  severity: 'critical',
  taxonomy: 'sensitive-output',
  about: 'Keys and tokens that carry a prefix of their vendor, checked by shape, by checksum where the format has one, and by randomness.',
  hold: { max: Math.max(...TOKENS.map((token) => token.shape.unitsMax)) },
  anchors: TOKENS.map((token) => ({
    literal: token.shape.prefix,
    startsSpan: true as const,
    ...(token.boundary && { boundary: true as const }),
  })),
  look,
  isRun: true,
  extend(view, from, found) {
    const shape = SHAPE_OF.get(found.type);
    const end = shape === undefined ? from : readOn(shape, view.text, from);
    return { end, isClosed: end < view.text.length };
  },
} satisfies SpanDetector;
