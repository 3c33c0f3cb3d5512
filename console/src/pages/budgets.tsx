// Budgets and how fast they burn: spent, set aside, left, and when they would be used up at this pace.
import { Link } from '@tanstack/react-router';
import { useBudgets } from '../api/queries.ts';
import type { Budget } from '../api/types.ts';
import { BurnDown } from '../parts/burn-down.tsx';
import { Meter, Spark } from '../parts/bars.tsx';
import { toDay, toDuration, toMoney, toMoneyColumn } from '../parts/format.ts';
import { Panel } from '../parts/page.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Inert } from '../parts/text.tsx';
import { useNow } from '../parts/use-now.ts';

const DAY_MS = 86_400_000;

/** Periods are those of UTC: a day, or the month that ends at `resetsAt`. */
function lengthOf({ window, resetsAt }: Pick<Budget, 'window' | 'resetsAt'>): number {
  if (window === 'day') return DAY_MS;
  const end = new Date(resetsAt);
  return resetsAt - Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - 1, 1);
}

export function Budgets({ tenant }: { readonly tenant: string | undefined }) {
  const budgets = useBudgets(tenant);
  return (
    <Answer of={budgets} what="Budgets could not be read">
      {(answer) => {
        const all = listOf(answer).toSorted(byShare);
        const limited = all.filter(({ limitMicro }) => limitMicro !== null);
        const free = all.filter(({ limitMicro }) => limitMicro === null);
        return (
          <>
            {limited.length === 0 && (
              <Empty title="No budget is set">
                <p>A key or a tenant with a limit in money shows here how it burns down.</p>
              </Empty>
            )}
            <ul className="budgets">
              {limited.map((budget) => (
                <BudgetCard key={nameOf(budget)} budget={budget} />
              ))}
            </ul>
            {free.length > 0 && <Unlimited budgets={free} />}
          </>
        );
      }}
    </Answer>
  );
}

const nameOf = ({ tenant, keyId, window }: Budget): string => `${tenant} ${keyId ?? ''} ${window}`;

const Unlimited = ({ budgets }: { readonly budgets: readonly Budget[] }) => (
  <Panel title="Spent without a limit">
    <Table columns={['Tenant', 'Key', 'Period', { name: 'Spent', isNumber: true }, 'Over time']} isBare>
      <tbody>
        {budgets.map((budget) => (
          <tr key={nameOf(budget)}>
            <td>
              <Link to="/requests" search={budget.keyId === null ? { tenant: budget.tenant } : { key: budget.keyId }}>
                <Inert text={budget.tenant} />
              </Link>
            </td>
            <td>{budget.keyId === null ? <span className="faint">all keys</span> : <Inert text={budget.keyId} mono />}</td>
            <td>{budget.window === 'day' ? 'today' : 'this month'}</td>
            <td className="end num">{toMoneyColumn(budget.spentMicro)}</td>
            <td>
              {budget.series !== undefined && <Spark values={budget.series.map(({ microUnits }) => microUnits)} label="Spent over time" />}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  </Panel>
);

const listOf = (answer: readonly Budget[] | { readonly items: readonly Budget[] }): readonly Budget[] =>
  'items' in answer ? answer.items : answer;

const shareOf = ({ spentMicro, limitMicro }: Budget): number => (limitMicro === null || limitMicro === 0 ? 0 : spentMicro / limitMicro);
const byShare = (left: Budget, right: Budget): number => shareOf(right) - shareOf(left) || right.spentMicro - left.spentMicro;

function BudgetCard({ budget }: { readonly budget: Budget }) {
  const now = useNow();
  const { tenant, keyId, window, spentMicro, reservedMicro, resetsAt, series = [] } = budget;
  const limitMicro = budget.limitMicro ?? 0;
  const percent = Math.round(shareOf(budget) * 100);
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
        <span className="soft num">of {toMoney(limitMicro)}</span>
      </p>
      <Meter spent={spentMicro} reserved={reservedMicro} limit={limitMicro} label={`${percent} percent of the budget is used`} />
      <BurnDown
        label="What is left over the period, beside an even pace"
        limit={limitMicro}
        spent={spentMicro}
        series={series}
        from={resetsAt - lengthOf(budget)}
        to={resetsAt}
        now={now}
      />
      <p className="soft">
        {reservedMicro > 0 && <>{toMoney(reservedMicro)} set aside for requests under way. </>}
        {projection(budget, now)} Begins anew {toDay(resetsAt)} (in {toDuration(Math.max(0, resetsAt - now))}).
      </p>
    </li>
  );
}

/** At the average pace of this period so far. Too early in it, nothing is said. */
function projection(budget: Budget, now: number): string {
  const { limitMicro, spentMicro, resetsAt } = budget;
  const length = lengthOf(budget);
  const elapsed = length - (resetsAt - now);
  if (limitMicro === null || spentMicro === 0 || elapsed < length / 100) return '';
  if (spentMicro >= limitMicro) return 'Used up: requests are refused.';
  const endsAt = now + ((limitMicro - spentMicro) / spentMicro) * elapsed;
  return endsAt >= resetsAt ? 'At this pace it lasts.' : `At this pace it is used up in ${toDuration(endsAt - now)}.`;
}
