// Readings that turn the whole text: ROT13 and reversed.
import type { Decoded } from '../layer.ts';
import { identity } from '../layer.ts';

const ROT13 = new Uint16Array(128).map((_, unit) => {
  if (unit >= 97 && unit <= 122) return 97 + ((unit - 97 + 13) % 26);
  if (unit >= 65 && unit <= 90) return 65 + ((unit - 65 + 13) % 26);
  return unit;
});
const CHUNK = 4096;

export function decodeRot13(text: string): Decoded | undefined {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    units[at] = unit < 128 ? (ROT13[unit] ?? unit) : unit;
  }
  return { text: textOfUnits(units), mapBack: identity };
}

/** Back to front by UTF-16 unit: surrogate pairs fall apart, which costs nothing because only words are looked for. */
export function decodeReversed(text: string): Decoded | undefined {
  const units = new Uint16Array(text.length);
  const last = text.length - 1;
  for (let at = 0; at <= last; at += 1) units[last - at] = text.charCodeAt(at);
  return { text: textOfUnits(units), mapBack: (offset) => Math.max(0, Math.min(text.length, text.length - offset)) };
}

function textOfUnits(units: Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text;
}
