// The kill switch: what is stopped, and how to stop more. Nothing here happens with one press.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useKills, useRefresh } from '../api/queries.ts';
import type { KillStatus, SelfTest } from '../api/types.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Button } from '../parts/controls.tsx';
import { toDuration } from '../parts/format.ts';
import { PageHead, Panel } from '../parts/page.tsx';
import { Answer, Failure } from '../parts/states.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { isGlobal, mayDecide, mayOperate, usePrincipal } from '../shell/principal.ts';
import { KillForm } from './kill-form.tsx';

export function KillPage() {
  const kills = useKills();
  const principal = usePrincipal();
  return (
    <div className="page">
      <PageHead title="Kill switch" about="Stops at once, streams included. Works when the database does not.">
        {mayOperate(principal) && isGlobal(principal) && <TestSwitch />}
      </PageHead>
      <Answer of={kills} what="Stop orders could not be read">
        {(status) => (
          <div className="two even">
            <Standing status={status} />
            {mayDecide(principal) ? (
              <KillForm />
            ) : (
              <Panel title="Stop something">
                <p className="pad soft">Your role reads. An operator or an approver can stop things.</p>
              </Panel>
            )}
          </div>
        )}
      </Answer>
    </div>
  );
}

type Order = KillStatus['standing'][number];

function Standing({ status }: { readonly status: KillStatus }) {
  const [lifting, setLifting] = useState<Order>();
  const refresh = useRefresh();
  const canLift = mayOperate(usePrincipal());
  const close = (): void => setLifting(undefined);
  return (
    <Panel title="What is stopped" acts={<span className="soft num">order {status.sequence}</span>}>
      {status.state === 'untrusted' && (
        <p className="failure pad" role="alert">
          Everything is stopped: the record of orders cannot be trusted. <Inert text={status.reason ?? ''} />
        </p>
      )}
      {status.standing.length === 0 && status.state === 'trusted' && (
        <p className="pad soft">Nothing. Every key, tenant, model and upstream may be used.</p>
      )}
      <ul className="orders">
        {status.standing.map((order) => (
          <li key={order.sequence}>
            <div>
              <strong>
                {order.scope} <Inert text={order.subject} mono />
              </strong>
              <p className="soft">
                {order.reason !== undefined && (
                  <>
                    “<Inert text={order.reason} />”{' '}
                  </>
                )}
                {order.who !== undefined && (
                  <>
                    by <Inert text={order.who} />,{' '}
                  </>
                )}
                <Ago at={order.atMs} />
              </p>
            </div>
            {canLift && <Button onClick={() => setLifting(order)}>Resume</Button>}
          </li>
        ))}
      </ul>
      {lifting !== undefined && (
        <ActDialog
          title="Resume"
          act="Resume"
          reasonMax={500}
          onAct={(reason) => post('/api/resume', { scope: lifting.scope, subject: lifting.subject, reason })}
          onDone={() => {
            void refresh('kill');
            close();
          }}
          onClose={close}
        >
          <p>
            Lifts the order on {lifting.scope} <Inert text={lifting.subject} mono />, and no other.
          </p>
        </ActDialog>
      )}
    </Panel>
  );
}

function TestSwitch() {
  const test = useMutation({ mutationFn: () => post<SelfTest>('/api/kill/self-test') });
  return (
    <>
      {test.error !== null && <Failure error={test.error} what="The self-test could not run" />}
      {test.data !== undefined && (
        <p className="tone" data-tone={test.data.state === 'passed' ? 'allow' : 'block'} role="status">
          {test.data.state === 'passed' ? (
            `Works: a canary was cut in ${toDuration(test.data.cutMs ?? 0)}.`
          ) : (
            <Inert text={test.data.reason ?? 'The self-test failed.'} />
          )}
        </p>
      )}
      <Button disabled={test.isPending} onClick={() => test.mutate()}>
        Test the switch
      </Button>
    </>
  );
}
