// Many matches in one run: the run is followed once, whatever begins inside it, and what is told is the same.
import { expect, test } from 'vitest';
import links from '../rules/exfiltration-links.ts';
import assignments from '../rules/secrets-assignments.ts';
import tokens from '../rules/secrets-tokens.ts';
import webTokens from '../rules/secrets-web-tokens.ts';
import type { SpanDetector, SpanExtent, SpanMatch, SpanView } from '../detector.ts';
import { createSpanScanner } from './scanner.ts';

const HEADER = 'eyJhbGciOiJIUzI1NiJ9.';
const LOOK = { direction: 'input', origin: 'user', context: {} } as const;

/** The detector, and how many units it was followed over. */
function counted(detector: SpanDetector): { readonly detector: SpanDetector; units: number } {
  const count = {
    units: 0,
    detector: {
      ...detector,
      extend(view: SpanView, from: number, match: SpanMatch): SpanExtent {
        const extent = detector.extend?.(view, from, match) ?? { end: from, isClosed: true };
        count.units += extent.end - from;
        return extent;
      },
    },
  };
  return count;
}

test('headers one after the other cost their length and not its square', () => {
  const text = `${HEADER.repeat(2_000)} and so on`;
  for (const size of [text.length, 2_048, 100]) {
    const count = counted(webTokens);
    const stream = createSpanScanner([count.detector]).stream(LOOK);
    const steps = [];
    for (let at = 0; at < text.length; at += size) steps.push(stream.push(text.slice(at, at + size)));
    steps.push(stream.end());
    const findings = steps.flatMap((step) => step.findings);
    expect(findings.map(({ start, end }) => [start, end])).toEqual([[0, text.indexOf(' and') - 1]]);
    expect(count.units).toBeLessThan(text.length * 2);
  }
});

test.each([webTokens, tokens, assignments, links].map((detector) => [detector.id, detector] as const))(
  '%s is a run: from wherever it is followed, it ends in one place',
  (_, detector) => {
    const rule: SpanDetector = detector;
    const text = `${HEADER.repeat(4)}abc/d+e_f=1.g, next`;
    const view = { text, floor: 0, isFinal: false, direction: 'output', context: {} } as const;
    const types = [...new Set(['jwt', 'anthropic_key', 'openai_key', 'PASSWORD'])];
    for (const type of types) {
      const match: SpanMatch = { type, start: 0, end: 4, severity: 'high', score: 0.9, reason: 'test' };
      const whole = rule.extend?.(view, 4, match);
      for (let from = 4; from <= (whole?.end ?? 0); from += 1) expect(rule.extend?.(view, from, match)).toEqual(whole);
    }
  },
);
