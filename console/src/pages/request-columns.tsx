// How a request stands in a list.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RequestRow } from '../api/types.ts';
import { toDuration, toMoneyColumn, toShort } from '../parts/format.ts';
import type { Column } from '../parts/grid.tsx';
import { toneOf, Verdict } from '../parts/marks.tsx';
import { Clock, Inert } from '../parts/text.tsx';

const NOTHING = <span className="faint">–</span>;

/** What a refused request did not come to say is empty. */
const named = (text: string | null): ReactNode => (text === null || text === '' ? NOTHING : <Inert text={text} />);

const Because = ({ row }: { readonly row: RequestRow }) => {
  const text = row.topRule ?? row.because;
  return text === null || text === '' ? NOTHING : <Inert text={text} mono />;
};

const tokensOf = ({ inputTokens, outputTokens }: RequestRow): string | undefined =>
  (inputTokens ?? 0) + (outputTokens ?? 0) === 0 ? undefined : `${toShort(inputTokens ?? 0)} / ${toShort(outputTokens ?? 0)}`;

export const REQUEST_COLUMNS: readonly Column<RequestRow>[] = [
  {
    id: 'at',
    head: 'Time',
    width: 'minmax(76px, max-content)',
    cell: (row) => (
      <Link to="/requests/$id" params={{ id: row.id }} preload={false} tabIndex={-1} className="row-link" title={row.id}>
        <Clock at={row.at} />
      </Link>
    ),
  },
  { id: 'verdict', head: 'Verdict', width: '112px', cell: (row) => <Verdict verdict={row.verdict} /> },
  { id: 'because', head: 'Because', width: 'minmax(160px, 2.2fr)', cell: (row) => <Because row={row} /> },
  { id: 'model', head: 'Model', width: 'minmax(90px, 1.2fr)', cell: (row) => named(row.model) },
  { id: 'tenant', head: 'Tenant', width: 'minmax(80px, 1fr)', cell: (row) => named(row.tenant) },
  { id: 'status', head: 'Status', width: '56px', align: 'end', cell: (row) => row.status ?? NOTHING },
  { id: 'tokens', head: 'Tokens in / out', width: '116px', align: 'end', cell: (row) => tokensOf(row) ?? NOTHING },
  {
    id: 'cost',
    head: 'Cost',
    width: '84px',
    align: 'end',
    cell: (row) => (row.microUnits === null || row.microUnits === 0 ? NOTHING : toMoneyColumn(row.microUnits)),
  },
  { id: 'ms', head: 'Took', width: '72px', align: 'end', cell: (row) => (row.ms === null ? NOTHING : toDuration(row.ms)) },
];

export const narrowRequest = (row: RequestRow) => (
  <>
    <span>
      <Verdict verdict={row.verdict} />
      <Link to="/requests/$id" params={{ id: row.id }} preload={false} tabIndex={-1} className="row-link">
        <Clock at={row.at} />
      </Link>
    </span>
    <span className="soft">
      <Because row={row} />
      <span>
        <Inert text={row.model || row.tenant} />
      </span>
    </span>
  </>
);

export const requestTone = (row: RequestRow): string => toneOf(row.verdict);
