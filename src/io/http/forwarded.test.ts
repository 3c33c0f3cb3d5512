// Who called, as proxies tell it: only listed ones are believed, and only in one way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Headers } from './exchange.ts';
import { HOPS_MAX, parseForwarded, parseForwardedFor, readSource, type SourceReading } from './forwarded.ts';
import { isProxyEntry, parseTrustedProxies, toIpAddress } from './trusted-proxies.ts';

const proxies = parseTrustedProxies(['10.0.0.0/8', 'loopback', '2001:db8:5::/48', '::ffff:192.0.2.0/120', '198.51.100.7']);
const read = (headers: Headers, peer = '10.0.0.1'): SourceReading => readSource({ host: 'inner', ...headers }, peer, proxies);
const addressOf = (reading: SourceReading): string =>
  reading.state === 'known' ? reading.source.address : `${reading.state} ${reading.header}`;

describe('an address has one text', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:CB00:7109', '203.0.113.9'],
    ['0:0:0:0:0:ffff:cb00:7109', '203.0.113.9'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['010.0.0.1', undefined],
    ['10.0.0', undefined],
    ['10.0.0.1:80', undefined],
    ['2130706433', undefined],
    ['', undefined],
    ['localhost', undefined],
  ])('%s', (text, expected) => {
    expect(toIpAddress(text)).toBe(expected);
  });

  it('however it is written', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (four, six) => {
        expect(toIpAddress(`::ffff:${four}`)).toBe(four);
        const once = toIpAddress(six) ?? '';
        expect(toIpAddress(once)).toBe(once);
        expect(toIpAddress(six.toUpperCase())).toBe(once);
      }),
    );
  });
});

describe('the list', () => {
  it.each([
    ['10.255.0.1', true],
    ['11.0.0.1', false],
    ['127.9.9.9', true],
    ['::1', true],
    ['2001:db8:5:ffff::1', true],
    ['2001:db8:6::1', false],
    ['192.0.2.255', true],
    ['192.0.3.1', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['', false],
    ['nonsense', false],
  ])('judges %s', (address, expected) => {
    expect([proxies.has(address), proxies.has(address)]).toEqual([expected, expected]);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '::ffff:0.0.0.0/96',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0.0/',
    '10/8',
    'proxy.example',
    'LOOPBACK',
    '',
    '10.0.0.1%1',
  ])('refuses %s', (entry) => {
    expect(isProxyEntry(entry)).toBe(false);
    expect(() => parseTrustedProxies([entry])).toThrow(RangeError);
  });

  it('holds an IPv4 block for mapped addresses, too', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, prefix) => {
        const list = parseTrustedProxies([`${address}/${prefix}`]);
        expect([list.has(address), list.has(toIpAddress(`::ffff:${address}`) ?? '')]).toEqual([true, true]);
      }),
    );
  });

  it('takes a block for what its bits say', () => {
    const bitsOf = (address: string): string =>
      address
        .split('.')
        .map((part) => Number(part).toString(2).padStart(8, '0'))
        .join('');
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 1, max: 32 }), (block, address, prefix) => {
        const isInside = bitsOf(block).slice(0, prefix) === bitsOf(address).slice(0, prefix);
        expect(parseTrustedProxies([`${block}/${prefix}`]).has(address)).toBe(isInside);
      }),
    );
  });
});

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.0.0.2, 127.0.0.1', '203.0.113.9'],
    ['1.1.1.1, 203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['10.0.0.9, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9:4711', '203.0.113.9'],
    ['[2001:db8::9]:4711', '2001:db8::9'],
    ['2001:DB8:0::9', '2001:db8::9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['203.0.113.9, unknown', '10.0.0.1'],
    ['203.0.113.9, unknown, 10.0.0.2', '10.0.0.2'],
    ['203.0.113.9,,', '203.0.113.9'],
    ['', '10.0.0.1'],
  ])('%s', (header, expected) => {
    expect(addressOf(read({ 'x-forwarded-for': header }))).toBe(expected);
  });

  it.each([
    'localhost',
    '203.0.113.9; x',
    '203.0.113.9 10.0.0.1',
    "' OR 1=1",
    '203.0.113.9:99999999',
    '[203.0.113.9]',
    '[::1',
    '256.1.1.1',
    '::1%lo',
  ])('cannot be read: %s', (header) => {
    expect(addressOf(read({ 'x-forwarded-for': header }))).toBe('malformed X-Forwarded-For');
    expect(addressOf(read({ 'x-forwarded-for': `${header}, 203.0.113.9` }))).toBe('malformed X-Forwarded-For');
  });

  it('has a longest list', () => {
    const list = (hops: number): string => Array.from({ length: hops }, (_, at) => `203.0.113.${at}`).join(', ');
    expect(parseForwardedFor(list(HOPS_MAX))).toHaveLength(HOPS_MAX);
    expect(parseForwardedFor(list(HOPS_MAX + 1))).toBeUndefined();
    expect(parseForwardedFor(`${','.repeat(HOPS_MAX * 3)}203.0.113.9`)).toBeUndefined();
  });
});

describe('Forwarded', () => {
  it.each([
    ['for=203.0.113.9', '203.0.113.9'],
    ['For="203.0.113.9:80";Proto=HTTPS;by=10.0.0.1', '203.0.113.9'],
    ['for="[2001:db8::9]:80"', '2001:db8::9'],
    ['for="[2001:db8::9]" , for=10.0.0.2', '2001:db8::9'],
    ['for=1.1.1.1, for=203.0.113.9;host=a, for=10.0.0.2', '203.0.113.9'],
    ['for=unknown', '10.0.0.1'],
    ['for=_hidden, for=10.0.0.2', '10.0.0.2'],
    ['proto=https', '10.0.0.1'],
    ['for="203.0.113\\.9"', '203.0.113.9'],
    ['for=203.0.113.9;', '203.0.113.9'],
    ['', '10.0.0.1'],
  ])('%s', (header, expected) => {
    expect(addressOf(read({ forwarded: header }))).toBe(expected);
  });

  it.each([
    'for=',
    'for="203.0.113.9',
    'for=203.0.113.9;for=203.0.113.9',
    'for=2001:db8::9',
    'for="2001:db8::9"',
    'for=[2001:db8::9]',
    'for="203.0.113.9"x',
    'for = 203.0.113.9',
    'for=203.0.113.9 for=1.1.1.1',
    'for=203.0.113.9;proto=ftp',
    'for=203.0.113.9;host="a b"',
    'for=nobody',
    'for="a\u0001b"',
    '203.0.113.9',
  ])('cannot be read: %s', (header) => {
    expect(addressOf(read({ forwarded: header }))).toBe('malformed Forwarded');
  });

  it('has a longest list', () => {
    const list = (hops: number): string => Array.from({ length: hops }, () => 'for=203.0.113.9').join(',');
    expect(parseForwarded(list(HOPS_MAX))).toHaveLength(HOPS_MAX);
    expect(parseForwarded(list(HOPS_MAX + 1))).toBeUndefined();
  });

  it('is read in time that grows with its length alone', () => {
    for (const piece of [' ', 'a', ';', ',', '"', '\\', 'a=', 'a="', 'a=b ', 'for=1.1.1.1 ']) {
      const startedAt = performance.now();
      parseForwarded(piece.repeat(16_384 / piece.length));
      expect(performance.now() - startedAt).toBeLessThan(200);
    }
  });

  const hop = fc.oneof(
    fc.ipV4(),
    fc.ipV6().map((address) => `"[${address}]"`),
    fc.constant('unknown'),
    fc.constant('_x1'),
  );
  const element = fc.record({ for: hop, proto: fc.constantFrom('http', 'https'), host: fc.constantFrom('a.example', '"b.example:8443"') });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: HOPS_MAX }), (elements) => {
        const header = elements
          .map((one) => `for=${one.for};host=${one.host} ; proto=${one.proto}`)
          .join(' , ')
          .replaceAll(' ; ', ';');
        expect(parseForwarded(header)).toEqual(
          elements.map((one) => ({
            hop: toIpAddress(one.for.replaceAll(/["[\]]/g, '')),
            host: one.host.replaceAll('"', ''),
            scheme: one.proto,
          })),
        );
      }),
    );
  });
});

describe('whoever is believed', () => {
  it.each(['203.0.113.1', '2001:db8:6::1', ''])('is not %s', (peer) => {
    const lies = { 'x-forwarded-for': '10.0.0.9', 'x-forwarded-host': 'a', 'x-forwarded-proto': 'https', forwarded: 'for=""' };
    expect(read(lies, peer)).toEqual({ state: 'known', source: { address: peer, host: 'inner', scheme: undefined } });
  });

  it('cannot be spoken for by a caller, whatever it sends before its own address', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: HOPS_MAX - 2 }), fc.boolean(), (sent, isNew) => {
        const hops = [...sent, '203.0.113.9', '10.7.7.7'];
        const headers: Headers = isNew
          ? { forwarded: hops.map((one) => (one.includes(':') ? `for="[${one}]"` : `for=${one}`)).join(', ') }
          : { 'x-forwarded-for': hops.join(', ') };
        expect(addressOf(read(headers))).toBe('203.0.113.9');
      }),
    );
  });

  it('says host and protocol, the rightmost of a list', () => {
    expect(read({ 'x-forwarded-host': 'evil.example, gw.example:8443', 'x-forwarded-proto': 'http, https' })).toEqual({
      state: 'known',
      source: { address: '10.0.0.1', host: 'gw.example:8443', scheme: 'https' },
    });
    expect(read({ forwarded: 'for=1.1.1.1;host=evil.example, for=203.0.113.9;host=gw.example;proto=https, for=10.0.0.2;host=in' })).toEqual(
      {
        state: 'known',
        source: { address: '203.0.113.9', host: 'gw.example', scheme: 'https' },
      },
    );
  });

  it.each([
    [{ 'x-forwarded-host': 'a b' }, 'malformed X-Forwarded-Host'],
    [{ 'x-forwarded-host': '' }, 'malformed X-Forwarded-Host'],
    [{ 'x-forwarded-proto': 'gopher' }, 'malformed X-Forwarded-Proto'],
    [{ 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.8' }, 'contradictory X-Forwarded-For'],
    [{ 'x-forwarded-for': '203.0.113.9', forwarded: 'proto=https' }, 'contradictory X-Forwarded-For'],
    [{ 'x-forwarded-host': 'a', forwarded: 'for=203.0.113.9;host=b' }, 'contradictory X-Forwarded-Host'],
    [{ 'x-forwarded-proto': 'http', forwarded: 'for=203.0.113.9;proto=https' }, 'contradictory X-Forwarded-Proto'],
  ])('is refused with %j', (headers, expected) => {
    expect(addressOf(read(headers))).toBe(expected);
  });

  it('may say the same twice', () => {
    const headers = {
      'x-forwarded-for': '203.0.113.9, 10.0.0.2',
      forwarded: 'for="203.0.113.9:77";proto=https;host=A',
      'x-forwarded-host': 'a',
    };
    expect(addressOf(read(headers))).toBe('203.0.113.9');
  });

  it('never makes the parsers throw', () => {
    const header = fc.oneof(fc.string(), fc.stringMatching(/^(?:for=|[0-9a-f:.[\]",;=_ \\%]){0,60}$/));
    fc.assert(
      fc.property(header, header, header, (one, two, three) => {
        expect(['known', 'malformed', 'contradictory']).toContain(
          read({ 'x-forwarded-for': one, forwarded: two, 'x-forwarded-host': three, 'x-forwarded-proto': three }).state,
        );
      }),
    );
  });
});
