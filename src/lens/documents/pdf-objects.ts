// The objects of a PDF file (ISO 32000-2), found by scanning instead of by its cross-reference table: damaged tables hide things, scanning does not.
import { INFLATED_BYTES_MAX, PARTS_MAX, UnreadableDocument } from './limits.ts';
import { unpacked, type Budget } from './pdf-filters.ts';

export interface PdfObject {
  /** The dictionary or value as it is written, one unit a byte. */
  readonly head: string;
  /** What follows `stream`, unpacked; undefined for an object without one, and for a picture. Throws `UnreadableDocument`. */
  stream(): Buffer | undefined;
}

const OBJECT = /(?:^|[\s>])(\d{1,10})\s+\d{1,5}\s+obj\b/g;

/** Objects by number; of several with one number, the last. Throws `UnreadableDocument`. */
export function pdfObjects(file: Buffer): ReadonlyMap<number, PdfObject> {
  const text = file.toString('latin1');
  if (/\/Encrypt\s+\d+\s+\d+\s+R/.test(text.slice(-4_096)) || /\/Encrypt\s+\d+\s+\d+\s+R[^]{0,2000}startxref/.test(text.slice(-20_000)))
    throw new UnreadableDocument('encrypted');
  const budget = { left: INFLATED_BYTES_MAX };
  const objects = new Map<number, PdfObject>();
  const marks = Array.from(text.matchAll(OBJECT), ({ 0: mark, 1: number, index }) => ({
    number: Number(number),
    from: index + mark.length,
    index,
  }));
  if (marks.length > PARTS_MAX) throw new UnreadableDocument('too_large');
  if (marks.length === 0) throw new UnreadableDocument('damaged');
  // An object ends where the next begins, whatever it says of itself: so no part of the file is looked at twice.
  marks.forEach(({ number, from }, at) =>
    objects.set(number, objectAt(text, { from, next: marks[at + 1]?.index ?? text.length }, { file, budget })),
  );
  const packed = Array.from(objects.values()).filter(({ head }) => /\/Type\s*\/ObjStm\b/.test(head));
  for (const object of packed) unpack(object, objects);
  return objects;
}

interface Source {
  readonly file: Buffer;
  readonly budget: Budget;
}

/** Longest dictionary that is read. */
const HEAD_UNITS_MAX = 65_536;

interface Place {
  readonly from: number;
  readonly next: number;
}

function objectAt(text: string, { from, next }: Place, { file, budget }: Source): PdfObject {
  const window = text.slice(from, Math.min(next, from + HEAD_UNITS_MAX));
  const end = window.search(/\bendobj\b/);
  const stream = window.search(/\bstream\r?\n/);
  if (stream < 0 || (end >= 0 && end < stream)) return { head: end < 0 ? window : window.slice(0, end), stream: () => undefined };
  const head = window.slice(0, stream);
  const start = from + stream + 'stream'.length + (window[stream + 6] === '\r' ? 2 : 1);
  let memory: Buffer | undefined;
  return {
    head,
    stream: () => (memory ??= unpacked(head, file.subarray(start, streamEnd(text, head, { from: start, next })), budget)),
  };
}

function streamEnd(text: string, head: string, { from, next }: Place): number {
  const length = Number(/\/Length\s+(\d{1,10})(?!\s+\d+\s+R)/.exec(head)?.[1] ?? -1);
  if (length >= 0 && /^\s*endstream/.test(text.slice(from + length, from + length + 20))) return from + length;
  const end = text.slice(from, next).indexOf('endstream');
  return end < 0 ? Math.max(from, next) : from + end;
}

/** Objects inside an object stream (ISO 32000-2, 7.5.7): numbers and offsets first. */
function unpack(object: PdfObject, objects: Map<number, PdfObject>): void {
  const body = object.stream()?.toString('latin1');
  const first = Number(/\/First\s+(\d{1,9})/.exec(object.head)?.[1] ?? -1);
  if (body === undefined || first < 0) return;
  const numbers = body.slice(0, first).trim().split(/\s+/).map(Number);
  const starts = numbers.filter((_, at) => at % 2 === 1).map((offset) => first + offset);
  starts.forEach((start, index) => {
    const number = numbers[2 * index] ?? -1;
    const head = body.slice(start, starts[index + 1] ?? body.length);
    if (!objects.has(number) && objects.size <= PARTS_MAX) objects.set(number, { head, stream: () => undefined });
  });
}
