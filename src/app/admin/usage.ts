// What keys and tenants have used: here, and at the other replicas where there are any.
import type { Usage } from '../../access/limits/budgets.ts';
import type { Rooms } from '../serve/rooms.ts';

interface Used {
  readonly day: Usage;
  readonly month: Usage;
}

/**
 * By subject (`key:ID`, `tenant:ID`). `spent` covers all replicas: of the others it includes what they have set aside, about a second's worth.
 * Throws what the state throws.
 */
export async function usageOfAll(
  { access: { budgets }, shared }: Pick<Rooms, 'access' | 'shared'>,
  subjects: readonly string[],
): Promise<(subject: string) => Used> {
  const elsewhere = new Map((await shared?.usedElsewhere(subjects))?.map((sum) => [`${sum.subject} ${sum.period}`, sum]));
  const withOthers = (subject: string, { period, spent, reserved }: Usage): Usage => {
    const { microUnits = 0, tokens = 0 } = elsewhere.get(`${subject} ${period}`) ?? {};
    return { period, spent: { microUnits: spent.microUnits + microUnits, tokens: spent.tokens + tokens }, reserved };
  };
  return (subject) => {
    const { day, month } = budgets.usageOf(subject);
    return { day: withOthers(subject, day), month: withOthers(subject, month) };
  };
}
