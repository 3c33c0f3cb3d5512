// Groups of four letters, over whatever stands between them: what is written "i g n.o r e" or "1gn0re" has the groups of "ignore".
import { unitsOf } from '../normalise/units.ts';

const GROUP = 4;
const PRIME = 0x01000193;
const BASIS = 0x811c9dc5;
/** By unit: 0 not met yet, 1 left out, otherwise the unit that stands for it. */
const plain = new Uint16Array(0x10000);
const COUNTS = /[\p{L}\p{N}]/u;
/** Digits that are written for letters, and the letters that look alike without them. */
const STANDS_FOR: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', l: 'i' };

function learn(unit: number): number {
  const sign = String.fromCharCode(unit);
  // Halves of a pair are letters, too: they spell the rarer scripts.
  const counts = COUNTS.test(sign) || (unit >= 0xd800 && unit <= 0xdfff);
  const stands = counts ? (STANDS_FOR[sign] ?? sign).charCodeAt(0) : 1;
  plain[unit] = stands;
  return stands;
}

/** Keeps the groups of one text at a time, in the order in which they end. */
export class LetterReader {
  grams = new Uint32Array(1024);
  /** Where each group ends in the text. */
  ends = new Int32Array(1024);
  count = 0;

  read(text: string): void {
    const units = unitsOf(text);
    this.#reserve(text.length);
    let [a, b, c, met, count] = [0, 0, 0, 0, 0];
    for (let at = 0; at < text.length; at += 1) {
      const unit = units[at] ?? 0;
      const known = plain[unit] ?? 0;
      const letter = known === 0 ? learn(unit) : known;
      if (letter === 1) continue;
      met += 1;
      if (met >= GROUP) {
        const hash = Math.imul(Math.imul(Math.imul(Math.imul(BASIS ^ a, PRIME) ^ b, PRIME) ^ c, PRIME) ^ letter, PRIME);
        this.grams[count] = hash;
        this.ends[count] = at + 1;
        count += 1;
      }
      a = b;
      b = c;
      c = letter;
    }
    this.count = count;
  }

  /** The first group that ends after `offset`. */
  firstAfter(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ends[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #reserve(units: number): void {
    if (units <= this.grams.length) return;
    this.grams = new Uint32Array(units * 2);
    this.ends = new Int32Array(units * 2);
  }
}
