// Who may do how much: keys, tenants, budgets.
import { useSearch } from '@tanstack/react-router';
import { PageHead, Tabs } from '../parts/page.tsx';
import { Budgets } from './budgets.tsx';
import { Keys } from './keys.tsx';
import { Tenants } from './tenants.tsx';

const TABS = [
  [undefined, 'Keys'],
  ['tenants', 'Tenants'],
  ['budgets', 'Budgets'],
] as const;

export function AccessPage() {
  const { tab, tenant } = useSearch({ from: '/access' });
  return (
    <div className="page">
      <PageHead title="Keys and budgets" />
      <Tabs label="Keys and budgets" tabs={TABS} />
      {tab === undefined && <Keys tenant={tenant} />}
      {tab === 'tenants' && <Tenants tenant={tenant} />}
      {tab === 'budgets' && <Budgets tenant={tenant} />}
    </div>
  );
}
