// What of a text counts when two are compared word for word: letters and digits, in small letters, without accents. Blanks, signs and case do not.

/** By UTF-16 unit: 0 not looked at yet, 1 left out, otherwise the unit that stands for it. */
const FOLDED = new Uint16Array(0x10000);
const COUNTS = /[\p{L}\p{N}\p{Cs}]/u;

function foldedOf(code: number): number {
  const unit = String.fromCharCode(code);
  if (!COUNTS.test(unit)) return 1;
  const plain = unit.normalize('NFKD').toLowerCase();
  return COUNTS.test(plain[0] ?? '') ? plain.charCodeAt(0) : code;
}

/** The unit that stands for `code`; 1 for what does not count. */
export function folded(code: number): number {
  const known = FOLDED[code] ?? 0;
  if (known !== 0) return known;
  const fresh = foldedOf(code);
  FOLDED[code] = fresh;
  return fresh;
}
