// Readings that turn the whole text: ROT13 and reversed.
import type { Decoded } from '../layer.ts';
import { identity } from '../layer.ts';
import { textOfUnits, unitsOf } from '../units.ts';

const ROT13 = new Uint16Array(128).map((_, unit) => {
  if (unit >= 97 && unit <= 122) return 97 + ((unit - 97 + 13) % 26);
  if (unit >= 65 && unit <= 90) return 65 + ((unit - 65 + 13) % 26);
  return unit;
});

export function decodeRot13(text: string): Decoded | undefined {
  const units = unitsOf(text).slice(0, text.length);
  for (let at = 0; at < units.length; at += 1) {
    const unit = units[at] ?? 0;
    if (unit < 128) units[at] = ROT13[unit] ?? unit;
  }
  return { text: textOfUnits(units), mapBack: identity };
}

/** Back to front by UTF-16 unit: surrogate pairs fall apart, which costs nothing because only words are looked for. */
export function decodeReversed(text: string): Decoded | undefined {
  const units = unitsOf(text).slice(0, text.length).toReversed();
  return { text: textOfUnits(units), mapBack: (offset) => Math.max(0, Math.min(text.length, text.length - offset)) };
}
