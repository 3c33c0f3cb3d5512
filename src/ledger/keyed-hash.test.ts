// The short way and the library's own give the same hash, whatever the text.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeyedHash } from './keyed-hash.ts';

const plain = (key: Uint8Array, head: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(head).update(text, 'utf8').digest('base64url');

it('is HMAC-SHA-256 for any key, head and text', () => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
  fc.assert(
    fc.property(bytes(64), bytes(64), fc.string({ unit: 'binary' }), (key, head, text) => {
      expect(new KeyedHash(key).of(head, text)).toBe(plain(key, head, text));
    }),
  );
});

it('gives the test vector of RFC 4231 section 4.3', () => {
  const made = new KeyedHash(Buffer.from('Jefe')).of(new Uint8Array(), 'what do ya want for nothing?');
  expect(Buffer.from(made, 'base64url').toString('hex')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

it.each([21_802, 21_813, 21_814, 65_536, 1_000_000])(
  'is the same for a text of %d units, on both sides of what is kept for short ones',
  (units) => {
    const key = Buffer.alloc(32, 7);
    const head = Buffer.alloc(32, 9);
    for (const unit of ['a', '\u20ac', '\ud83d'])
      expect(new KeyedHash(key).of(head, unit.repeat(units))).toBe(plain(key, head, unit.repeat(units)));
  },
);

it('refuses a key that is longer than a block', () => {
  expect(() => new KeyedHash(Buffer.alloc(65))).toThrow(RangeError);
});
