// Sums over money and tokens at once, for purses of which only a part is granted.
import type { Cost, Purse } from './purse.ts';

export const NOTHING: Cost = { microUnits: 0, tokens: 0 };
export const NO_LIMIT: Cost = { microUnits: Infinity, tokens: Infinity };

export const nameOf = ({ subject, period }: Purse): string => `${subject} ${period}`;

export const plus = (a: Cost, b: Cost): Cost => ({ microUnits: a.microUnits + b.microUnits, tokens: a.tokens + b.tokens });
export const minus = (a: Cost, b: Cost): Cost => ({ microUnits: a.microUnits - b.microUnits, tokens: a.tokens - b.tokens });
export const times = ({ microUnits, tokens }: Cost, factor: number): Cost => ({ microUnits: microUnits * factor, tokens: tokens * factor });
export const most = (a: Cost, b: Cost): Cost => ({
  microUnits: Math.max(a.microUnits, b.microUnits),
  tokens: Math.max(a.tokens, b.tokens),
});
export const fewest = (a: Cost, b: Cost): Cost => ({
  microUnits: Math.min(a.microUnits, b.microUnits),
  tokens: Math.min(a.tokens, b.tokens),
});
export const isOver = (cost: Cost, limit: Cost): boolean => cost.microUnits > limit.microUnits || cost.tokens > limit.tokens;

export const usedOf = (purse: Purse): Cost => ({
  microUnits: purse.spentMicroUnits + purse.reservedMicroUnits,
  tokens: purse.spentTokens + purse.reservedTokens,
});

/** What a reservation needs above what is granted. */
export function lackOf(purse: Purse, bound: Cost): Cost {
  const wanted = plus(usedOf(purse), bound);
  return {
    microUnits: Math.max(0, wanted.microUnits - purse.grantedMicroUnits),
    tokens: Math.max(0, wanted.tokens - purse.grantedTokens),
  };
}

export const hasUnused = (purse: Purse): boolean => {
  const used = usedOf(purse);
  return purse.grantedMicroUnits > used.microUnits || purse.grantedTokens > used.tokens;
};

/** More was used than granted: there is no limit, or an upstream told more than the bound. The database must learn of it. */
export const isOverdrawn = (purse: Purse): boolean =>
  isOver(usedOf(purse), { microUnits: purse.grantedMicroUnits, tokens: purse.grantedTokens });

export function isLow(purse: Purse, limit: Cost): boolean {
  const { lease } = purse;
  if (lease === undefined) return false;
  const used = usedOf(purse);
  return (
    (limit.microUnits !== Infinity && purse.grantedMicroUnits - used.microUnits < lease.slice.microUnits / 4) ||
    (limit.tokens !== Infinity && purse.grantedTokens - used.tokens < lease.slice.tokens / 4)
  );
}

interface PeriodLimits {
  readonly dayMicroUnits: number;
  readonly monthMicroUnits: number;
  readonly dayTokens: number;
  readonly monthTokens: number;
}

/** The purses of a wallet stand in the order day, month, day, month. */
export const limitOf = (limits: PeriodLimits, at: number): Cost =>
  at % 2 === 0
    ? { microUnits: limits.dayMicroUnits, tokens: limits.dayTokens }
    : { microUnits: limits.monthMicroUnits, tokens: limits.monthTokens };
