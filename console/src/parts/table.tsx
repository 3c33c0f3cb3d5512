// A table in a panel: its head from a list of names, its rows from the page.
import type { ReactNode } from 'react';

/** A column's name; numbers stand at the end of their cell. */
export type Column = string | { readonly name: string; readonly isNumber: true };

interface TableProps {
  readonly columns: readonly Column[];
  /** A last column for what can be done to a row, whose name only screen readers are told. */
  readonly hasActs?: boolean;
  /** It stands in a panel already. */
  readonly isBare?: boolean;
  readonly children: ReactNode;
}

export function Table({ columns, hasActs = false, isBare = false, children }: TableProps) {
  return (
    <div className={isBare ? 'table-wrap' : 'panel table-wrap'}>
      <table className="table">
        <thead>
          <tr>
            {columns.map((column) =>
              typeof column === 'string' ? (
                <th key={column} scope="col">
                  {column}
                </th>
              ) : (
                <th key={column.name} scope="col" className="end">
                  {column.name}
                </th>
              ),
            )}
            {hasActs && (
              <th scope="col">
                <span className="sr">Change</span>
              </th>
            )}
          </tr>
        </thead>
        {children}
      </table>
    </div>
  );
}
