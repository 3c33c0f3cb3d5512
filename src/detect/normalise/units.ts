// The UTF-16 units of a text in a typed array: reading them there is several times faster than `charCodeAt` in a long loop,
// whatever way V8 holds the string.
/** Longer texts get an array of their own, so that one giant does not stay in memory. */
const SCRATCH_UNITS = 32_768;

const bytes = Buffer.allocUnsafeSlow(SCRATCH_UNITS * 2);
const units = new Uint16Array(bytes.buffer, bytes.byteOffset, SCRATCH_UNITS);

/** The units of `text` from index 0; what stands behind `text.length` is left over. Valid until the next call. */
export function unitsOf(text: string): Uint16Array {
  if (text.length > SCRATCH_UNITS) {
    const own = Buffer.from(text, 'utf16le');
    return new Uint16Array(own.buffer.slice(own.byteOffset, own.byteOffset + own.byteLength));
  }
  bytes.write(text, 0, 'utf16le');
  return units;
}

/** The string that the units spell, lone surrogates included. */
export function textOfUnits(source: Uint16Array): string {
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf16le');
}
