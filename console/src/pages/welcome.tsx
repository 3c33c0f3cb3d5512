// First steps: from a key to an attack that was blocked, and to knowing why. Each step ticks itself off when it has really happened.
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { post } from '../api/client.ts';
import { useKeys, useRefresh, useSession } from '../api/queries.ts';
import type { MadeKey, RequestRow } from '../api/types.ts';
import { Button, Command, Copy } from '../parts/controls.tsx';
import { Icon } from '../parts/icons.tsx';
import { Verdict } from '../parts/marks.tsx';
import { PageHead } from '../parts/page.tsx';
import { Failure } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { mayOperate, usePrincipal } from '../shell/principal.ts';
import { ATTACK, GREETING, toCurl } from './samples.tsx';
import { useTail, type Tail } from './use-tail.ts';

const ANY = {};
const LABEL = 'first steps';

export function WelcomePage() {
  const { data: session } = useSession();
  const principal = usePrincipal();
  const [made, setMade] = useState<MadeKey>();
  const { hasKey, passed, blocked, tail } = useProgress(made);
  const url = session?.dataPlane.url ?? '';
  const key = made?.key;
  const curl = (text: string): string => toCurl({ url, text, ...(key === undefined ? {} : { key }) });
  const now = [hasKey, passed !== undefined, blocked !== undefined].findIndex((isDone) => !isDone);
  return (
    <div className="page welcome">
      <PageHead title="First steps" about="From a key to a blocked attack, and to knowing why. It takes less than two minutes." />
      <ol className="steps">
        <Step title="Make a key" isDone={hasKey} isNow={now === 0}>
          <p>Programs show it when they call. It names the tenant, and its limits hold for whoever uses it.</p>
          {mayOperate(principal) ? (
            <MakeKey made={made} onMade={setMade} tenant={principal.tenant ?? 'default'} />
          ) : (
            <p className="soft">Your role reads; ask an operator for a key.</p>
          )}
          {made === undefined && (
            <p className="soft">
              Or use the first one: it lies in <code>sallyport-data/first.key</code>, and the commands below read it.
            </p>
          )}
        </Step>
        <Step title="Send a request" isDone={passed !== undefined} isNow={now === 1}>
          <p>In a terminal on the gateway’s machine. As long as no model is configured, a demonstration answers.</p>
          <Command text={curl(GREETING)} {...(key === undefined ? {} : { hidden: key })} />
          <Seen row={passed} waiting="Waiting for it…" />
        </Step>
        <Step title="Send an attack" isDone={blocked !== undefined} isNow={now === 2}>
          <p>Words that try to take the model over. They never reach it.</p>
          <Command text={curl(ATTACK)} {...(key === undefined ? {} : { hidden: key })} />
          <Seen row={blocked} waiting="Waiting for it…" />
        </Step>
        <Step title="See why" isDone={false} isNow={now === -1}>
          {blocked === undefined ? (
            <p className="soft">The blocked request will stand here, with what was found, where, and which rule decided.</p>
          ) : (
            <Link className="button" data-kind="main" to="/requests/$id" params={{ id: blocked.id }}>
              Open the blocked request
            </Link>
          )}
        </Step>
      </ol>
      {tail.state === 'lost' && (
        <p className="failure" role="alert">
          The connection that ticks the steps off is lost. The requests stand under <Link to="/requests">Requests</Link> all the same.
        </p>
      )}
      <p className="soft">
        Point your own programs at <code>{url}/v1</code> (OpenAI clients) or <code>{url}</code> (Anthropic clients).{' '}
        <Copy text={`${url}/v1`} label="Copy the base URL" />
      </p>
    </div>
  );
}

interface Progress {
  readonly hasKey: boolean;
  readonly passed: RequestRow | undefined;
  readonly blocked: RequestRow | undefined;
  readonly tail: Tail;
}

/** What has really happened, whoever did it. */
function useProgress(made: MadeKey | undefined): Progress {
  const keys = useKeys(undefined);
  const tail = useTail(ANY, false);
  return {
    hasKey: made !== undefined || keys.data?.keys.some(({ label, revokedAtMs }) => label === LABEL && revokedAtMs === null) === true,
    passed: tail.rows.find(({ verdict }) => verdict === 'allow' || verdict === 'record'),
    blocked: tail.rows.find(({ verdict }) => verdict === 'block'),
    tail,
  };
}

interface StepProps {
  readonly title: string;
  readonly isDone: boolean;
  readonly isNow: boolean;
  readonly children: ReactNode;
}

const Step = ({ title, isDone, isNow, children }: StepProps) => (
  <li className="step" data-done={isDone} data-now={isNow} aria-current={isNow ? 'step' : undefined}>
    <span className="step-sign" aria-hidden="true">
      {isDone && <Icon name="check" />}
    </span>
    <div className="stack">
      <h2>
        {title}
        {isDone && <span className="sr"> (done)</span>}
      </h2>
      {children}
    </div>
  </li>
);

function MakeKey({
  made,
  onMade,
  tenant,
}: {
  readonly made: MadeKey | undefined;
  readonly onMade: (made: MadeKey) => void;
  readonly tenant: string;
}) {
  const refresh = useRefresh();
  const make = useMutation({
    mutationFn: () => post<MadeKey>('/api/keys', { tenant, label: LABEL }),
    onSuccess: async (key) => {
      onMade(key);
      await refresh('keys', 'tenants');
    },
  });
  if (made !== undefined) {
    return (
      <div className="command">
        {/* A region that scrolls must be reachable by keyboard */}
        <pre tabIndex={0} aria-label="Key">
          {made.key}
        </pre>
        <Copy text={made.key} label="Copy the key" />
      </div>
    );
  }
  return (
    <>
      {make.error !== null && <Failure error={make.error} />}
      <p>
        <Button kind="main" disabled={make.isPending} onClick={() => make.mutate()}>
          Make a key
        </Button>
      </p>
    </>
  );
}

function Seen({ row, waiting }: { readonly row: RequestRow | undefined; readonly waiting: string }) {
  return (
    <p className="seen" aria-live="polite">
      {row === undefined ? (
        <span className="faint">{waiting}</span>
      ) : (
        <>
          <Verdict verdict={row.verdict} />
          <Link to="/requests/$id" params={{ id: row.id }}>
            <Inert text={row.id} mono />
          </Link>
        </>
      )}
    </p>
  );
}
