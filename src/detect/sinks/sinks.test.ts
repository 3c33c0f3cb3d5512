// What each sink must find, what only looks like it, and that what was made harmless is so: however a stream cuts it.
import { readFileSync, readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../core/types.ts';
import { HOLD_UNITS_MAX, type Sink } from '../detector.ts';
import { cutAt, OUTPUT } from '../span/law.fixture.ts';
import { createSpanScanner, type SpanOptions } from '../span/scanner.ts';
import type { StreamStep } from '../span/piece.ts';
import { SINK_DETECTORS } from './sinks.ts';

interface Corpus {
  readonly sink: Sink;
  readonly hits: readonly string[];
  readonly benign: readonly string[];
}

const FOLDER = new URL('../../../corpus/sinks/', import.meta.url);
const corpora = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Corpus);
const scanner = createSpanScanner(SINK_DETECTORS);
const to = (sink: Sink): SpanOptions => ({ ...OUTPUT, sink });

function found(sink: Sink, text: string): readonly Finding[] {
  const report = scanner.inspect(text, to(sink));
  expect(report.state).toBe('looked');
  return report.findings;
}

/** What leaves when the text comes in these pieces, and the most that was held. */
function released(sink: Sink, chunks: readonly string[]): { readonly text: string; readonly heldMax: number } {
  const stream = scanner.stream(to(sink));
  let text = '';
  let heldMax = 0;
  const take = (step: StreamStep): void => {
    expect(step.failed).toBeUndefined();
    for (const piece of step.pieces) {
      if (piece.kind === 'clear') text += piece.text;
      if (piece.kind === 'finding') text += scanner.neutral(piece.finding.rule, piece.text) ?? '';
    }
  };
  for (const chunk of chunks) {
    take(stream.push(chunk));
    heldMax = Math.max(heldMax, stream.heldUnits);
  }
  take(stream.end());
  return { text, heldMax };
}

describe.each(corpora)('$sink', ({ sink, hits, benign }) => {
  it('has enough samples of both sides', () => {
    expect(hits.length).toBeGreaterThanOrEqual(20);
    expect(benign.length).toBeGreaterThanOrEqual(20);
  });

  it('recall is 1', () => {
    expect(hits.filter((text) => found(sink, text).length === 0)).toEqual([]);
  });

  it('precision is 1', () => {
    expect(benign.filter((text) => found(sink, text).length > 0)).toEqual([]);
  });

  it('what was made harmless is harmless, and what was harmless is left as it is', () => {
    for (const text of hits) {
      const { text: safe } = released(sink, [text]);
      expect({ text, safe, left: found(sink, safe).map(({ type }) => type) }).toEqual({ text, safe, left: [] });
    }
    for (const text of benign) expect(released(sink, [text]).text).toBe(text);
  });

  it('every cut in two and in three releases the same', () => {
    for (const text of [...hits, ...benign].filter(({ length }) => length < 70)) {
      const whole = released(sink, [text]).text;
      for (let first = 0; first <= text.length; first += 1) {
        for (let second = first; second <= text.length; second += 3) {
          const cut = released(sink, cutAt(text, [first, second]));
          if (cut.text !== whole) expect({ cuts: cutAt(text, [first, second]), text: cut.text }).toEqual({ cuts: [], text: whole });
        }
      }
    }
  });

  it('any mixture of samples, cut anywhere, is harmless behind it, and nothing is held too long', () => {
    const parts = fc.oneof(
      fc.constantFrom(...hits),
      fc.constantFrom(...benign),
      fc.constantFrom(' ', '\n', ',', '<', "'", ';', 'or', '//', '](', ':', '\\'),
      fc.string({ maxLength: 6 }),
    );
    const texts = fc.array(parts, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(texts, fc.array(fc.nat(400), { maxLength: 6 }), (text, cuts) => {
        const whole = released(sink, [text]).text;
        const cut = released(
          sink,
          cutAt(
            text,
            cuts.map((place) => Math.min(place, text.length)),
          ),
        );
        expect(cut.text).toBe(whole);
        expect(cut.heldMax).toBeLessThanOrEqual(HOLD_UNITS_MAX);
        expect(found(sink, whole).map(({ type, start }) => [type, start])).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('a long text costs no more than its length, at once and in small pieces', () => {
    const seed = [...hits, ...benign].join(' ');
    const time = (step: () => unknown): number => {
      const startedMs = performance.now();
      step();
      return performance.now() - startedMs;
    };
    scanner.inspect(seed, to(sink));
    for (const unit of [seed, '<a ', '<a b="', '; ', ';/*', '](', "' or ", 'or/*', '=', '+a', '$', '// ', 'eval(x', '\n']) {
      const text = unit.repeat(Math.ceil(8_192 / unit.length)).slice(0, 8_192);
      expect(time(() => scanner.inspect(text, to(sink)))).toBeLessThan(400);
      // Were each piece read with all that came before it, this would take minutes.
      expect(time(() => released(sink, text.match(/[^]{1,5}/g) ?? []))).toBeLessThan(4_000);
    }
  });
});

describe('where nothing is said of a sink', () => {
  it('no rule of one looks', () => {
    for (const { hits } of corpora) for (const text of hits) expect(scanner.inspect(text, OUTPUT).findings).toEqual([]);
  });

  it('every sink has a corpus', () => {
    expect(new Set(corpora.map(({ sink }) => sink))).toEqual(new Set(SINK_DETECTORS.map(({ sink }) => sink)));
  });
});

describe('comments in SQL that do not end', () => {
  const FRAGMENTS = [
    ';',
    'or',
    ' ',
    '/*',
    '*',
    '/',
    '!',
    'M',
    '--',
    '#',
    '\n',
    '*/',
    'drop table x',
    '1=1',
    'union',
    'select',
    "'",
    '-',
    'delete from t',
    'x',
  ];

  it('change nothing of what is released, wherever they begin and end', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...FRAGMENTS), { minLength: 1, maxLength: 40 }), (parts) => {
        const text = parts.join('');
        expect(released('sql', [...text]).text).toBe(released('sql', [text]).text);
      }),
      { numRuns: 3_000, seed: 5 },
    );
  });

  it.each([';/*', 'or/*', ';-- ', 'union#', ';/* x'])(
    'a flood of %s that comes letter by letter costs hardly more than other text',
    (unit) => {
      const cost = (part: string): number => {
        const letters = [...part.repeat(Math.ceil(3_000 / part.length))];
        const startedMs = performance.now();
        released('sql', letters);
        return (performance.now() - startedMs) / letters.length;
      };
      const least = (part: string): number => Math.min(...[0, 1, 2, 3, 4].map(() => cost(part)));
      expect(least(unit)).toBeLessThan(8 * least(';/**/'));
    },
  );
});
