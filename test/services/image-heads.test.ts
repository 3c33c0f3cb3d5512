// Our own readers of picture headers against the decoder: whatever bytes change, a picture that passes them is never larger, of another
// kind or with more frames than they said. They decide before anything is decoded, so a decoder must not be able to surprise them.
import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { factsOf } from '../../src/lens/images/image-facts.ts';
import { IMAGE_LIMITS } from '../../src/lens/images/limits.ts';
import { scene } from '../support/pictures.ts';

const MINUTE = 60_000;
const KINDS = ['png', 'jpeg', 'gif', 'webp'] as const;
const whole = new Map<string, Buffer>();

beforeAll(async () => {
  const drawn = sharp(await scene(4, 64));
  whole.set('png', await drawn.clone().png().toBuffer());
  whole.set('jpeg', await drawn.clone().jpeg({ progressive: true }).withExif({ IFD0: { Artist: 'nobody' } }).toBuffer());
  whole.set('gif', await drawn.clone().gif().toBuffer());
  whole.set('webp', await drawn.clone().webp({ lossless: true }).withExif({ IFD0: { Artist: 'nobody' } }).toBuffer());
}); // prettier-ignore

/** Changes like those of somebody who knows the format: bytes set, cut out, doubled, moved, mostly near the head. */
const changes = fc.array(
  fc.record({
    how: fc.constantFrom('set', 'cut', 'double', 'swap', 'zero', 'full'),
    at: fc.oneof({ arbitrary: fc.nat(80), weight: 4 }, { arbitrary: fc.nat(4_000), weight: 1 }),
    value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
    length: fc.integer({ min: 1, max: 24 }),
  }),
  { minLength: 1, maxLength: 4 },
);
type Change = { readonly how: string; readonly at: number; readonly value: number; readonly length: number };

function changed(given: Buffer, steps: readonly Change[]): Buffer {
  let bytes = Buffer.from(given);
  for (const { how, at: place, value, length } of steps) {
    const at = place % bytes.length;
    const part = bytes.subarray(at, at + length);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + length)];
    if (how === 'set') bytes[at] = value;
    else if (how === 'zero' || how === 'full') part.fill(how === 'zero' ? 0 : 0xff);
    else if (how === 'cut') bytes = Buffer.concat([before, after]);
    else if (how === 'double') bytes = Buffer.concat([before, part, part, after]);
    else bytes = Buffer.concat([before, part.toReversed(), after]);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

describe.each(KINDS)('%s', (kind) => {
  it(
    'what passes our reader is what the decoder makes of it, or nothing',
    async () => {
      const given = whole.get(kind) ?? Buffer.alloc(0);
      expect(factsOf(given, IMAGE_LIMITS)).toMatchObject({ state: 'image', facts: { kind, width: 64, height: 64 } });
      let passed = 0;
      await fc.assert(
        fc.asyncProperty(changes, async (steps) => {
          const bytes = changed(given, steps);
          const startedMs = performance.now();
          const facts = factsOf(bytes, IMAGE_LIMITS);
          expect(performance.now() - startedMs).toBeLessThan(200);
          if (facts.state === 'refused') return;
          const { width, height, frames } = facts.facts;
          const read = await sharp(bytes, { failOn: 'none', pages: 1 }).metadata().catch(() => undefined);
          if (read === undefined) return;
          passed += 1;
          expect(read.format).toBe(facts.facts.kind);
          expect(read.width).toBeLessThanOrEqual(width);
          expect(read.height).toBeLessThanOrEqual(height);
          expect(read.pages ?? 1).toBeLessThanOrEqual(frames);
        }),
        { numRuns: 1_500 },
      );
      // A test in which everything is refused would prove nothing.
      expect(passed).toBeGreaterThan(100);
    },
    MINUTE,
  );
}); // prettier-ignore
