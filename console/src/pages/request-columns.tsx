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
    px: 112,
    cell: (row) => (
      <Link to="/requests/$id" params={{ id: row.id }} preload={false} tabIndex={-1} className="row-link" title={row.id}>
        <Clock at={row.at} />
      </Link>
    ),
  },
  { id: 'verdict', head: 'Verdict', px: 104, cell: (row) => <Verdict verdict={row.verdict} /> },
  { id: 'because', head: 'Because', px: 170, grow: 2.2, cell: (row) => <Because row={row} /> },
  { id: 'model', head: 'Model', px: 90, grow: 1.2, cell: (row) => named(row.model) },
  { id: 'tenant', head: 'Tenant', px: 80, grow: 1, rank: 1, cell: (row) => named(row.tenant) },
  { id: 'status', head: 'Status', px: 50, rank: 2, align: 'end', cell: (row) => row.status ?? NOTHING },
  { id: 'tokens', head: 'Tokens in / out', px: 108, rank: 4, align: 'end', cell: (row) => tokensOf(row) ?? NOTHING },
  {
    id: 'cost',
    head: 'Cost',
    px: 78,
    rank: 3,
    align: 'end',
    cell: (row) => (row.microUnits === null || row.microUnits === 0 ? NOTHING : toMoneyColumn(row.microUnits)),
  },
  { id: 'ms', head: 'Took', px: 64, align: 'end', cell: (row) => (row.ms === null ? NOTHING : toDuration(row.ms)) },
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
