// Keys: made, shown once, limited, revoked.
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useKeys, useRefresh } from '../api/queries.ts';
import type { KeyCard } from '../api/types.ts';
import { ActDialog } from '../parts/act-dialog.tsx';
import { Button } from '../parts/controls.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Table } from '../parts/table.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { useNow } from '../parts/use-now.ts';
import { mayOperate, usePrincipal } from '../shell/principal.ts';
import { KeyDialog } from './key-dialog.tsx';
import { LimitsDialog } from './limits-dialog.tsx';
import { LimitWords } from './limit-words.tsx';

type Over = { readonly kind: 'make' } | { readonly kind: 'revoke' | 'limit'; readonly card: KeyCard };

export function Keys({ tenant }: { readonly tenant: string | undefined }) {
  const keys = useKeys(tenant);
  const [over, setOver] = useState<Over>();
  const refresh = useRefresh();
  const canChange = mayOperate(usePrincipal());
  const close = (): void => setOver(undefined);
  const done = (): void => {
    void refresh('keys', 'tenants', 'budgets');
    close();
  };
  return (
    <>
      {canChange && (
        <div className="bar-acts">
          <Button kind="main" icon="plus" onClick={() => setOver({ kind: 'make' })}>
            Make a key
          </Button>
        </div>
      )}
      <Answer of={keys} what="Keys could not be read">
        {({ keys: cards }) =>
          cards.length === 0 ? (
            <Empty title="No keys yet">
              <p>A key names who calls, and how much they may spend.</p>
            </Empty>
          ) : (
            <KeyTable cards={cards} onAct={canChange ? setOver : undefined} />
          )
        }
      </Answer>
      {over?.kind === 'make' && <KeyDialog tenant={tenant} onClose={done} />}
      {over?.kind === 'limit' && (
        <LimitsDialog
          title={`Limits of key ${over.card.id}`}
          path={`/api/keys/${over.card.id}/limits`}
          limits={over.card.limits}
          onDone={done}
          onClose={close}
        />
      )}
      {over?.kind === 'revoke' && (
        <ActDialog
          title={`Revoke key ${over.card.id}`}
          act="Revoke for good"
          kind="danger"
          onAct={(reason) => post(`/api/keys/${over.card.id}/revoke`, { reason })}
          onDone={done}
          onClose={close}
        >
          <p>Its requests under way are cut, streams included. A revoked key never works again.</p>
        </ActDialog>
      )}
    </>
  );
}

interface KeyTableProps {
  readonly cards: readonly KeyCard[];
  readonly onAct: ((over: Over) => void) | undefined;
}

function KeyTable({ cards, onAct }: KeyTableProps) {
  const sorted = cards.toSorted((left, right) => Number(left.revokedAtMs !== null) - Number(right.revokedAtMs !== null));
  return (
    <Table columns={['Key', 'Tenant', 'Role', 'Limits', 'Made', 'State']} hasActs>
      <tbody>
        {sorted.map((card) => (
          <KeyRow key={card.id} card={card} onAct={onAct} />
        ))}
      </tbody>
    </Table>
  );
}

function KeyRow({ card, onAct }: { readonly card: KeyCard; readonly onAct: KeyTableProps['onAct'] }) {
  const isOver = card.revokedAtMs !== null;
  return (
    <tr data-off={isOver}>
      <td>
        <Link to="/requests" search={{ key: card.id }}>
          <Inert text={card.id} mono />
        </Link>
        {card.label !== '' && (
          <small className="under">
            <Inert text={card.label} />
          </small>
        )}
      </td>
      <td>
        <Inert text={card.tenant} />
      </td>
      <td>
        {card.role}
        {card.scope === 'global' && <small className="under">all tenants</small>}
      </td>
      <td className="wrap">
        <LimitWords limits={card.limits} />
      </td>
      <td>
        <Ago at={card.createdAtMs} />
      </td>
      <td>
        <State card={card} />
      </td>
      <td className="end">
        {onAct !== undefined && !isOver && (
          <>
            <Button kind="quiet" onClick={() => onAct({ kind: 'limit', card })} aria-label={`Limits of key ${card.id}`}>
              Limits
            </Button>
            <Button kind="quiet" onClick={() => onAct({ kind: 'revoke', card })} aria-label={`Revoke key ${card.id}`}>
              Revoke
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}

function State({ card: { revokedAtMs, expiresAtMs } }: { readonly card: KeyCard }) {
  const now = useNow();
  if (revokedAtMs !== null) {
    return (
      <>
        revoked <Ago at={revokedAtMs} />
      </>
    );
  }
  if (expiresAtMs === null)
    return (
      <span className="tone" data-tone="allow">
        active
      </span>
    );
  return (
    <span className="tone" data-tone={expiresAtMs <= now ? 'none' : 'allow'}>
      {expiresAtMs <= now ? 'ended ' : 'ends '}
      <Ago at={expiresAtMs} />
    </span>
  );
}
