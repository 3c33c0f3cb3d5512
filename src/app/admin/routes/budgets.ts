// Budgets as people watch them: the limit, what is spent and set aside, and the course towards it.
import { z } from 'zod';
import { combineLimits, type EffectiveLimits, type Limits } from '../../../access/keys/limits.ts';
import { periodsAt } from '../../../access/limits/period.ts';
import { budgetPage } from '../answers.ts';
import { asking, READERS, type AdminDeps, type ApiRoute } from '../api-route.ts';
import { usageOfAll } from '../usage.ts';
import type { SpenderAnswer } from '../index/messages.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BUDGETS_MAX = 500;

interface Subject {
  readonly tenant: string;
  readonly keyId: string | null;
  readonly limits: EffectiveLimits;
}

export interface BudgetCard {
  readonly tenant: string;
  /** Null for the budget of a whole tenant. */
  readonly keyId: string | null;
  readonly window: 'day' | 'month';
  /** Null: no limit. */
  readonly limitMicro: number | null;
  readonly spentMicro: number;
  readonly reservedMicro: number;
  readonly resetsAt: number;
  /** Hours of the day, or days of the month, up to now. */
  readonly series: readonly { readonly at: number; readonly microUnits: number }[];
}

export const BUDGET_ROUTES: readonly ApiRoute[] = [
  asking(
    {
      method: 'GET',
      path: '/api/budgets',
      roles: READERS,
      reach: 'tenant',
      about:
        'Budgets of tenants and keys that have a limit or have spent: money in micro-units, by UTC day and month, with the course so far. The most used first, at most 500.',
      query: z.strictObject({ tenant: z.string().max(64).optional() }),
      answer: budgetPage,
    },
    async (deps, { tenant }) => {
      const subjects = await subjectsOf(deps, tenant);
      const days = await cardsOf(deps, subjects, 'day');
      const { indexedUpTo, behind, cards: months } = await cardsOf(deps, subjects, 'month');
      const cards = [...days.cards, ...months];
      const items = cards.filter(({ limitMicro, spentMicro, reservedMicro }) => limitMicro !== null || spentMicro + reservedMicro > 0);
      return {
        body: { items: items.toSorted((a, b) => shareOf(b) - shareOf(a)).slice(0, BUDGETS_MAX), nextCursor: null, indexedUpTo, behind },
      };
    },
  ),
];

const shareOf = ({ limitMicro, spentMicro, reservedMicro }: BudgetCard): number =>
  limitMicro === null ? (spentMicro > 0 ? 1e-9 : 0) : (spentMicro + reservedMicro) / Math.max(1, limitMicro);

async function subjectsOf({ rooms }: AdminDeps, tenant: string | undefined): Promise<readonly Subject[]> {
  const { settings } = rooms.access;
  const tenants = (await rooms.keyStore.listTenants()).filter(({ id }) => tenant === undefined || id === tenant);
  const keys = (await rooms.keyStore.listKeys(tenant)).filter(({ role, revokedAtMs }) => role === 'caller' && revokedAtMs === null);
  const effective = (own: Limits, defaults: Limits): EffectiveLimits =>
    combineLimits([own, settings.tiers[own.tier ?? defaults.tier ?? ''] ?? {}, defaults]);
  return [
    ...tenants.map(({ id, limits }) => ({ tenant: id, keyId: null, limits: effective(limits, settings.tenantLimits) })),
    ...keys.map((key) => ({ tenant: key.tenant, keyId: key.id, limits: effective(key.limits, settings.limits) })),
  ];
}

async function cardsOf(
  { rooms, index, clock }: AdminDeps,
  subjects: readonly Subject[],
  window: BudgetCard['window'],
): Promise<{ readonly cards: readonly BudgetCard[]; readonly indexedUpTo: number; readonly behind: number }> {
  const nowMs = clock.nowMs();
  const periods = periodsAt(nowMs);
  const isDay = window === 'day';
  const fromMs = isDay ? periods.dayEndsAtMs - DAY_MS : Date.parse(`${periods.month}-01T00:00:00Z`);
  const bucketMs = isDay ? HOUR_MS : DAY_MS;
  const span = { fromMs, bucketMs, buckets: Math.floor((nowMs - fromMs) / bucketMs) + 1 };
  const { answer: spenders, indexedUpTo, behind } = await index.ask<'spend'>({ op: 'spend', span });
  const byTenant = Map.groupBy(spenders, (one) => one.tenant);
  const byKey = Map.groupBy(spenders, (one) => one.keyId);
  const subjectOf = ({ tenant, keyId }: Subject): string => (keyId === null ? `tenant:${tenant}` : `key:${keyId}`);
  const usageOf = await usageOfAll(
    rooms,
    subjects.map((subject) => subjectOf(subject)),
  );
  const cards = subjects.map((subject): BudgetCard => {
    const { tenant, keyId, limits } = subject;
    const usage = usageOf(subjectOf(subject))[window];
    const limit = isDay ? limits.dayMicroUnits : limits.monthMicroUnits;
    const own = (keyId === null ? byTenant.get(tenant) : byKey.get(keyId)) ?? [];
    return {
      tenant,
      keyId,
      window,
      limitMicro: limit === Infinity ? null : limit,
      spentMicro: usage.spent.microUnits,
      reservedMicro: usage.reserved.microUnits,
      resetsAt: isDay ? periods.dayEndsAtMs : periods.monthEndsAtMs,
      series: Array.from({ length: span.buckets }, (_, at) => ({ at: fromMs + at * bucketMs, microUnits: sumAt(own, at) })),
    };
  });
  return { cards, indexedUpTo, behind };
}

const sumAt = (spenders: readonly SpenderAnswer[], at: number): number =>
  spenders.reduce((sum, { microUnits }) => sum + (microUnits[at] ?? 0), 0);
