// Requests as they happen. Stops by itself when the reader looks further down, and says how many wait.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import type { RequestRow } from '../api/types.ts';
import { Button } from '../parts/controls.tsx';
import { toCount, toShort } from '../parts/format.ts';
import { Grid } from '../parts/grid.tsx';
import { PageHead } from '../parts/page.tsx';
import { Empty, Failure } from '../parts/states.tsx';
import { isTyping } from '../shell/typing.ts';
import { FilterBar } from './filter-bar.tsx';
import { narrowRequest, REQUEST_COLUMNS, requestTone } from './request-columns.tsx';
import { Samples } from './samples.tsx';
import { useTail, type Tail } from './use-tail.ts';

export function LivePage() {
  const { since: _since, from: _from, to: _to, ...filters } = useSearch({ from: '/live' });
  const navigate = useNavigate();
  const [isPaused, setPaused] = useState(false);
  const [isAway, setAway] = useState(false);
  const tail = useTail({ ...filters }, isPaused || isAway);
  useSpace(() => setPaused((paused) => !paused));
  const onOpen = useCallback((row: RequestRow) => void navigate({ to: '/requests/$id', params: { id: row.id } }), [navigate]);
  return (
    <div className="page page-fill">
      <PageHead title="Live">
        <Pulse tail={tail} isHeld={isPaused || isAway} />
        <Button icon={isPaused ? 'play' : 'pause'} aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
          <kbd className="only-wide">Space</kbd>
        </Button>
      </PageHead>
      <FilterBar filters={filters} />
      {tail.error !== undefined && <Failure error={tail.error} what="Requests from before could not be read" />}
      <div className="fill">
        {tail.rows.length === 0 ? (
          <Quiet state={tail.state} />
        ) : (
          <Grid
            label="Live requests"
            rows={tail.rows}
            columns={REQUEST_COLUMNS}
            keyOf={keyOfRow}
            narrow={narrowRequest}
            onOpen={onOpen}
            onAway={setAway}
            toneOf={requestTone}
          />
        )}
      </div>
    </div>
  );
}

const keyOfRow = (row: RequestRow): string => row.id;

function Pulse({ tail, isHeld }: { readonly tail: Tail; readonly isHeld: boolean }) {
  const { state, perSecond, waiting, dropped } = tail;
  const words = state === 'open' ? (isHeld ? 'held' : 'live') : state === 'lost' ? 'no connection' : 'connecting';
  return (
    <p className="pulse" data-state={state} data-held={isHeld}>
      <span className="pulse-dot" aria-hidden="true" />
      <span>{words}</span>
      <span className="num soft">{toShort(perSecond)}/s</span>
      {waiting > 0 && <strong className="num">{toCount(waiting)} new</strong>}
      {dropped > 0 && (
        <span className="soft" title="More requests came than the gateway sends to a browser. All of them are in the record.">
          {toShort(dropped)} not shown
        </span>
      )}
    </p>
  );
}

const Quiet = ({ state }: { readonly state: Tail['state'] }) =>
  state === 'lost' ? (
    <Empty title="The live view lost its connection">
      <p>It tries again by itself. Requests that came in between stand under Requests.</p>
    </Empty>
  ) : (
    <Empty title="Quiet for now">
      <p>Requests appear here while they happen. Send one from a terminal on the gateway’s machine:</p>
      <Samples />
    </Empty>
  );

function useSpace(onSpace: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== ' ' || isTyping(event)) return;
      if (event.target instanceof Element && event.target.closest('button, a, summary, input') !== null) return;
      event.preventDefault();
      onSpace();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
}
