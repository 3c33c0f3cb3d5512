// The UTF-16 units of a text in a typed array: reading them there is several times faster than `charCodeAt` in a long loop,
// whatever way V8 holds the string.
const FIRST_UNITS = 32_768;

let bytes = Buffer.allocUnsafeSlow(FIRST_UNITS * 2);
let units = new Uint16Array(bytes.buffer, bytes.byteOffset, FIRST_UNITS);

/** The units of `text` from index 0; what stands behind `text.length` is left over. Valid until the next call. */
export function unitsOf(text: string): Uint16Array {
  if (text.length > units.length) {
    bytes = Buffer.allocUnsafeSlow(text.length * 2);
    units = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
  }
  bytes.write(text, 0, 'utf16le');
  return units;
}

/** The string that the units spell, lone surrogates included. */
export function textOfUnits(source: Uint16Array): string {
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf16le');
}
