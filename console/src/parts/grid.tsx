// A table of any length: only what is seen is drawn. j and k walk it, Enter opens a row, and narrow screens get two lines a row.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { NARROW, useMedia } from './use-media.ts';
import { useRowKeys } from './use-row-keys.ts';
import { useWidth } from './use-width.ts';

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  /** Pixels that it needs. */
  readonly px: number;
  /** Its share of what is left over. */
  readonly grow?: number;
  /** Columns with a rank go where there is too little room, the highest first. */
  readonly rank?: number;
  readonly align?: 'end';
  readonly cell: (row: Row) => ReactNode;
}

interface GridProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** The row on a narrow screen, in two lines. */
  readonly narrow: (row: Row) => ReactNode;
  readonly onOpen?: (row: Row) => void;
  /** Called when the end comes near. */
  readonly onEnd?: (() => void) | undefined;
  /** Called when the reader leaves the top, and when they are back. */
  readonly onAway?: (isAway: boolean) => void;
  readonly toneOf?: (row: Row) => string;
}

const ROW_PX = { wide: 30, narrow: 54 } as const;
const NEAR_END_ROWS = 20;

export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, columns, keyOf, onOpen, onEnd, onAway } = props;
  const isNarrow = useMedia(NARROW);
  const scroller = useRef<HTMLDivElement>(null);
  const size = isNarrow ? ROW_PX.narrow : ROW_PX.wide;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => size,
    getItemKey: (at) => {
      const row = rows[at];
      return row === undefined ? at : keyOf(row);
    },
    overscan: 8,
    // A tail paints at its own pace; to paint within the scroll event would make it jerk.
    useFlushSync: false,
  });
  useEffect(() => virtual.measure(), [virtual, size]);
  const items = virtual.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (rows.length > 0 && lastSeen >= rows.length - NEAR_END_ROWS) onEnd?.();
  }, [lastSeen, rows.length, onEnd]);
  const open = useCallback(
    (at: number) => {
      const row = rows[at];
      if (row !== undefined) onOpen?.(row);
    },
    [rows, onOpen],
  );
  const active = useRowKeys({ count: rows.length, scroller, scrollTo: (at) => virtual.scrollToIndex(at, { align: 'auto' }), open });
  // Whoever walks the rows reads them: a tail must not push them away.
  useEffect(() => {
    if (active >= 0) onAway?.(true);
    else if ((scroller.current?.scrollTop ?? 0) <= size) onAway?.(false);
  }, [active, onAway, size]);
  const onKeyDown = (at: number) => (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
    open(at);
  };
  const shown = fitting(columns, useWidth(scroller));
  const template = shown.map(({ px, grow }) => (grow === undefined ? `${px}px` : `minmax(${px}px, ${grow}fr)`)).join(' ');
  return (
    // A region that scrolls must be reachable by keyboard.
    <div
      className="grid"
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      ref={scroller}
      onScroll={(event) => onAway?.(active >= 0 || event.currentTarget.scrollTop > size)}
    >
      <Head label={label} columns={isNarrow ? undefined : shown} template={template} />
      <div role="rowgroup" className="grid-body" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              tabIndex={-1}
              data-at={index}
              data-active={index === active}
              data-tone={props.toneOf?.(row)}
              className="grid-row"
              style={{ transform: `translateY(${start}px)`, height: size, ...(isNarrow ? {} : { gridTemplateColumns: template }) }}
              onKeyDown={onKeyDown(index)}
              onClick={(event) => {
                if (!isOnControl(event.target) && String(getSelection()) === '') open(index);
              }}
              data-opens={onOpen !== undefined}
            >
              <Cells row={row} columns={shown} narrow={isNarrow ? props.narrow : undefined} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeadProps<Row> {
  readonly label: string;
  /** None on a narrow screen, where a row is one cell. */
  readonly columns: readonly Column<Row>[] | undefined;
  readonly template: string;
}

const Head = <Row,>({ label, columns, template }: HeadProps<Row>) => (
  <div role="rowgroup" className="grid-head">
    <div role="row" aria-rowindex={1} className="grid-row" style={columns === undefined ? {} : { gridTemplateColumns: template }}>
      {columns === undefined ? (
        <span role="columnheader">{label}</span>
      ) : (
        columns.map(({ id, head, align }) => (
          <span key={id} role="columnheader" data-align={align}>
            {head}
          </span>
        ))
      )}
    </div>
  </div>
);

const GAP_PX = 12;
const EDGES_PX = 30;

/** The columns for which there is room. */
function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  let shown = columns;
  const needed = (): number => shown.reduce((sum, { px }) => sum + px + GAP_PX, EDGES_PX);
  while (needed() > width) {
    const least = shown.reduce<Column<Row> | undefined>((found, one) => ((one.rank ?? 0) > (found?.rank ?? 0) ? one : found), undefined);
    if (least === undefined) return shown;
    shown = shown.filter((one) => one !== least);
  }
  return shown;
}

interface CellsProps<Row> {
  readonly row: Row;
  readonly columns: readonly Column<Row>[];
  readonly narrow: ((row: Row) => ReactNode) | undefined;
}

function Cells<Row>({ row, columns, narrow }: CellsProps<Row>) {
  if (narrow !== undefined) {
    return (
      <div role="cell" className="grid-narrow">
        {narrow(row)}
      </div>
    );
  }
  return columns.map(({ id, align, cell }) => (
    <span key={id} role="cell" data-align={align}>
      {cell(row)}
    </span>
  ));
}

const isOnControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, select, summary') !== null;
