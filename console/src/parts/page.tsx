// The head of a page, its tabs, and panels on it.
import { Link } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import { changed } from '../shell/search.ts';

interface PageHeadProps {
  readonly title: string;
  readonly about?: ReactNode;
  readonly children?: ReactNode;
}

export function PageHead({ title, about, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title} · Sallyport`;
  }, [title]);
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {about !== undefined && <p className="soft">{about}</p>}
      </div>
      {children !== undefined && <div className="page-acts">{children}</div>}
    </header>
  );
}

type Tab = 'accepted' | 'tenants' | 'budgets' | 'diff' | 'replay' | 'candidate' | undefined;

interface TabsProps {
  readonly label: string;
  /** The tab of the first has no name in the address. */
  readonly tabs: readonly (readonly [tab: Tab, text: ReactNode])[];
}

/** A tab without a name in the address is not the current one where another is named. */
const EXACT = { exact: true, includeSearch: true };

/** Tabs are links: each has an address. */
export const Tabs = ({ label, tabs }: TabsProps) => (
  <nav className="tabs" aria-label={label}>
    {tabs.map(([tab, text]) => (
      <Link key={tab ?? ''} to="." search={(before) => changed(before, { tab })} activeOptions={EXACT}>
        {text}
      </Link>
    ))}
  </nav>
);

interface PanelProps {
  readonly title: ReactNode;
  readonly acts?: ReactNode;
  readonly children: ReactNode;
}

export const Panel = ({ title, acts, children }: PanelProps) => (
  <section className="panel">
    <header className="panel-head">
      <h2>{title}</h2>
      {acts}
    </header>
    {children}
  </section>
);

/** Names and values, one a line. */
export const Facts = ({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }) => (
  <dl className="facts">
    {rows.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A number that matters, with its name. */
export const Figure = ({ name, value, note }: { readonly name: string; readonly value: ReactNode; readonly note?: ReactNode }) => (
  <div className="figure">
    <dt>{name}</dt>
    <dd>{value}</dd>
    {note !== undefined && <dd className="figure-note">{note}</dd>}
  </div>
);
