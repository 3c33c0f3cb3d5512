// The promise of the product: for every way to cut a text, what the stream releases is the redaction of the whole.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SpanDetector } from '../detector.ts';
import { live, match } from './answers.ts';
import { spanDetectors } from './detectors.fixture.ts';
import { cutAt, cutBytesAt, OUTPUT, redactStream, redactWhole } from './law.fixture.ts';
import { BASE62, privateKey, seeded, tokens, units, webToken } from './planted.fixture.ts';
import { createSpanScanner } from './scanner.ts';

const scanner = createSpanScanner(spanDetectors);
const next = seeded(20_261);
const planted = tokens(7);

const pieces = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom(...planted.map((token) => token.before + token.value)),
    fc
      .integer({ min: 1, max: 1_000 })
      .map((seed) => privateKey(seeded(seed), { units: 40 + (seed % 90), lineEnd: seed % 2 === 0 ? '\n' : '\\n' })),
    fc.integer({ min: 1, max: 1_000 }).map((seed) => webToken(seeded(seed))),
    fc.integer({ min: 1, max: 1_000 }).map((seed) => units(seeded(seed), BASE62, seed % 50)),
    fc.constantFrom(
      'bob.smith@example.com', 'x@y.io', '4111 1111 1111 1111', '4111111111111111', '+1 (555) 013-8348', 'DE89 3704 0044 0532 0130 00',
      '192.168.1.10', '2001:db8::1:2', '123-45-6789', 'https://user:pa55w0rd@host.com/x', 'postgres://app:SeCr3tPw1@db/x', 'password: hunter2Xy!z9',
      'Authorization: Bearer ', '![x](https://e.com/p?d=aGVsbG8gd29ybGQgdGhpcyBpcyBkYXRh)', '<img src="//e.com/a?q=1">', 'RSSMRA85T10A562S',
    ), // prettier-ignore
    fc.constantFrom(
      'the ', 'a quick brown fox ', ' ', 'é', '你好', '😀', '-----BEGIN ', '-----', '\n', '.', '@', 'key ', 'token: ', 'secret=', 'sk-', 'AKIA', '12 ',
      '(', '+', 'AB', 'DE89', '"', '://', 'eyJ', '\\n', '-', '/', ':', '=', '![', '](', 'ghp_', 'QQ ', '0', '\u200b', '\ud83d',
    ), // prettier-ignore
  );

const texts = (max: number): fc.Arbitrary<string> => fc.array(pieces(), { minLength: 1, maxLength: max }).map((parts) => parts.join(''));

/** Fragments whose order and completeness decide what a detector answers, by family. */
const FRAGMENTS: readonly (readonly string[])[] = [
  ['1', '2', '0', '41', '11', '4111', ' ', '-', '.', '/', '(', ')', '+', 'x', 'A', 'X ', 'QQ ', 'office', ' fax', ' call ', 'DE89', '3704', '\u00a0', '–', ':', '\n', 'b'],
  ['password', 'token', ' ', '=', ':', '"', "'", 'is ', 'was ', 'aB3', '!', 'xQ9$', '\\', '\n', 'key', 'Bearer ', 'secret', ',', ';', '&', '?', 's', '_', '-', '.', '>', '<'],
  ['-----BEGIN ', 'RSA ', 'PRIVATE KEY', '-----', '\n', '\\n', 'ABCDabcd', '0123456789+/aQ', '=', '-----END ', 'Comment: ', 'x', ' ', '-', '"', '\r', '\\', 'AAAAAAAAAAAAAAAAAAAAAAAA'],
  ['a', '@', 'b.c', '.', 'com', '://', 'user', ':', 'pw1', 'host', '/', '?', 'q=', 'aGVsbG8gd29ybGQgdGhpcyBpcyBkYXRh', '![', '](', ')', '(', '<img src="', '"', '\\/\\/', '//', '#', ' ', '1::2', 'fe80::1', 'ab:'],
  ['eyJ', 'hbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIx', '_', '-', 'a', 'e', 'y', ' ', '"', 'ghp_', 'AKIA', 'SG.', 'xoxb-', '123456789012', 'A', 'aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z', 'hf_', ':AA', '987654321'],
  ['MRN', 'account number', 'member id', 'plate number', 'serial', 'passport', ' ', ': ', 'no', '. ', 'number', ' is', 'i', 'n', 'A', 'AB', '12', '4821', '-', '·', '7ABC123', 'C02XK1JQJG5H', '\n', '"', 'x', '/', ' 88'],
  ['bc1', 'q', '1', '3', '0x', 'de', 'AD', '1HGCM82633A004352', 'P<', 'UTOBERG<<ADA<MARIA<<<<<<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F3304153<<<<<<<<<<<<<<06', '\n', '<', 'IDD', ' ', 'A', '9', '\\n', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 'DE', '136695976', 'ATU', 'NL', 'B01'],
]; // prettier-ignore

function expectLaw(text: string, chunks: readonly string[]): void {
  const whole = redactWhole(scanner, text);
  const { text: released, findings } = redactStream(scanner, chunks);
  expect({ released, findings }).toEqual({ released: whole.text, findings: whole.findings });
}

describe('a stream releases what redaction of the whole text gives', () => {
  it('for every one and two cuts of texts up to 120 units', () => {
    const check = (text: string): void => {
      const whole = redactWhole(scanner, text);
      for (let first = 0; first <= text.length; first += 1) {
        for (let second = first; second <= text.length; second += 1) {
          const got = redactStream(scanner, cutAt(text, [first, second]));
          if (got.text !== whole.text || got.findings.length !== whole.findings.length) expectLaw(text, cutAt(text, [first, second]));
        }
      }
    };
    fc.assert(
      fc.property(
        texts(4).map((text) => text.slice(0, 120)),
        check,
      ),
      { numRuns: 25, seed: 11 },
    );
  });

  it('for every cut of the bytes of texts with characters of several bytes', () => {
    const check = (text: string): void => {
      const whole = redactWhole(scanner, text);
      const bytes = new TextEncoder().encode(text).length;
      for (let cut = 0; cut <= bytes; cut += 1) expect(redactStream(scanner, cutBytesAt(text, [cut])).text).toBe(whole.text);
    };
    const wellFormed = texts(4).map((text) => text.toWellFormed().slice(0, 120).toWellFormed());
    fc.assert(fc.property(wellFormed, check), { numRuns: 40, seed: 12 });
  });

  it('for sampled cuts of longer texts', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    const check = (text: string, places: readonly number[]): void =>
      expectLaw(
        text,
        cutAt(
          text,
          places.map((place) => Math.floor(place * text.length)),
        ),
      );
    fc.assert(fc.property(texts(30), cuts, check), { numRuns: 1_500, seed: 13 });
  });

  it('unit by unit, and never holds more than 256 units', () => {
    const check = (text: string): void => {
      expectLaw(
        text,
        cutAt(
          text,
          Array.from({ length: text.length }, (_, at) => at),
        ),
      );
      const { heldMax } = redactStream(scanner, [...text]);
      expect(heldMax).toBeLessThanOrEqual(256);
    };
    fc.assert(fc.property(texts(20), check), { numRuns: 300, seed: 14 });
  });

  it('for texts made of the very fragments that detectors look for', () => {
    const fragments = fc
      .constantFrom(...FRAGMENTS)
      .chain((family) => fc.array(fc.constantFrom(...family), { minLength: 1, maxLength: 24 }));
    const check = (parts: readonly string[], cut: number, isByUnit: boolean): void => {
      const text = parts.join('');
      expectLaw(text, isByUnit ? text.split('') : cutAt(text, [cut % (text.length + 1)]));
    };
    fc.assert(fc.property(fragments, fc.nat(), fc.boolean(), check), { numRuns: 4_000, seed: 15 });
  });

  it('with any long run of one unit after any anchor', () => {
    const runs = [' ', '\n', 'a', 'A', '1', '-', '=', '"', '.', '/', '\\', '@', ':', 'é', '+', '(', '*', '%'];
    const anchors = new Set(spanDetectors.flatMap((detector) => detector.anchors.map((anchor) => anchor.literal)));
    for (const anchor of [
      ...anchors,
      'password: ',
      'the key is ',
      'AKIA' + 'ABCDEFGH23456777',
      '![](https://e.com/?',
      '+49 30 ',
      'DE89 ',
      '-----BEGIN PRIVATE KEY-----',
    ]) {
      for (const unit of runs) {
        const text = `${anchor}${unit.repeat(620)}x`;
        expectLaw(text, text.match(/[^]{1,31}/g) ?? []);
      }
    }
  });

  it('over a text far longer than what it remembers', () => {
    const text = Array.from({ length: 400 }, () => `${planted[next() % planted.length]?.value} and words in between, `).join('');
    expectLaw(
      text,
      cutAt(
        text,
        Array.from({ length: 900 }, () => next() % text.length),
      ),
    );
  });
});

describe('a stream', () => {
  it('lets all but the last word of prose go at once, and the first character of that too', () => {
    const stream = scanner.stream(OUTPUT);
    const words = 'The quick brown fox jumps over the lazy dog while a system Gives hints about http and keys'.split(/(?= )/);
    let text = '';
    for (const word of words) {
      for (const piece of stream.push(word).pieces) text += piece.text;
      expect(stream.heldUnits).toBeLessThanOrEqual(word.trimStart().length - 1);
    }
    for (const piece of stream.end().pieces) text += piece.text;
    expect(text).toBe(words.join(''));
  });

  it('hands on the text of an open match, for a policy that lets it pass', () => {
    const stream = scanner.stream(OUTPUT);
    const key = privateKey(next, { units: 300 });
    const text = `here: ${key} done`;
    const parts = [...text].flatMap((unit) => stream.push(unit).pieces).concat(stream.end().pieces);
    expect(parts.map((piece) => piece.text).join('')).toBe(text);
    expect(parts.filter((piece) => piece.kind === 'more').length).toBeGreaterThan(100);
  });

  it('releases nothing more once a detector has thrown', () => {
    const broken: SpanDetector = {
      kind: 'span', id: 'pii.broken', task: 'pii', class: 'personal-data', directions: ['output'], severity: 'high', taxonomy: 'sensitive-output',
      about: 'throws', hold: { max: 10 }, anchors: [{ literal: '!' }],
      look() { throw new Error('broken'); },
    }; // prettier-ignore
    const bugs: unknown[] = [];
    const stream = createSpanScanner([broken], (bug) => bugs.push(bug)).stream(OUTPUT);
    expect(stream.push('fine ').pieces).toEqual([{ kind: 'clear', text: 'fine ' }]);
    expect(stream.push('now! and then')).toEqual({ pieces: [], findings: [], failed: 'detector_error' });
    expect(stream.push('more').failed).toBe('detector_error');
    expect(bugs).toEqual([new Error('broken')]);
    expect(createSpanScanner([broken]).inspect('now!', OUTPUT)).toMatchObject({ state: 'failed', code: 'detector_error' });
  });

  it('fails when a detector holds more than it said', () => {
    const greedy: SpanDetector = {
      kind: 'span', id: 'pii.greedy', task: 'pii', class: 'personal-data', directions: ['output'], severity: 'high', taxonomy: 'sensitive-output',
      about: 'never decides', hold: { max: 10 }, anchors: [{ literal: '!' }],
      look: (_, at) => ({ state: 'live', start: at }),
    }; // prettier-ignore
    const stream = createSpanScanner([greedy]).stream(OUTPUT);
    expect(stream.push('!123456789').failed).toBeUndefined();
    expect(stream.push('0').failed).toBe('detector_error');
  });

  it('keeps the name of a graver match inside a lighter one', () => {
    const card = (id: string, severity: 'low' | 'high', literal: string, length: number): SpanDetector => ({
      kind: 'span', id, task: 'pii', class: 'personal-data', directions: ['output'], severity, taxonomy: 'sensitive-output',
      about: 'test', hold: { max: 20 }, anchors: [{ literal, startsSpan: true }],
      look: ({ text }, at) => {
        const found = { type: id, start: at, end: at + length, severity, score: 1, reason: 'test' };
        return text.length < found.end ? live(at) : match(found);
      },
    }); // prettier-ignore
    const nested = createSpanScanner([card('light', 'low', '<', 9), card('grave', 'high', 'KEY', 3)]);
    const whole = redactWhole(nested, 'a <12KEY678 b');
    expect(whole.findings.map(({ type, start, end }) => [type, start, end])).toEqual([
      ['light', 2, 5],
      ['grave', 5, 8],
      ['light', 8, 11],
    ]);
    expect(redactStream(nested, [...'a <12KEY678 b']).findings).toEqual(whole.findings);
  });
});
