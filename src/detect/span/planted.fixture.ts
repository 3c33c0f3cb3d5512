// Made-up secrets and personal data for tests, from a seed: nothing that looks like a live key is ever written into a file.
import { crc32, toBase62 } from './checksums.ts';
import rows from './tables/tokens.json' with { type: 'json' };

/** A small generator of unsigned 32-bit numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

export const SMALL = 'abcdefghijklmnopqrstuvwxyz';
export const CAPITALS = SMALL.toUpperCase();
export const DIGITS = '0123456789';
export const BASE62 = DIGITS + CAPITALS + SMALL;

const UNITS: Readonly<Record<string, string>> = {
  d: DIGITS,
  h: DIGITS + 'abcdef',
  H: DIGITS + 'abcdef',
  c: CAPITALS + DIGITS,
  l: SMALL + DIGITS,
  w: BASE62,
  u: BASE62 + '_-',
  s: BASE62 + '+/',
};

/** `count` units of the alphabet; with a digit, a capital and a small letter among the first, where the alphabet has them. */
export function units(next: () => number, alphabet: string, count: number): string {
  const kinds = [DIGITS, CAPITALS, SMALL].filter((kind) => [...kind].some((unit) => alphabet.includes(unit)));
  const pick = (from: string): string => from[next() % from.length] ?? '';
  return Array.from({ length: count }, (_, at) => {
    const kind = kinds[at] ?? alphabet;
    return pick([...kind].filter((unit) => alphabet.includes(unit)).join(''));
  }).join('');
}

/** A value of a shape of `tokens.json`. */
export const fromShape = (next: () => number, shape: string): string =>
  shape.replace(/\{(\w)(\d+)\+?(?:-\d+)?\}/g, (_, kind: string, count: string) => units(next, UNITS[kind] ?? BASE62, Number(count)));

/** One token of each row of the table, with what must stand before it. */
export const tokens = (seed: number): readonly { readonly type: string; readonly value: string; readonly before: string }[] => {
  const next = seeded(seed);
  return rows.map((row) => ({
    type: row.type,
    value: fromShape(next, row.shape),
    before: row.after === 'bot-id' ? `${units(next, '123456789', 9)}:` : '',
  }));
};

/** A token whose last six units are its checksum. */
export function selfChecked(next: () => number, prefix: string): string {
  const body = units(next, BASE62, 30);
  return prefix + body + toBase62(crc32(body), 6);
}

const wrapped = (text: string, width: number, lineEnd: string): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(lineEnd);

/** An armoured private key. */
export function privateKey(
  next: () => number,
  options: { readonly label?: string; readonly lineEnd?: string; readonly units?: number } = {},
): string {
  const { label = 'RSA PRIVATE KEY', lineEnd = '\n', units: count = 200 } = options;
  const dashes = '-'.repeat(5);
  const body = wrapped(units(next, BASE62 + '+/', count) + '=', 64, lineEnd);
  return `${dashes}BEGIN ${label}${dashes}${lineEnd}${body}${lineEnd}${dashes}END ${label}${dashes}`;
}

/** A JSON Web Token (RFC 7519). */
export function webToken(next: () => number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'HS256', typ: 'JWT' }), part({ sub: units(next, DIGITS, 6), name: 'Ada' }), units(next, BASE62 + '_-', 43)].join('.');
}
