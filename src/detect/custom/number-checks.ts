// Check digits by name, for types that operators describe. Whatever is no letter or digit has been taken out before.
import { isLuhn, isMod11And10, isVerhoeff, mod97, weighted } from '../span/checksums.ts';

const isDigits = (units: string): boolean => /^\d+$/.test(units);

/** ISO/IEC 7064 MOD 11-2: digits, the last may be X for ten (ISNI, ORCID). */
function isMod11And2(units: string): boolean {
  if (!/^\d+[\dX]$/.test(units)) return false;
  let sum = 0;
  for (const unit of units) sum = (sum * 2 + (unit === 'X' ? 10 : Number(unit))) % 11;
  return sum === 1;
}

/** Weights 1, 2, 3 … from the right, the last may be X for ten (ISO 2108:1992, ISBN-10). */
function isMod11(units: string): boolean {
  if (!/^\d+[\dX]$/.test(units)) return false;
  return [...units].reduce((sum, unit, at) => sum + (unit === 'X' ? 10 : Number(unit)) * (units.length - at), 0) % 11 === 0;
}

/** Weights 1 and 3 in turn from the right (GS1 General Specifications 7.9: EAN, GTIN, GLN). */
const isEan = (units: string): boolean =>
  [...units].reduce((sum, unit, at) => sum + Number(unit) * ((units.length - at) % 2 === 0 ? 3 : 1), 0) % 10 === 0;

/** ISO/IEC 7064 MOD 37-2: digits and capital letters, the last may be `*` for 36; that sign is no part of what is checked here. */
function isMod37And2(units: string): boolean {
  let sum = 0;
  for (const unit of units) sum = (sum * 2 + Number.parseInt(unit, 36)) % 37;
  return sum === 1;
}

export const CHECKS = {
  luhn: (units) => isDigits(units) && isLuhn(units),
  verhoeff: (units) => isDigits(units) && isVerhoeff(units),
  ean: (units) => isDigits(units) && isEan(units),
  mod11: isMod11,
  'mod11-2': isMod11And2,
  'mod11-10': (units) => isDigits(units) && isMod11And10(units),
  'mod37-2': isMod37And2,
  mod97: (units) => mod97(units) === 1,
} satisfies Record<string, (units: string) => boolean>;

export type CheckName = keyof typeof CHECKS;

/** A sum of digits times weights, which leaves a remainder. */
export interface WeightedCheck {
  readonly weights: readonly number[];
  readonly modulo: number;
  readonly remainder: number;
}

/** Whether a match has the check digit that it should have. Letters count as capitals. */
export function isChecked(matched: string, check: CheckName | WeightedCheck): boolean {
  const units = matched.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  if (typeof check === 'string') return units.length > 1 && CHECKS[check](units);
  return isDigits(units) && units.length === check.weights.length && weighted(units, check.weights) % check.modulo === check.remainder;
}
