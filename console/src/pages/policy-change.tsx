// What the configuration file on disk would change, before it is taken over.
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { post } from '../api/client.ts';
import { usePolicyDiff, useRefresh } from '../api/queries.ts';
import type { PolicyDiff } from '../api/types.ts';
import { Button } from '../parts/controls.tsx';
import { Panel } from '../parts/page.tsx';
import { Answer, Empty, Failure } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { isGlobal, mayOperate, usePrincipal } from '../shell/principal.ts';

export function PolicyChange() {
  const diff = usePolicyDiff();
  return (
    <Answer of={diff} what="The file on disk could not be compared">
      {(data) =>
        data.changed || !data.valid ? (
          <Changed diff={data} />
        ) : (
          <Empty title="The file on disk is what runs">
            <p>
              A running gateway takes a valid change of its file over within a second or two. A change that is not valid stays here, with
              its lines, and what runs goes on. To see what a change would do before you save it,{' '}
              <Link to="/policy" search={{ tab: 'replay' }}>
                try it as a draft
              </Link>
              .
            </p>
          </Empty>
        )
      }
    </Answer>
  );
}

const SIGNS = { same: ' ', add: '+', remove: '−' } as const;

function Changed({ diff }: { readonly diff: PolicyDiff }) {
  const principal = usePrincipal();
  const refresh = useRefresh();
  const reload = useMutation({ mutationFn: () => post('/api/reload'), onSuccess: () => refresh('policy') });
  const canReload = mayOperate(principal) && isGlobal(principal) && diff.valid;
  return (
    <Panel
      title={diff.valid ? 'What would change' : 'The file on disk is not valid: what runs goes on'}
      acts={
        canReload ? (
          <Button kind="main" disabled={reload.isPending} onClick={() => reload.mutate()}>
            Take it over
          </Button>
        ) : undefined
      }
    >
      {reload.error !== null && <Failure error={reload.error} what="Not taken over" />}
      {diff.problems.length > 0 && (
        <ul className="problems">
          {diff.problems.map(({ line, message }) => (
            <li key={`${line ?? ''} ${message}`}>
              {typeof line === 'number' && <span className="num">line {line}: </span>}
              <Inert text={message} />
            </li>
          ))}
        </ul>
      )}
      {diff.lines.length > 0 && <Lines lines={diff.lines} />}
    </Panel>
  );
}

const Lines = ({ lines }: Pick<PolicyDiff, 'lines'>) => (
  // A region that scrolls must be reachable by keyboard.
  <div className="diff" tabIndex={0} role="group" aria-label="Difference, line by line">
    {lines.map(({ kind, text }, at) => (
      // oxlint-disable-next-line react/no-array-index-key -- lines have no other name
      <div key={at} data-kind={kind}>
        <span aria-hidden="true">{SIGNS[kind]}</span>
        {kind !== 'same' && <span className="sr">{kind === 'add' ? 'added: ' : 'removed: '}</span>}
        <Inert text={text} />
      </div>
    ))}
  </div>
);
