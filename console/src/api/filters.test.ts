// What may stand in an address, and what becomes of it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countFilters, parseFilters, parseScope, spanOf, toQuery } from './filters.ts';

const parse = (address: string): object => parseFilters(Object.fromEntries(new URLSearchParams(address)));

describe('an address', () => {
  it.each([
    ['', {}],
    ['since=1h&tenant=acme', { since: '1h', tenant: 'acme' }],
    ['since=forever', {}],
    ['from=10&to=20', { from: 10, to: 20 }],
    ['from=20&to=10', {}],
    ['from=10', {}],
    ['key=12e4&status=403', { key: '12e4', status: '403' }],
    ['streamed=true&minMs=250', { streamed: true, minMs: 250 }],
    ['streamed=perhaps&minMs=-1', {}],
    ['order=asc', { order: 'asc' }],
    ['order=drop', {}],
    [`model=${'x'.repeat(256)}`, { model: 'x'.repeat(256) }],
    [`model=${'x'.repeat(257)}`, {}],
    ['__proto__=x&constructor=y', {}],
  ])('%s is understood', (address, filters) => expect(parse(address)).toEqual(filters));

  it('of any text never throws, and is understood the same a second time', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (search) => {
        const once = parseFilters(search);
        expect(parseFilters({ ...once })).toEqual(once);
      }),
    );
  });
});

describe('time', () => {
  const now = 1_000_000_000;

  it('that is relative begins anew at each look, and has no end', () => {
    expect(toQuery({ since: '1h', model: 'm' }, now)).toEqual({ model: 'm', from: now - 3_600_000 });
    expect(spanOf({ since: '15m' }, now)).toEqual({ from: now - 900_000, to: now });
  });

  it('that is fixed stays', () => {
    expect(toQuery(parseScope({ from: 5, to: 9, since: '1h' }), now)).toEqual({ from: 5, to: 9 });
    expect(spanOf({ from: 5, to: 9, since: '1h' }, now)).toEqual({ from: 5, to: 9 });
  });

  it('is a day where none is named', () => expect(spanOf({}, now).from).toBe(now - 86_400_000));

  it('and tenant are no filters', () => expect(countFilters({ since: '1h', tenant: 'a', rule: 'x' })).toBe(1));
});
