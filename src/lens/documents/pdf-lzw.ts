// The codes of LZW as PDF has them (ISO 32000-2, 7.4.4.2): 9 to 12 bits, one unit wider a code earlier than needed (`EarlyChange` 1).

const CLEAR = 256;
const END = 257;
const CODES_MAX = 4_096;
const FIRST: readonly Buffer[] = Array.from({ length: 258 }, (_, code) => Buffer.from(code < 256 ? [code] : []));

export class LzwTable {
  #table = [...FIRST];
  #before: Buffer | undefined;
  #held = 0;
  #bits = 0;

  /** Takes one byte; gives what its code stands for, if it completes one. */
  push(byte: number): Buffer | 'end' | 'damaged' | undefined {
    this.#held = ((this.#held << 8) | byte) & 0xfffff;
    this.#bits += 8;
    const width = this.#width;
    if (this.#bits < width) return undefined;
    this.#bits -= width;
    return this.#take((this.#held >>> this.#bits) & ((1 << width) - 1));
  }

  get #width(): number {
    const next = this.#table.length + 1;
    return next < 512 ? 9 : next < 1_024 ? 10 : next < 2_048 ? 11 : 12;
  }

  #take(code: number): Buffer | 'end' | 'damaged' | undefined {
    if (code === END) return 'end';
    const before = this.#before;
    if (code === CLEAR) {
      this.#table = [...FIRST];
      this.#before = undefined;
      return undefined;
    }
    const isNext = code === this.#table.length && before !== undefined;
    const part = isNext ? Buffer.concat([before, before.subarray(0, 1)]) : this.#table[code];
    if (part === undefined) return 'damaged';
    if (before !== undefined && this.#table.length < CODES_MAX) this.#table.push(Buffer.concat([before, part.subarray(0, 1)]));
    this.#before = part;
    return part;
  }
}
