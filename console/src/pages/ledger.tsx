// The ledger: what it holds, what was signed, and any record proven here.
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { post } from '../api/client.ts';
import { useLedger, useRecords, useRefresh } from '../api/queries.ts';
import type { LedgerRow, LedgerStatus } from '../api/types.ts';
import { Button, Copy } from '../parts/controls.tsx';
import { toCount } from '../parts/format.ts';
import { Facts, PageHead, Panel } from '../parts/page.tsx';
import { Answer, Failure } from '../parts/states.tsx';
import { Clock, Inert } from '../parts/text.tsx';
import { ProofView } from './proof-view.tsx';

export function LedgerPage() {
  const ledger = useLedger();
  const { record } = useSearch({ from: '/ledger' });
  return (
    <div className="page">
      <PageHead title="Ledger" about="Every decision, in its order. No prompt text, and no way to change a record unnoticed." />
      <Answer of={ledger} what="The ledger could not be read">
        {(status) => (
          <div className="two even">
            <div className="stack">
              <Panel title="Prove a record">
                <Ask key={`ask ${record}`} record={record} last={status.durableCount - 1} />
                {record !== undefined && <ProofView key={record} index={Number(record)} verifierKey={status.verifierKey} />}
              </Panel>
              <Newest count={status.durableCount} />
            </div>
            <Checkpoint status={status} />
          </div>
        )}
      </Answer>
    </div>
  );
}

function Checkpoint({ status }: { readonly status: LedgerStatus }) {
  const refresh = useRefresh();
  const sign = useMutation({ mutationFn: () => post('/api/ledger/checkpoint'), onSuccess: () => refresh('ledger') });
  const { state, reason, durableCount, waiting, checkpoint, publishOwed, publishFailures, verifierKey } = status;
  return (
    <Panel
      title="State"
      acts={
        <Button disabled={sign.isPending} onClick={() => sign.mutate()}>
          Sign a checkpoint now
        </Button>
      }
    >
      {reason !== null && (
        <div className="failure pad" role="alert">
          <p>
            The ledger does not record: <Inert text={reason.message} />
          </p>
          <p className="soft">
            <Inert text={reason.fix} />
          </p>
        </div>
      )}
      {sign.error !== null && <Failure error={sign.error} what="Not signed" />}
      <Facts
        rows={[
          [
            'State',
            <span key="state" className="tone" data-tone={reason === null ? 'allow' : 'block'}>
              {state}
            </span>,
          ],
          [
            'Records',
            <span key="count" className="num">
              {toCount(durableCount)}
            </span>,
          ],
          [
            'Waiting for the disk',
            <span key="waiting" className="num">
              {toCount(waiting)}
            </span>,
          ],
          [
            'Signed up to',
            checkpoint === undefined ? (
              'nothing yet'
            ) : (
              <span key="size" className="num">
                {toCount(checkpoint.size)}
              </span>
            ),
          ],
          ['Name', checkpoint === undefined ? '–' : <Inert key="origin" text={checkpoint.origin} mono />],
          ['Root', checkpoint === undefined ? '–' : <Inert key="root" text={checkpoint.root} mono />],
          ['Second places', publishOwed === 0 ? 'have the newest' : `${publishOwed} owed, ${publishFailures} refused`],
          ['Key', <KeyText key="key" text={verifierKey} />],
        ]}
      />
      <p className="soft note">
        Keep the key and a checkpoint where whoever runs this machine cannot change them. One checkpoint pins everything before it.
      </p>
    </Panel>
  );
}

const KeyText = ({ text }: { readonly text: string }) => (
  <span className="key-text">
    <Inert text={text} mono />
    <Copy text={text} label="Copy" />
  </span>
);

function Ask({ record, last }: { readonly record: string | undefined; readonly last: number }) {
  const navigate = useNavigate();
  const [text, setText] = useState(record ?? '');
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (/^\d{1,15}$/.test(text)) void navigate({ to: '/ledger', search: { record: text } });
  };
  return (
    <form className="ask pad" onSubmit={onSubmit}>
      <label htmlFor="record">Record</label>
      <input
        id="record"
        data-filter
        className="input num"
        inputMode="numeric"
        pattern="\d{1,15}"
        required
        placeholder={`0 to ${Math.max(0, last)}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" kind="main">
        Prove it
      </Button>
    </form>
  );
}

const SHOWN = 50;

function Newest({ count }: { readonly count: number }) {
  // The list stands still while it is read; “Newer” brings what came since.
  const [upTo, setUpTo] = useState(count);
  const records = useRecords(Math.max(0, upTo - SHOWN));
  return (
    <Panel
      title="Newest records"
      acts={
        count > upTo ? (
          <Button kind="quiet" onClick={() => setUpTo(count)}>
            {toCount(count - upTo)} newer
          </Button>
        ) : undefined
      }
    >
      <Answer of={records} what="Records could not be read">
        {({ items }) => (
          <ul className="ledger-rows">
            {items
              .toSorted((left, right) => right.index - left.index)
              .map((row) => (
                <Row key={row.index} row={row} />
              ))}
          </ul>
        )}
      </Answer>
    </Panel>
  );
}

const Row = ({ row: { index, kind, atMs, tenant, requestId } }: { readonly row: LedgerRow }) => (
  <li>
    <Link to="/ledger" search={{ record: String(index) }} className="num" aria-label={`Prove record ${index}`}>
      {index}
    </Link>
    <Inert text={kind} mono />
    <span className="soft">
      {requestId === undefined ? (
        <Inert text={tenant ?? ''} />
      ) : (
        <Link to="/requests/$id" params={{ id: requestId }}>
          request
        </Link>
      )}
    </span>
    <Clock at={atMs} />
  </li>
);
