// Tar archives of plain files, in the ustar form of POSIX.1-2017 (pax, "ustar Interchange Format"), streamed both ways.
import { appFault } from '../faults.ts';

export interface TarFile {
  /** Relative, with slashes, at most 100 bytes of ASCII. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
/** Eleven octal digits. */
const SIZE_BYTES_MAX = 0o77777777777;

/** Throws RangeError when a file brings more or fewer bytes than it said. */
export async function* toTar(files: AsyncIterable<TarFile>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const file of files) {
    yield header(file);
    let written = 0;
    for await (const chunk of file.bytes) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== file.sizeBytes) throw new RangeError(`${file.name} has ${written} bytes, not ${file.sizeBytes}`);
    yield Buffer.alloc(paddingOf(written));
  }
  yield Buffer.alloc(BLOCK_BYTES * 2);
}

const paddingOf = (sizeBytes: number): number => (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;

function header({ name, sizeBytes }: TarFile): Buffer {
  if (!/^[ -~]+$/.test(name) || name.length > NAME_BYTES_MAX) throw new RangeError(`${JSON.stringify(name)} cannot stand in an archive`);
  if (sizeBytes > SIZE_BYTES_MAX) throw new RangeError(`${name} is too large for an archive`);
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0, 'latin1');
  block.write(octal(0o600, 7), 100, 'latin1');
  block.write(octal(0, 7), 108, 'latin1');
  block.write(octal(0, 7), 116, 'latin1');
  block.write(octal(sizeBytes, 11), 124, 'latin1');
  // No time: the manifest says when the backup was made, and the same data make the same archive.
  block.write(octal(0, 11), 136, 'latin1');
  block.write(' '.repeat(8), 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(`${octal(checksum(block), 6)} `, 148, 'latin1');
  return block;
}

const checksum = (block: Uint8Array): number => block.reduce((sum, byte) => sum + byte, 0);

/** Takes whole pieces off a stream of chunks. */
class Chunks {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Up to so many bytes; none at the end. */
  async some(bytesMax: number): Promise<Uint8Array> {
    if (this.#held.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return this.#held;
      this.#held = next.value;
    }
    const taken = this.#held.subarray(0, bytesMax);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }

  async exactly(bytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for (let left = bytes; left > 0;) {
      const part = await this.some(left);
      if (part.length === 0) throw broken('it ends early');
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }
}

const broken = (reason: string): Error => appFault('backup_unreadable', { reason });

/** Plain files, one after the other; each has to be read to its end before the next. Throws `backup_unreadable`. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarFile, void, undefined> {
  const chunks = new Chunks(source);
  for (;;) {
    const block = await chunks.exactly(BLOCK_BYTES);
    if (block.every((byte) => byte === 0)) {
      // To the very end: only there does gzip compare its checksum (RFC 1952, 2.3.1).
      for (let rest = await chunks.some(BLOCK_BYTES); rest.length > 0; rest = await chunks.some(BLOCK_BYTES)) assertZeros(rest);
      return;
    }
    const { name, sizeBytes } = parseHeader(block);
    yield { name, sizeBytes, bytes: body(chunks, sizeBytes) };
  }
}

async function* body(chunks: Chunks, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let left = sizeBytes; left > 0;) {
    const chunk = await chunks.some(left);
    if (chunk.length === 0) throw broken('it ends early');
    left -= chunk.length;
    yield chunk;
  }
  assertZeros(await chunks.exactly(paddingOf(sizeBytes)));
}

function assertZeros(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) throw broken('something stands between its files');
}

function parseHeader(block: Buffer): { readonly name: string; readonly sizeBytes: number } {
  const text = (from: number, length: number): string => block.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  const said = Number.parseInt(text(148, 8).trim(), 8);
  const found = checksum(block) - checksum(block.subarray(148, 156)) + 8 * 32;
  if (said !== found || block.toString('latin1', 257, 262) !== 'ustar') throw broken('it is no archive of this program, or damaged');
  // Links, folders and devices were never written here (CWE-59).
  if (block[156] !== 0x30) throw broken('it holds something else than plain files');
  const size = text(124, 12).trim();
  if (!/^[0-7]{1,11}$/.test(size)) throw broken('a size in it is no number');
  return { name: text(0, NAME_BYTES_MAX), sizeBytes: Number.parseInt(size, 8) };
}
