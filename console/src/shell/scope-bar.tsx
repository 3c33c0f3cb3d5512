// Time and tenant of everything that is shown. Both stand in the address.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { isSpan, SPAN_DEFAULT, SPANS } from '../api/filters.ts';
import { useTenants } from '../api/queries.ts';
import { toClock } from '../parts/format.ts';
import { toPlain } from '../parts/unseen.ts';
import { isGlobal, usePrincipal } from './principal.ts';
import { changed } from './search.ts';

export function ScopeBar() {
  return (
    <div className="scope-bar">
      {isGlobal(usePrincipal()) && <TenantChoice />}
      <TimeChoice />
    </div>
  );
}

function TenantChoice() {
  const { tenant = '' } = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const { data } = useTenants();
  const known = data?.tenants.map(({ id }) => id) ?? [];
  const options = tenant === '' || known.includes(tenant) ? known : [tenant, ...known];
  return (
    <select
      className="select"
      aria-label="Tenant"
      value={tenant}
      onChange={({ target: { value } }) =>
        void navigate({ to: '.', search: (before) => changed(before, { tenant: value === '' ? undefined : value }) })
      }
    >
      <option value="">All tenants</option>
      {options.map((id) => (
        <option key={id} value={id}>
          {toPlain(id)}
        </option>
      ))}
    </select>
  );
}

const WORDS: Readonly<Record<string, string>> = {
  '5m': 'Last 5 minutes',
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
};

function TimeChoice() {
  const { since, from, to } = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const isFixed = from !== undefined && to !== undefined;
  const choose = (value: string): void => {
    if (!isSpan(value)) return;
    void navigate({
      to: '.',
      search: (before) => changed(before, { from: undefined, to: undefined, since: value === SPAN_DEFAULT ? undefined : value }),
    });
  };
  return (
    <select
      className="select"
      aria-label="Time"
      value={isFixed ? 'fixed' : (since ?? SPAN_DEFAULT)}
      onChange={({ target: { value } }) => choose(value)}
    >
      {isFixed && <option value="fixed">{`${toClock(from, Date.now())} to ${toClock(to, Date.now())}`}</option>}
      {Object.keys(SPANS).map((span) => (
        <option key={span} value={span}>
          {WORDS[span]}
        </option>
      ))}
    </select>
  );
}
