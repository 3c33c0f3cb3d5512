// Tenants: what they use, what they may, and whether they are let in.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useRefresh, useTenants } from '../api/queries.ts';
import type { TenantCard } from '../api/types.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Button } from '../parts/controls.tsx';
import { toMoney, toShort } from '../parts/format.ts';
import { Answer, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Inert } from '../parts/text.tsx';
import { isGlobal, mayOperate, usePrincipal } from '../shell/principal.ts';
import { LimitsDialog } from './limits-dialog.tsx';
import { LimitWords } from './limit-words.tsx';

interface Over {
  readonly kind: 'suspend' | 'resume' | 'limit';
  readonly card: TenantCard;
}

export function Tenants({ tenant }: { readonly tenant: string | undefined }) {
  const tenants = useTenants();
  const [over, setOver] = useState<Over>();
  const refresh = useRefresh();
  const close = (): void => setOver(undefined);
  const done = (): void => {
    void refresh('tenants', 'budgets');
    close();
  };
  const path = `/api/tenants/${encodeURIComponent(over?.card.id ?? '')}`;
  return (
    <>
      <Answer of={tenants} what="Tenants could not be read">
        {({ tenants: all }) => {
          const cards = all.filter(({ id }) => tenant === undefined || id === tenant);
          return cards.length === 0 ? (
            <Empty title="No tenants yet">
              <p>A tenant is made with its first key.</p>
            </Empty>
          ) : (
            <TenantTable cards={cards} onAct={setOver} />
          );
        }}
      </Answer>
      {over?.kind === 'limit' && (
        <LimitsDialog
          title={`Limits of tenant ${over.card.id}`}
          path={`${path}/limits`}
          limits={over.card.limits}
          onDone={done}
          onClose={close}
        />
      )}
      {over !== undefined && over.kind !== 'limit' && (
        <ActDialog
          title={over.kind === 'suspend' ? 'Suspend the tenant' : 'Let the tenant in again'}
          act={over.kind === 'suspend' ? 'Suspend' : 'Let in'}
          kind={over.kind === 'suspend' ? 'danger' : 'main'}
          {...(over.kind === 'suspend' ? { word: over.card.id } : {})}
          onAct={(reason) => post(`${path}/${over.kind}`, { reason })}
          onDone={done}
          onClose={close}
        >
          <p>
            Tenant <Inert text={over.card.id} />
            {over.kind === 'suspend' ? ': every request is refused from now on, and those under way are cut.' : ' may send requests again.'}
          </p>
        </ActDialog>
      )}
    </>
  );
}

function TenantTable({ cards, onAct }: { readonly cards: readonly TenantCard[]; readonly onAct: (over: Over) => void }) {
  const principal = usePrincipal();
  const canChange = mayOperate(principal) && isGlobal(principal);
  return (
    <Table
      columns={[
        'Tenant',
        { name: 'Today', isNumber: true },
        { name: 'This month', isNumber: true },
        { name: 'Tokens this month', isNumber: true },
        'Limits',
        'State',
      ]}
      hasActs
    >
      <tbody>
        {cards.map((card) => (
          <tr key={card.id}>
            <td>
              <Link to="/requests" search={{ tenant: card.id }}>
                <Inert text={card.id} />
              </Link>
            </td>
            <td className="end num">{toMoney(card.usage.day.spent.microUnits)}</td>
            <td className="end num">{toMoney(card.usage.month.spent.microUnits)}</td>
            <td className="end num">{toShort(card.usage.month.spent.tokens)}</td>
            <td className="wrap">
              <LimitWords limits={card.limits} />
            </td>
            <td>
              <span className="tone" data-tone={card.state === 'active' ? 'allow' : 'block'}>
                {card.state}
              </span>
            </td>
            <td className="end">{canChange && <Acts card={card} onAct={onAct} />}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

const Acts = ({ card, onAct }: { readonly card: TenantCard; readonly onAct: (over: Over) => void }) => (
  <>
    <Button kind="quiet" onClick={() => onAct({ kind: 'limit', card })}>
      Limits
    </Button>
    <Button kind="quiet" onClick={() => onAct({ kind: card.state === 'active' ? 'suspend' : 'resume', card })}>
      {card.state === 'active' ? 'Suspend' : 'Let in'}
    </Button>
  </>
);
