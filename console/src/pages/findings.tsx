// What was found, by class and family, then by rule: the place where false alarms and floods are seen.
import { Link, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { toQuery } from '../api/filters.ts';
import { useFindings } from '../api/queries.ts';
import type { FindingGroup } from '../api/types.ts';
import { Spark } from '../parts/bars.tsx';
import { toCount, toShort } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { Score, Shape, toneOf, verdictWord } from '../parts/marks.tsx';
import { PageHead, Tabs } from '../parts/page.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { Accepted } from './accepted.tsx';

const TABS = [
  [undefined, 'By rule'],
  ['accepted', 'Accepted'],
] as const;

export function FindingsPage() {
  const { tab } = useSearch({ from: '/findings' });
  return (
    <div className="page">
      <PageHead title="Findings" about="What the guards noticed, whatever was then decided." />
      <Tabs label="Findings" tabs={TABS} />
      {tab === 'accepted' ? <Accepted /> : <ByRule />}
    </div>
  );
}

function ByRule() {
  const { rule, tenant, since, from, to } = useSearch({ from: '/findings' });
  const [now] = useState(() => Date.now());
  const scope = { ...(since === undefined ? {} : { since }), ...(from === undefined || to === undefined ? {} : { from, to }) };
  const found = useFindings({ since: Number(toQuery(scope, now)['from']), tenant, rule }, [tenant, rule, since, from]);
  return (
    <>
      {rule !== undefined && (
        <p className="applied">
          <Link to="/findings" search={{}} className="chip">
            <span className="sr">Show all, not only </span>
            <span className="chip-name">Rule</span> <Inert text={rule} mono /> <Icon name="close" />
          </Link>
        </p>
      )}
      <Answer of={found} what="The findings could not be read">
        {({ findings }) => (findings.length === 0 ? <NothingFound /> : <Families findings={findings} />)}
      </Answer>
    </>
  );
}

const NothingFound = () => (
  <Empty title="Nothing was found in this time">
    <p>
      The <Link to="/playground">playground</Link> shows what the guards would find in a text, without sending it to a model.
    </p>
  </Empty>
);

function Families({ findings }: { readonly findings: readonly FindingGroup[] }) {
  const families = useMemo(() => groupOf(findings), [findings]);
  return (
    <Table columns={['Rule', { name: 'Count', isNumber: true }, 'Last 24 h', 'What was done', 'Highest score', 'Tenants', 'Last']}>
      {families.map(({ name, count, groups }) => (
        <tbody key={name}>
          <tr className="group-row">
            <th scope="rowgroup">
              <Inert text={name} />
            </th>
            <th scope="rowgroup" className="end num">
              {toCount(count)}
            </th>
            <td colSpan={5} />
          </tr>
          {groups.map((group) => (
            <Row key={group.rule} group={group} />
          ))}
        </tbody>
      ))}
    </Table>
  );
}

function Row({ group }: { readonly group: FindingGroup }) {
  return (
    <tr>
      <td>
        <Link to="/requests" search={{ rule: group.rule }}>
          <Inert text={group.rule} mono />
        </Link>
      </td>
      <td className="end num">{toShort(group.count)}</td>
      <td>
        <Spark values={group.hours} label={`${group.rule}: ${group.hours.reduce((sum, count) => sum + count, 0)} in the last 24 hours`} />
      </td>
      <td>
        <ul className="actions">
          {Object.entries(group.actions).map(([action, count]) => (
            <li key={action} data-tone={toneOf(action)} className="tone">
              <Shape tone={toneOf(action)} /> {verdictWord(action)} <span className="num">{toShort(count)}</span>
            </li>
          ))}
        </ul>
      </td>
      <td>
        <Score score={group.scoreMax} />
      </td>
      <td>
        <Inert text={group.tenants.slice(0, 3).join(', ')} />
        {group.tenants.length > 3 && ` and ${group.tenants.length - 3} more`}
      </td>
      <td>
        <Link to="/requests/$id" params={{ id: group.lastRequestId }}>
          <Ago at={group.lastAtMs} />
        </Link>
      </td>
    </tr>
  );
}

interface FamilyGroup {
  readonly name: string;
  readonly count: number;
  readonly groups: readonly FindingGroup[];
}

function groupOf(findings: readonly FindingGroup[]): readonly FamilyGroup[] {
  const named = Map.groupBy(findings, (one) =>
    [one.class, ...one.families.slice(0, 1).map((family) => family.replaceAll('_', ' '))].join(': '),
  );
  return [...named]
    .map(([name, groups]) => ({ name, groups, count: groups.reduce((sum, one) => sum + one.count, 0) }))
    .toSorted((left, right) => right.count - left.count);
}
