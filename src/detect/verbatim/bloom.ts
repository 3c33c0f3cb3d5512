// A set of fingerprints in little room: a Bloom filter in blocks of 64 bytes (Putze, Sanders, Singler 2007), so that one look reads one
// block. It never forgets one, and takes about one in a thousand others for one of its own.
import { mixed } from './fingerprints.ts';

export const BLOCK_BYTES = 64;
const BITS_PER_FINGERPRINT = 15;
const PROBES = 6;

/** Blocks for so many fingerprints. */
export const blocksFor = (fingerprints: number): number =>
  Math.max(1, Math.ceil((fingerprints * BITS_PER_FINGERPRINT) / (BLOCK_BYTES * 8)));

/** Which block holds a fingerprint. */
export const blockOf = (two: number, blocks: number): number => Math.floor((two / 4_294_967_296) * blocks);

export function addTo(block: Uint8Array, one: number, two: number): void {
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(one, two, probe);
    block[bit >>> 3] = (block[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }
}

export function isIn(block: Uint8Array, one: number, two: number): boolean {
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = bitOf(one, two, probe);
    if (((block[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

/** Nine bits for each probe, of words that neither the choice of the group nor that of the block has used up. */
function bitOf(one: number, two: number, probe: number): number {
  const word = probe < 3 ? mixed(one ^ 0x9e3779b9) : mixed(two ^ one ^ 0x7f4a7c15);
  return (word >>> ((probe % 3) * 9)) & 511;
}
