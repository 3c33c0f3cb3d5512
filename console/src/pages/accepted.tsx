// False alarms in force: who accepted them, why, and until when.
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useAcceptances, useRefresh } from '../api/queries.ts';
import type { Acceptance } from '../api/types.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Button } from '../parts/controls.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { mayDecide, usePrincipal } from '../shell/principal.ts';

export function Accepted() {
  const { tenant } = useSearch({ from: '/findings' });
  const accepted = useAcceptances(tenant);
  const [ending, setEnding] = useState<Acceptance>();
  const refresh = useRefresh();
  const close = (): void => setEnding(undefined);
  return (
    <>
      <Answer of={accepted} what="Accepted findings could not be read">
        {({ acceptances }) =>
          acceptances.length === 0 ? (
            <Empty title="No finding is accepted">
              <p>Open a request that was blocked for no good reason, and accept its finding there.</p>
            </Empty>
          ) : (
            <List acceptances={acceptances} onEnd={setEnding} />
          )
        }
      </Answer>
      {ending !== undefined && (
        <ActDialog
          title="Withdraw"
          act="Withdraw"
          reasonMax={500}
          onAct={(reason) => post(`/api/acceptances/${ending.id}/withdraw`, { reason })}
          onDone={() => {
            void refresh('acceptances');
            close();
          }}
          onClose={close}
        >
          <p>
            <Inert text={ending.rule} mono /> will speak about this text again.
          </p>
        </ActDialog>
      )}
    </>
  );
}

function List({ acceptances, onEnd }: { readonly acceptances: readonly Acceptance[]; readonly onEnd: (one: Acceptance) => void }) {
  const canEnd = mayDecide(usePrincipal());
  return (
    <Table columns={['Rule', 'For', 'Reason', 'By', 'Ends']} hasActs>
      <tbody>
        {acceptances.map((one) => (
          <tr key={one.id}>
            <td>
              <Inert text={one.rule} mono />
            </td>
            <td>{one.tenant === null ? 'all tenants' : <Inert text={one.tenant} />}</td>
            <td className="wrap">
              <Inert text={one.reason} />
            </td>
            <td>
              <Inert text={one.author} />
            </td>
            <td>
              <Ago at={one.expiresAtMs} />
            </td>
            <td className="end">
              {canEnd && (
                <Button kind="quiet" onClick={() => onEnd(one)}>
                  Withdraw
                </Button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
