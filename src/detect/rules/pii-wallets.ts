// Addresses of crypto currencies: Bitcoin and its kin by their checks, Ethereum by its form.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { DIGIT, HEX, isWordStart, kindAt, LETTER, runEnd, WORD } from '../span/chars.ts';
import { isBase58Check, isBech32 } from '../span/numbers/wallets.ts';

interface Coin {
  readonly literal: string;
  readonly min: number;
  readonly max: number;
  readonly check: (address: string) => boolean;
  readonly reason: string;
}

const BASE58_REASON = 'an address with a valid checksum';
const COINS: readonly Coin[] = [
  { literal: '1', min: 26, max: 34, check: isBase58Check, reason: BASE58_REASON },
  { literal: '3', min: 26, max: 35, check: isBase58Check, reason: BASE58_REASON },
  { literal: 'bc1', min: 26, max: 90, check: isBech32, reason: BASE58_REASON },
  { literal: 'BC1', min: 26, max: 90, check: isBech32, reason: BASE58_REASON },
  { literal: 'ltc1', min: 26, max: 90, check: isBech32, reason: BASE58_REASON },
  { literal: '0x', min: 42, max: 42, check: (address) => /^0x[0-9a-fA-F]{40}$/.test(address) && !/^0x(.)\1{30}/.test(address), reason: 'forty hexadecimal digits' },
]; // prettier-ignore

const HOLD_UNITS_MAX = 112;

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const coin = COINS[mark];
  if (coin === undefined || !isWordStart(view.text, at)) return NONE;
  const { text, isFinal } = view;
  const isHex = coin.literal === '0x';
  const end = runEnd(text, isHex ? at + 2 : at, { kinds: isHex ? HEX : LETTER | DIGIT, limit: at + coin.max + 1 });
  if (end - at > coin.max) return NONE;
  if (end >= text.length && !isFinal) return live(at);
  if (end - at < coin.min || (kindAt(text, end) & WORD) !== 0) return NONE;
  if (!coin.check(text.slice(at, end))) return NONE;
  return match({ type: 'CRYPTO', start: at, end, severity: 'medium', score: 0.95, reason: coin.reason });
}

export default {
  kind: 'span',
  id: 'pii.wallets',
  task: 'pii',
  class: 'personal-data',
  directions: ['input', 'output'],
  severity: 'medium',
  taxonomy: 'sensitive-output',
  about: 'Addresses of crypto currencies, by their checksums or their form.',
  hold: { max: HOLD_UNITS_MAX },
  anchors: COINS.map(({ literal }) =>
    literal.length === 1 ? { literal, leading: true as const } : { literal, startsSpan: true as const, boundary: true as const },
  ),
  look,
} satisfies SpanDetector;
