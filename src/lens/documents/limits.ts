// How much of a document is looked at. Beyond it the reader fails; it never gives half an answer.

/** Bytes of the file. */
export const FILE_BYTES_MAX = 33_554_432;
/** Bytes after inflating, of one part and of all. */
export const PART_BYTES_MAX = 33_554_432;
export const INFLATED_BYTES_MAX = 100_663_296;
/** Entries of an archive, objects of a PDF. */
export const PARTS_MAX = 50_000;
/** UTF-16 units of text. */
export const TEXT_UNITS_MAX = 8_388_608;

export type Unreadable = 'encrypted' | 'damaged' | 'too_large' | 'unknown_kind' | 'file_inside';

/** Why a document was not read to its end. */
export class UnreadableDocument extends Error {
  readonly code: Unreadable;
  constructor(code: Unreadable) {
    super(code);
    this.code = code;
  }
}
