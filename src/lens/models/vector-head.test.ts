// The head over sentence vectors: what it refuses, and that it adds up what it should.
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { headLength, HEAD_OUTPUTS, inputOf, opinionOf, outputsOf, parseHead } from './vector-head.ts';

const VECTOR = 3;
const HIDDEN = 2;

/** Two hidden units: one hears the first number, the other fetched text; both speak for an attack, the second for a jailbreak. */
function weights(): Float32Array {
  const all = new Float32Array(headLength(VECTOR, HIDDEN));
  all[0] = 1;
  all[VECTOR * HIDDEN + 1] = 2;
  const out = (VECTOR + 2) * HIDDEN;
  all[out] = 0.5;
  all[out + HEAD_OUTPUTS.length] = 1;
  all[out + HEAD_OUTPUTS.length + 1] = 1;
  all[out + HEAD_OUTPUTS.length + HEAD_OUTPUTS.indexOf('contextual_framing')] = 3;
  all[all.length - HEAD_OUTPUTS.length] = -1;
  return all;
}

const bytes = new Uint8Array(weights().buffer);
const manifest = {
  format: 'sallyport-strong',
  digest: createHash('sha256').update(bytes).digest('hex'),
  vector: VECTOR,
  hidden: HIDDEN,
  calibration: { slope: 1, offset: 0 },
};
const head = parseHead(manifest, bytes);

describe('a head over vectors', () => {
  test('adds up what its hidden units say, and nothing of those that are silent', () => {
    expect(outputsOf(head, inputOf([2, 0, 0], 'user'))[0]).toBeCloseTo(6 * 0.5 - 1, 5);
    expect(outputsOf(head, inputOf([-2, 0, 0], 'user'))[0]).toBeCloseTo(-1, 5);
    expect(outputsOf(head, inputOf([-2, 0, 0], 'tool'))[0]).toBeCloseTo(2 - 1, 5);
  });

  test('tells chance, kind and family', () => {
    const user = opinionOf(head, [2, 0, 0], 'user');
    expect(user.kind).toBe('injection');
    expect(user.score).toBeCloseTo(1 / (1 + Math.exp(-2)), 5);
    expect(opinionOf(head, [0, 1, 0], 'retrieved')).toMatchObject({ kind: 'jailbreak', family: 'contextual_framing' });
  });

  test('keeps to chances whatever the vector is', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(number, number, number), (vector) => {
        const { score } = opinionOf(head, vector, 'user');
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('refuses weights that are damaged, too few, or of another format, and a vector of another size', () => {
    const changed = Uint8Array.from(bytes);
    changed[3] = 1;
    expect(() => parseHead(manifest, changed)).toThrow('damaged');
    expect(() => parseHead({ ...manifest, hidden: 3 }, bytes)).toThrow('has not 43 weights');
    expect(() => parseHead({ ...manifest, format: 'other' }, bytes)).toThrow();
    expect(() => opinionOf(head, [1, Number.NaN, 0], 'user')).toThrow('no number');
    expect(() => outputsOf(head, inputOf([1, 2], 'user'))).toThrow('3 numbers');
  });
});
