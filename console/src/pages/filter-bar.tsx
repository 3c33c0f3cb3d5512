// Filters as chips: what narrows the list is always seen, and goes with one press.
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent, type ReactNode } from 'react';
import { VERDICTS, type RequestFilters } from '../api/filters.ts';
import { Shape, toneOf, verdictWord } from '../parts/marks.tsx';
import { Icon } from '../parts/icons.tsx';
import { Inert } from '../parts/text.tsx';

type Name = Exclude<keyof RequestFilters, 'since' | 'from' | 'to' | 'tenant' | 'order'>;

const NAMES: Readonly<Record<Name, string>> = {
  verdict: 'Verdict',
  model: 'Model',
  rule: 'Rule',
  class: 'Class',
  family: 'Family',
  severity: 'Severity',
  status: 'Status',
  key: 'Key',
  route: 'Route',
  upstream: 'Upstream',
  q: 'Id begins with',
  streamed: 'Streamed',
  minMs: 'At least ms',
};

const isName = (text: string): text is Name => Object.hasOwn(NAMES, text);

/** Changes one filter of the address; undefined takes it away. */
export function useFilter(): (name: string, value: string | undefined) => void {
  const navigate = useNavigate();
  return (name, value) => void navigate({ to: '.', search: (before) => ({ ...before, [name]: value }), replace: true });
}

export function FilterBar({ filters, children }: { readonly filters: RequestFilters; readonly children?: ReactNode }) {
  const set = useFilter();
  return (
    <div className="filters">
      <fieldset className="verdict-chips">
        <legend className="sr">Verdict</legend>
        {VERDICTS.map((verdict) => (
          <button
            key={verdict}
            type="button"
            className="chip"
            data-tone={toneOf(verdict)}
            aria-pressed={filters.verdict === verdict}
            onClick={() => set('verdict', filters.verdict === verdict ? undefined : verdict)}
          >
            <Shape tone={toneOf(verdict)} />
            {verdictWord(verdict)}
          </button>
        ))}
      </fieldset>
      <AddFilter onAdd={set} />
      {children}
      <Applied filters={filters} onRemove={(name) => set(name, undefined)} />
    </div>
  );
}

function Applied({ filters, onRemove }: { readonly filters: RequestFilters; readonly onRemove: (name: string) => void }) {
  const applied = Object.entries(filters).flatMap(([name, value]) =>
    isName(name) && name !== 'verdict' && value !== undefined ? [[name, String(value)] as const] : [],
  );
  if (applied.length === 0) return null;
  return (
    <ul className="applied" aria-label="Filters">
      {applied.map(([name, value]) => (
        <li key={name}>
          <button type="button" className="chip" aria-pressed="true" onClick={() => onRemove(name)}>
            <span className="sr">Remove the filter </span>
            <span className="chip-name">{NAMES[name]}</span>
            <Inert text={value} />
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Typed as `model:gpt-4o` or `rule:injection.*`; a text without a name is the beginning of an id. */
function AddFilter({ onAdd }: { readonly onAdd: (name: string, value: string) => void }) {
  const [text, setText] = useState('');
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const [, name = '', value = ''] = /^(\w+):\s*(.+)$/.exec(text.trim()) ?? [];
    if (value !== '' && (isName(name) || name === 'tenant')) onAdd(name, value);
    else if (text.trim() !== '') onAdd('q', text.trim());
    setText('');
  };
  return (
    <form onSubmit={onSubmit} className="filter-add" role="search">
      <Icon name="filter" />
      <input
        data-filter
        aria-label="Add a filter, such as model:demo, rule:injection.*, minMs:500, or the beginning of a request id"
        placeholder="model:demo  rule:injection.*  req_…"
        value={text}
        onChange={(event) => setText(event.target.value)}
        list="filter-names"
        spellCheck={false}
        autoCapitalize="none"
      />
      <datalist id="filter-names">
        {Object.keys(NAMES)
          .filter((name) => name !== 'q')
          .map((name) => (
            <option key={name} value={`${name}:`} />
          ))}
      </datalist>
    </form>
  );
}
