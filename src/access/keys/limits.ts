// The limits that a key, a tenant, a tier or the configuration can set, and how they combine.
import { z } from 'zod';
import { accessFault } from '../faults.ts';

const COUNT_MAX = 1_000_000_000;

const count = z.int().min(0).max(COUNT_MAX);
const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const perPeriod = z.strictObject({ day: amount.optional(), month: amount.optional() });

/** An absent limit falls to the next level: key, its tier, the configuration's default. */
export const limitsSchema = z.strictObject({
  /** Requests a minute. */
  perMinute: count.min(1).optional(),
  /** Requests in flight at one time. */
  concurrent: count.min(1).optional(),
  /** Money in micro-units of the configured currency, for a UTC day and a UTC month. */
  microUnits: perPeriod.optional(),
  /** Tokens, input and output together, for a UTC day and a UTC month. */
  tokens: perPeriod.optional(),
  /** Models that may be asked for; a name may end in `*`. Absent means all. */
  models: z.array(z.string().min(1).max(256)).max(1_000).optional(),
  /** A named set of limits in the configuration. */
  tier: z.string().min(1).max(64).optional(),
});

export type Limits = Readonly<z.infer<typeof limitsSchema>>;

/** Reads limits from outside, or throws `limits_refused` with the member that is wrong. */
export function parseLimits(value: unknown): Limits {
  const parsed = limitsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw accessFault('limits_refused', { reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}` });
}

/** An amount of the configured currency as integer micro-units, rounded to the nearest. */
export const toMicroUnits = (units: number): number => Math.round(units * 1_000_000);

/** Limits of which every number is known; Infinity stands for none. */
export interface EffectiveLimits {
  readonly perMinute: number;
  readonly concurrent: number;
  readonly dayMicroUnits: number;
  readonly monthMicroUnits: number;
  readonly dayTokens: number;
  readonly monthTokens: number;
  readonly models: readonly string[] | undefined;
}

/** The first level that names a limit decides it. */
export function combineLimits(levels: readonly Limits[]): EffectiveLimits {
  const first = (read: (limits: Limits) => number | undefined): number => {
    for (const limits of levels) {
      const value = read(limits);
      if (value !== undefined) return value;
    }
    return Infinity;
  };
  return {
    perMinute: first((limits) => limits.perMinute),
    concurrent: first((limits) => limits.concurrent),
    dayMicroUnits: first((limits) => limits.microUnits?.day),
    monthMicroUnits: first((limits) => limits.microUnits?.month),
    dayTokens: first((limits) => limits.tokens?.day),
    monthTokens: first((limits) => limits.tokens?.month),
    models: levels.find((limits) => limits.models !== undefined)?.models,
  };
}
