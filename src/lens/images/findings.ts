// What is noticed in a picture, apart from its text. Values only: the policy says what they mean.
import type { Finding, Severity } from '../../core/types.ts';
import type { Classifier } from './classifier.ts';
import { LOOKS, squareOf } from './classifier.ts';
import type { ImageFacts } from './image-facts.ts';
import type { Picture } from './make-anew.ts';
import { busiestPiece } from './patch.ts';
import { driftOf, squeezed } from './squeeze.ts';

/** Fixed on pictures that `bench/images.ts` makes; docs/images.md has the rates. */
const THRESHOLDS = {
  unsafe: { low: 0.5, medium: 0.65, high: 0.85 },
  drift: 0.65,
  patch: { outstanding: 5, drift: 0.25 },
} as const;

export async function findingsIn(classifier: Classifier, picture: Picture, facts: ImageFacts): Promise<readonly Finding[]> {
  const square = squareOf(picture);
  const piece = busiestPiece(square);
  const [plain, without, ...others] = await classifier.classify([square, piece.without, ...squeezed(square)]);
  if (plain === undefined || without === undefined) throw new Error('the network that judges pictures gave no answer');
  const drift = Math.max(...others.map((other) => driftOf(plain, other)));
  return [...unsafe(plain), ...noise(drift), ...patch(piece.outstanding, driftOf(plain, without)), ...behind(facts.trailingBytes)];
}

function unsafe(shares: Float32Array): readonly Finding[] {
  const score = (shares[LOOKS.indexOf('porn')] ?? 0) + (shares[LOOKS.indexOf('hentai')] ?? 0);
  const { low, medium, high } = THRESHOLDS.unsafe;
  if (score < low) return [];
  const severity = score >= high ? 'high' : score >= medium ? 'medium' : 'low';
  const reason = 'looks like sexual content';
  return [noticed({ rule: 'image.unsafe', class: 'harm', type: 'SEXUAL_IMAGE', severity, score, reason, taxonomy: 'jailbreak' })];
}

function noise(drift: number): readonly Finding[] {
  if (drift < THRESHOLDS.drift) return [];
  const reason = 'looks like something else once colours are coarser or edges are smoothed, as noise against a model does';
  return [noticed({ ...ATTACK, rule: 'image.noise', type: 'ADVERSARIAL_NOISE', score: Math.min(1, drift / 2), reason })];
}

function patch(outstanding: number, drift: number): readonly Finding[] {
  if (outstanding < THRESHOLDS.patch.outstanding || drift < THRESHOLDS.patch.drift) return [];
  const reason = 'one busy piece decides alone what the picture looks like, as a patch against a model does';
  return [noticed({ ...ATTACK, rule: 'image.patch', type: 'ADVERSARIAL_PATCH', score: Math.min(1, drift / 2), reason })];
}

function behind(bytes: number): readonly Finding[] {
  if (bytes === 0) return [];
  const reason = `${bytes} bytes stood behind the end of the picture; they do not go on`;
  return [noticed({ rule: 'image.trailing-data', class: 'policy', severity: 'low', score: 1, reason, taxonomy: 'unsafe-artifact' })];
}

/** Medium: the rate of false alarms is too high to stop everybody by it. */
const ATTACK = { class: 'jailbreak', severity: 'medium', taxonomy: 'model-evasion' } as const satisfies Partial<Finding> & {
  severity: Severity;
};

const noticed = (finding: Omit<Finding, 'start' | 'end'>): Finding => ({ ...finding, start: 0, end: 0 });
