// Frames, headers and payloads read back as they were written; nothing else reads at all.
import { assert, array, integer, property, record, string, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameBuffer, readFrame } from './frame.ts';
import { leafHash } from './merkle.ts';
import { parseNote, parseVerifierKey } from './note.ts';
import { parsePayload, toPayload } from './record.ts';
import { parseSegmentHeader, toSegmentHeader } from './segment.ts';

const events = record({ kind: string(), atMs: integer(), data: record({ text: string({ unit: 'binary' }) }) });

describe('a frame', () => {
  it('reads back as it was written, and hashes as RFC 6962 says', () => {
    assert(
      property(array(events, { minLength: 1, maxLength: 20 }), integer({ min: 0, max: 2 ** 32 - 1 }), (some, lag) => {
        const frames = new FrameBuffer(16);
        const hashes = some.map((event, index) => frames.add(toPayload(event, index), lag));
        const bytes = Buffer.from(frames.bytes());
        let at = 0;
        for (const [index, event] of some.entries()) {
          const read = readFrame(bytes, at);
          if (read.state !== 'good') throw new Error(read.state);
          expect(parsePayload(read.frame.payload)).toEqual({ index, event });
          expect(read.frame.lag).toBe(lag);
          expect(read.frame.leafHash).toEqual(leafHash(read.frame.payload));
          expect(read.frame.leafHash).toEqual(hashes[index]);
          at += read.frame.sizeBytes;
        }
        expect(readFrame(bytes, at)).toEqual({ state: 'short' });
      }),
    );
  });

  it('is never whole when a byte of it was changed or its end is missing', () => {
    assert(
      property(events, integer({ min: 0 }), integer({ min: 1, max: 255 }), (event, place, change) => {
        const frames = new FrameBuffer(16);
        frames.add(toPayload(event, 7), 0);
        const bytes = Buffer.from(frames.bytes());
        const at = place % bytes.length;
        expect(readFrame(bytes.subarray(0, at), 0).state).not.toBe('good');
        bytes[at] = (bytes[at] ?? 0) ^ change;
        expect(readFrame(bytes, 0).state).not.toBe('good');
      }),
    );
  });
});

describe('readers of files that anyone may have written', () => {
  it('never throw', () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        readFrame(Buffer.from(bytes), 0);
        parsePayload(bytes);
        parseSegmentHeader(bytes);
        const text = Buffer.from(bytes).toString('latin1');
        parseNote(text);
        parseVerifierKey(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '{}',
    'null',
    '[]',
    '{"atMs":1,"data":{},"index":0,"kind":1}',
    '{"atMs":1,"data":[],"index":0,"kind":"x"}',
    '{"atMs":1,"data":{},"index":"0","kind":"x"}',
  ])('take %s for no record', (text) => expect(parsePayload(Buffer.from(text))).toBeUndefined());
  it.each([
    ['another spelling', '{"atMs":1, "data":{},"index":0,"kind":"x"}'],
    ['another order', '{"data":{},"atMs":1,"index":0,"kind":"x"}'],
    ['a duplicate member', '{"atMs":1,"data":{},"index":0,"index":0,"kind":"x"}'],
    ['an unknown member', '{"atMs":1,"data":{},"extra":1,"index":0,"kind":"x"}'],
    ['a tenant that is no text', '{"atMs":1,"data":{},"index":0,"kind":"x","tenant":1}'],
  ])('take %s for no record', (_, text) => expect(parsePayload(Buffer.from(text))).toBeUndefined());
});

describe('a segment header', () => {
  it('reads back as it was written, and not when a byte of it was changed', () => {
    const header = { firstIndex: 123_456_789_012, nonceSlot: 77 };
    const bytes = toSegmentHeader(header);
    expect(parseSegmentHeader(bytes)).toEqual(header);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(parseSegmentHeader(changed)).toBeUndefined();
    }
  });
});
