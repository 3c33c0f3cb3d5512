// Secrets of providers that no table names, told by the words before them and how random they look; and what stands in the same places innocently.
import { describe, expect, it } from 'vitest';
import { spanDetectors } from './detectors.fixture.ts';
import { BASE62, CAPITALS, DIGITS, seeded, SMALL, units } from './planted.fixture.ts';
import { createSpanScanner } from './scanner.ts';

const scanner = createSpanScanner(spanDetectors);
const next = seeded(2_026);
const HEX = `${DIGITS}abcdef`;
const any = (alphabet: string, count: number): string => units(next, alphabet, count);
const uuid = (): string => [8, 4, 4, 4, 12].map((count) => any(HEX, count)).join('-');

const CARRIERS = [
  'export AUTH_TOKEN="{}"', '{"API_KEY": "{}"}', "const SECRET_KEY = '{}';", 'SERVICE_TOKEN: {}\n  region: eu-west-1', "curl -H 'Authorization: Bearer {}' https://api.example.com/v1",
  'DB_PASSWORD={}', 'the password for staging is {}, please rotate it', '"token": "{}",', '-e API_SECRET={} image', 'client_secret={}&grant_type=x',
]; // prettier-ignore

const SECRETS: Readonly<Record<string, () => string>> = {
  'a prefix of a vendor': () => `acme_${any(BASE62, 32)}`,
  'a prefix with hyphens': () => `zq-sk-${any(BASE62, 40)}`,
  '32 hexadecimal digits': () => any(HEX, 32),
  '64 hexadecimal digits': () => any(HEX, 64),
  '24 letters and digits': () => any(BASE62, 24),
  base64: () => Buffer.from(any(BASE62, 32)).toString('base64'),
  'parts between dots': () => `${any(BASE62, 24)}.${any(BASE62, 6)}.${any(BASE62, 27)}`,
  'a password of a machine': () => `${any(SMALL, 4)}${any(DIGITS, 3)}!${any(CAPITALS, 3)}#${any(BASE62, 3)}`,
  'a database': () => `mysql://root:${any(BASE62, 12)}@10.0.0.5:3306/app`,
  'a queue': () => `amqps://svc:${any(BASE62, 16)}@mq.internal/vh`,
  'a cluster': () => `mongodb+srv://admin:${any(BASE62, 14)}@cluster0.abcde.example.net/prod`,
};

const INNOCENT: Readonly<Record<string, () => string>> = {
  'a digest of a commit': () => any(HEX, 40),
  'a UUID': uuid,
  'a placeholder': () => 'YOUR_API_KEY_HERE',
  'a variable': () => 'process.env.API_KEY',
  'a reference': () => '${{ secrets.API_KEY }}',
  'a word': () => 'changeme',
  crosses: () => 'xxxxxxxxxxxxxxxxxxxxxxxx',
};

const find = (text: string) => scanner.inspect(text, { direction: 'input', origin: 'user', context: {}, tasks: ['secrets'] }).findings;

describe('secrets of providers that no table names', () => {
  it('are found in at least 97 of 100 places', () => {
    const missed: string[] = [];
    let all = 0;
    for (const [name, make] of Object.entries(SECRETS)) {
      for (const carrier of CARRIERS) {
        for (let run = 0; run < 3; run += 1) {
          const value = make();
          const text = carrier.replace('{}', () => value);
          const start = text.indexOf(value);
          all += 1;
          if (!find(text).some((finding) => finding.start < start + value.length && finding.end > start))
            missed.push(`${name} in ${carrier}`);
        }
      }
    }
    expect({ share: missed.length / all <= 0.03, missed: missed.slice(0, 5 * Math.ceil(missed.length / all - 0.03)) }).toEqual({
      share: true,
      missed: [],
    });
  });

  it.each(Object.entries(INNOCENT))('are not %s', (_, make) => {
    // In the form of a token request (RFC 6749 section 4.4) anything is a secret.
    for (const carrier of CARRIERS.filter((each) => !each.startsWith('client_secret'))) {
      const text = carrier.replace('{}', make);
      expect({ text, found: find(text) }).toEqual({ text, found: [] });
    }
  });
});
