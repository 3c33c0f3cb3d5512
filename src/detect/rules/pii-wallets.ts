// Addresses of crypto currencies: Bitcoin and its kin by their checks, Ethereum by its form.
import type { SpanAnswer, SpanDetector, SpanView } from '../detector.ts';
import { live, match, NONE } from '../span/answers.ts';
import { DIGIT, HEX, isWordStart, kindAt, LETTER, WORD } from '../span/chars.ts';
import { isBase58Check, isBech32, isMonero, isStellar } from '../span/numbers/wallets.ts';

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
  { literal: 'tb1', min: 26, max: 90, check: isBech32, reason: BASE58_REASON },
  { literal: 'cosmos1', min: 40, max: 90, check: isBech32, reason: BASE58_REASON },
  { literal: 'addr1', min: 50, max: 108, check: isBech32, reason: BASE58_REASON },
  { literal: 'T', min: 34, max: 34, check: isBase58Check, reason: BASE58_REASON },
  { literal: 'D', min: 34, max: 34, check: isBase58Check, reason: BASE58_REASON },
  { literal: 'L', min: 33, max: 34, check: isBase58Check, reason: BASE58_REASON },
  { literal: 't1', min: 35, max: 35, check: isBase58Check, reason: BASE58_REASON },
  { literal: '4', min: 95, max: 95, check: isMonero, reason: 'the form of an address' },
  { literal: '8', min: 95, max: 95, check: isMonero, reason: 'the form of an address' },
  { literal: 'GA', min: 56, max: 56, check: isStellar, reason: BASE58_REASON },
  { literal: 'GB', min: 56, max: 56, check: isStellar, reason: BASE58_REASON },
  { literal: 'GC', min: 56, max: 56, check: isStellar, reason: BASE58_REASON },
  { literal: 'GD', min: 56, max: 56, check: isStellar, reason: BASE58_REASON },
  { literal: '0x', min: 42, max: 42, check: (address) => /^0x[0-9a-fA-F]{40}$/.test(address) && !/^0x(.)\1{30}/.test(address), reason: 'forty hexadecimal digits' },
]; // prettier-ignore

const HOLD_UNITS_MAX = 112;

/** A letter that begins many words goes out at once, so that prose does not wait. */
const isShown = ({ literal }: Coin): boolean => /^[A-Za]/.test(literal) && literal !== 'BC1';
const SHOWN_UNITS = COINS.map((coin) => (isShown(coin) ? coin.literal.length : 0));

function look(view: SpanView, at: number, mark: number): SpanAnswer {
  const coin = COINS[mark];
  const { text, isFinal } = view;
  // The cheap look first: whether it can be long enough.
  const least = at + (coin?.min ?? 0);
  if (coin === undefined || (least <= text.length && (kindAt(text, least - 1) & (LETTER | DIGIT)) === 0)) return NONE;
  if (!isWordStart(text, at)) return NONE;
  const isHex = coin.literal === '0x';
  const kinds = isHex ? HEX : LETTER | DIGIT;
  const limit = Math.min(text.length, at + coin.max + 1);
  let end = isHex ? at + 2 : at;
  while (end < limit && (kindAt(text, end) & kinds) !== 0) end += 1;
  const start = at + (SHOWN_UNITS[mark] ?? 0);
  if (end - at > coin.max) return NONE;
  if (end >= text.length && !isFinal) return live(start);
  if (end - at < coin.min || (kindAt(text, end) & WORD) !== 0) return NONE;
  if (!coin.check(text.slice(at, end))) return NONE;
  return match({ type: 'CRYPTO', start, end, severity: 'medium', score: 0.95, reason: coin.reason });
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
  anchors: COINS.map((coin) => {
    const { literal } = coin;
    if (/^\d$/.test(literal)) return { literal, leading: true as const };
    return isShown(coin) ? { literal, boundary: true as const } : { literal, startsSpan: true as const, boundary: true as const };
  }),
  look,
} satisfies SpanDetector;
