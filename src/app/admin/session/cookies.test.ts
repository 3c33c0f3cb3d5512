// Cookie headers come from whoever sends them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cookieIn, SESSION_COOKIE, setCookie } from './cookies.ts';

describe('a Cookie header', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['__Host-sallyport', undefined],
    ['__Host-sallyport=', ''],
    ['x__Host-sallyport=a', undefined],
    ['__Host-sallyportx=a', undefined],
    [' a=b ;  __Host-sallyport = token ; c=d', 'token'],
    ['__Host-sallyport=first; __Host-sallyport=second', 'first'],
    ['a="__Host-sallyport=x"', undefined],
  ])('%j holds %j', (header, wanted) => {
    expect(cookieIn(header, SESSION_COOKIE)).toBe(wanted);
  });

  it('gives back the token that was set, whatever stands beside it', () => {
    const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 1, maxLength: 43 });
    const other = fc.string().filter((text) => !text.includes('__Host-sallyport'));
    fc.assert(
      fc.property(token, other, other, (value, before, after) => {
        const [pair] = setCookie(SESSION_COOKIE, value, { maxAgeSeconds: 1, sameSite: 'Strict' }).split(';');
        expect(cookieIn(`${before};${pair};${after}`, SESSION_COOKIE)).toBe(value);
      }),
    );
  });
});
