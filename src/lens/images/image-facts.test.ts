// What a file is, told by its bytes alone: the four kinds, what only looks like them, and what declares more than it may.
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factsOf, type FactsOrRefusal } from './image-facts.ts';
import { IMAGE_LIMITS, SIDE_MAX } from './limits.ts';

const bytes = (...parts: readonly (string | readonly number[] | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
};
const little = (value: number, size: number): Buffer => {
  const out = Buffer.alloc(size);
  out.writeUIntLE(value, 0, size);
  return out;
};

const chunk = (name: string, data: Uint8Array): Buffer => {
  const named = bytes(name, data);
  return bytes(u32(data.length), named, u32(crc32(named)));
};
const png = (width: number, height: number, more: readonly Buffer[] = []): Buffer =>
  bytes(
    '\x89PNG\r\n\x1a\n',
    chunk('IHDR', bytes(u32(width), u32(height), [8, 0, 0, 0, 0])),
    ...more,
    chunk('IDAT', deflateSync(Buffer.alloc(9))),
    chunk('IEND', Buffer.alloc(0)),
  );
const segment = (marker: number, data: Uint8Array): Buffer => bytes([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255], data);
const jpeg = (width: number, height: number, more: readonly Buffer[] = []): Buffer =>
  bytes(
    [0xff, 0xd8],
    ...more,
    segment(0xc0, bytes([8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0])),
    segment(0xda, bytes([1, 1, 0, 0, 63, 0])),
    [0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9],
  );
const frame = (width: number, height: number): Buffer =>
  bytes([0x2c], little(0, 4), little(width, 2), little(height, 2), [0, 2, 2, 1, 2, 0]);
const gif = (width: number, height: number, blocks: readonly Buffer[] = [frame(width, height)]): Buffer =>
  bytes('GIF89a', little(width, 2), little(height, 2), [0, 0, 0], ...blocks, [0x3b]);
const riff = (...chunks: readonly (readonly [string, Buffer])[]): Buffer => {
  const body = bytes('WEBP', ...chunks.map(([name, data]) => bytes(name, little(data.length, 4), data, data.length % 2 === 1 ? [0] : [])));
  return bytes('RIFF', little(body.length, 4), body);
};
const lossless = (width: number, height: number): Buffer => bytes([0x2f], little(width - 1 + (height - 1) * 16_384, 4), [0]);
const extended = (width: number, height: number): Buffer => bytes(little(0, 4), little(width - 1, 3), little(height - 1, 3));
const webp = (width: number, height: number, more: readonly (readonly [string, Buffer])[] = []): Buffer =>
  riff(['VP8X', extended(width, height)], ...more, ['VP8L', lossless(width, height)]);

const look = (given: Uint8Array): FactsOrRefusal => factsOf(given, IMAGE_LIMITS);
const refusalOf = (given: Uint8Array): string => {
  const facts = look(given);
  return facts.state === 'refused' ? facts.refusal : facts.state;
};

const KINDS = { png, jpeg, gif, webp } as const;
const SIGNS = [
  bytes('PK\x03\x04', 'some.txt'),
  bytes('\n%PDF-1.7\n'),
  bytes('<script>alert(1)</script>'),
  bytes('<?php echo 1;'),
  bytes('*/=1;alert(1)'),
  bytes('\x7fELF\x02'),
];

describe.each(Object.entries(KINDS))('a %s picture', (kind, make) => {
  it('says its kind and its size', () => {
    expect(look(make(640, 480))).toEqual({
      state: 'image',
      facts: { kind, width: 640, height: 480, frames: 1, metadataBytes: 0, trailingBytes: 0 },
    });
  });

  it('is refused by the size that it declares, whatever it holds', () => {
    const side = Math.floor(Math.sqrt(IMAGE_LIMITS.pixelsMax));
    expect(refusalOf(make(side, side))).toBe('image');
    expect(refusalOf(make(side + 1, side + 1))).toBe('too_many_pixels');
    // WebP can declare no longer side than this.
    expect(refusalOf(make(SIDE_MAX, 1))).toBe('image');
    if (kind !== 'webp') expect(refusalOf(make(SIDE_MAX + 1, 1))).toBe('too_many_pixels');
  });

  it('counts what stands behind its end', () => {
    expect(look(bytes(make(9, 9), 'a note'))).toMatchObject({ facts: { trailingBytes: 6 } });
  });

  it.each(SIGNS.map((sign) => [sign.toString('latin1'), sign] as const))('is refused with %j behind its end', (_, sign) => {
    expect(refusalOf(bytes(make(9, 9), sign))).toBe('polyglot');
  });

  it('is refused when it is cut anywhere', () => {
    const whole = make(9, 9);
    for (let at = 0; at < whole.length; at++) expect(look(whole.subarray(0, at)).state, `cut at ${at}`).toBe('refused');
  });

  it('is one thing or nothing, whatever bytes change', () => {
    const whole = make(90, 90);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const changed = Buffer.from(whole);
        for (const [at, value] of changes) changed[at] = value;
        const facts = look(changed);
        if (facts.state === 'image') expect(facts.facts.width * facts.facts.height).toBeLessThanOrEqual(IMAGE_LIMITS.pixelsMax);
      }),
    );
  });
});

it('never throws for random bytes, also behind a magic number', () => {
  const heads = [...Object.values(KINDS).map((make) => make(9, 9).subarray(0, 16)), Buffer.alloc(0)];
  fc.assert(
    fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 600 }), (head, rest) => {
      expect(['image', 'refused']).toContain(look(bytes(head, rest)).state);
    }),
    { numRuns: 500 },
  );
});

describe('files in disguise', () => {
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ['nothing', Buffer.alloc(0), 'empty'],
    ['more bytes than are taken', Buffer.alloc(IMAGE_LIMITS.bytesMax + 1), 'too_many_bytes'],
    ['a program', bytes('MZ\x90\x00', Buffer.alloc(80)), 'not_an_image'],
    ['an archive', bytes('PK\x03\x04', Buffer.alloc(80)), 'not_an_image'],
    ['a document', bytes('%PDF-1.7 ', Buffer.alloc(80)), 'not_an_image'],
    ['a page', bytes('<!DOCTYPE html><html>'), 'not_an_image'],
    ['a drawing', bytes('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'), 'vector_image'],
    ['a bitmap', bytes('BM', Buffer.alloc(80)), 'another_kind'],
    ['an AVIF', bytes([0, 0, 0, 28], 'ftypavif', Buffer.alloc(80)), 'another_kind'],
    ['text', bytes('just words'), 'not_an_image'],
    ['a PNG that is named so and nothing more', bytes('\x89PNG\r\n\x1a\n'), 'damaged'],
  ];
  it.each(cases)('%s', (_, given, refusal) => {
    expect(refusalOf(given)).toBe(refusal);
  });
});

describe('what stands beside the picture', () => {
  it('is counted', () => {
    const note = bytes('Comment\0taken at home');
    expect(look(png(9, 9, [chunk('tEXt', note)]))).toMatchObject({ facts: { metadataBytes: note.length } });
    expect(look(jpeg(9, 9, [segment(0xe1, note)]))).toMatchObject({ facts: { metadataBytes: note.length } });
    expect(look(webp(9, 9, [['EXIF', note]]))).toMatchObject({ facts: { metadataBytes: note.length } });
  });

  it('makes a polyglot where it is something of its own', () => {
    expect(refusalOf(png(9, 9, [chunk('tEXt', bytes('x\0<script>1</script>'))]))).toBe('polyglot');
    expect(refusalOf(jpeg(9, 9, [segment(0xfe, bytes('<?php 1;'))]))).toBe('polyglot');
    expect(refusalOf(webp(9, 9, [['EXIF', bytes('PK\x05\x06')]]))).toBe('polyglot');
    // A GIF that is a script as well: its width opens a comment that an extension closes.
    const closing = bytes([0x21, 0xfe, 12], '*/=1;alert();', [0]);
    expect(refusalOf(gif(0x2a2f, 9, [closing, frame(1, 1)]))).not.toBe('image');
  });
});

describe('pictures that move', () => {
  it('have as many frames as they hold, up to the limit', () => {
    const frames = (count: number): Buffer =>
      gif(
        9,
        9,
        Array.from({ length: count }, () => frame(9, 9)),
      );
    expect(look(frames(IMAGE_LIMITS.framesMax))).toMatchObject({ facts: { frames: IMAGE_LIMITS.framesMax } });
    expect(refusalOf(frames(IMAGE_LIMITS.framesMax + 1))).toBe('too_many_frames');
  });

  it('are as large as their largest frame, whatever the canvas says', () => {
    expect(refusalOf(gif(9, 9, [frame(60_000, 60_000)]))).toBe('too_many_pixels');
    expect(refusalOf(riff(['VP8X', extended(9, 9)], ['VP8L', lossless(16_000, 16_000)]))).toBe('too_many_pixels');
  });
});

it('says no to a second size in one file', () => {
  expect(refusalOf(png(9, 9, [chunk('IHDR', bytes(u32(9), u32(9), [8, 0, 0, 0, 0]))]))).toBe('damaged');
  expect(refusalOf(jpeg(9, 9, [segment(0xc2, bytes([8, 0, 9, 0, 9, 1, 1, 0x11, 0]))]))).toBe('damaged');
});
