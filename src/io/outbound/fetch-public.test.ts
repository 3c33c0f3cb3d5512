// What a stranger may name and what not: nothing but the public internet, over TLS, on its own port.
import { describe, expect, it } from 'vitest';
import { fetchPublic, isPublicAddress, publicUrl } from './fetch-public.ts';

describe('addresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450:4001:81b::200e'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '198.18.0.1',
    '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::ffff:10.0.0.1', '::ffff:127.0.0.1',
    '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:1::1', '2001:db8::1', 'localhost', '',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  }); // prettier-ignore
});

it.each([
  'http://example.com/a.png', 'ftp://example.com/a.png', 'file:///etc/passwd', 'https://user:pass@example.com/a.png',
  'https://example.com:8443/a.png', 'https://127.0.0.1/a.png', 'https://[::1]/a.png', 'https://0x7f.1/a.png', 'https://2130706433/',
  'https://169.254.169.254/latest/meta-data', 'no url',
])('never asks %s', (text) => {
  expect(() => publicUrl(text)).toThrow();
}); // prettier-ignore

it('never connects to a name that means this machine', async () => {
  await expect(fetchPublic(publicUrl('https://localhost/a.png'), { bytesMax: 10, timeoutMs: 5_000 })).rejects.toThrow(/no public address/);
});
