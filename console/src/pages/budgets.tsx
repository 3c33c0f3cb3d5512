// Budgets and how fast they burn: spent, set aside, left, and when they would be used up at this pace.
import { useBudgets } from '../api/queries.ts';
import type { Budget } from '../api/types.ts';
import { Meter, Spark } from '../parts/bars.tsx';
import { toDay, toDuration, toMoney } from '../parts/format.ts';
import { Answer, Empty } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { useNow } from '../parts/use-now.ts';

const WINDOW_MS = { day: 86_400_000, month: 30 * 86_400_000 } as const;

export function Budgets({ tenant }: { readonly tenant: string | undefined }) {
  const budgets = useBudgets(tenant);
  return (
    <Answer of={budgets} what="Budgets could not be read">
      {(answer) => {
        const all = listOf(answer);
        return all.length === 0 ? (
          <Empty title="No budget is set">
            <p>A key or a tenant with a limit in money shows here how it burns down.</p>
          </Empty>
        ) : (
          <ul className="budgets">
            {all.toSorted(byShare).map((budget) => (
              <BudgetCard key={`${budget.tenant} ${budget.keyId ?? ''} ${budget.window}`} budget={budget} />
            ))}
          </ul>
        );
      }}
    </Answer>
  );
}

const listOf = (answer: readonly Budget[] | { readonly items: readonly Budget[] }): readonly Budget[] =>
  'items' in answer ? answer.items : answer;

const shareOf = ({ spentMicro, limitMicro }: Budget): number => (limitMicro === null || limitMicro === 0 ? 0 : spentMicro / limitMicro);
const byShare = (left: Budget, right: Budget): number => shareOf(right) - shareOf(left) || right.spentMicro - left.spentMicro;

function BudgetCard({ budget }: { readonly budget: Budget }) {
  const now = useNow();
  const { tenant, keyId, window, limitMicro, spentMicro, reservedMicro, resetsAt, series = [] } = budget;
  const percent = limitMicro === null ? undefined : Math.round(shareOf(budget) * 100);
  return (
    <li className="panel budget">
      <header>
        <h2>
          <Inert text={tenant} />
          {keyId !== null && (
            <>
              {' '}
              <small>
                key <Inert text={keyId} mono />
              </small>
            </>
          )}
        </h2>
        <span className="soft">{window === 'day' ? 'today' : 'this month'}</span>
      </header>
      <p className="budget-sum">
        <strong className="num">{toMoney(spentMicro)}</strong>
        <span className="soft num">{limitMicro === null ? 'no limit' : `of ${toMoney(limitMicro)}`}</span>
      </p>
      {limitMicro !== null && (
        <Meter spent={spentMicro} reserved={reservedMicro} limit={limitMicro} label={`${percent} percent of the budget is used`} />
      )}
      {series.length > 1 && <Spark values={series.map(({ microUnits }) => microUnits)} label="Spent over time" />}
      <p className="soft">
        {reservedMicro > 0 && <>{toMoney(reservedMicro)} set aside for requests under way. </>}
        {projection(budget, now)} Begins anew {toDay(resetsAt)} (in {toDuration(Math.max(0, resetsAt - now))}).
      </p>
    </li>
  );
}

/** At the average pace of this period so far. Too early in it, nothing is said. */
function projection({ window, limitMicro, spentMicro, resetsAt }: Budget, now: number): string {
  const elapsed = WINDOW_MS[window] - (resetsAt - now);
  if (limitMicro === null || spentMicro === 0 || elapsed < WINDOW_MS[window] / 100) return '';
  if (spentMicro >= limitMicro) return 'Used up: requests are refused.';
  const endsAt = now + ((limitMicro - spentMicro) / spentMicro) * elapsed;
  return endsAt >= resetsAt ? 'At this pace it lasts.' : `At this pace it is used up in ${toDuration(endsAt - now)}.`;
}
