// Find or do anything: pages, a request by its id, a record by its number, tenants, the theme.
import { CommandEmpty, CommandGroup, CommandInput, CommandItem, CommandList, CommandRoot } from 'cmdk';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react';
import { VERDICTS } from '../api/filters.ts';
import { useTenants } from '../api/queries.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { verdictWord } from '../parts/marks.tsx';
import { toPlain } from '../parts/unseen.ts';
import { useSignOut } from './menu.tsx';
import { PAGES } from './pages-of.ts';
import { setTheme, THEMES } from './theme.ts';

interface PaletteProps {
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}

export function Palette({ onClose, onShortcuts }: PaletteProps) {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { data } = useTenants();
  const root = useRef<HTMLDivElement>(null);
  useActiveItem(root, text);
  const then = (act: () => unknown) => () => {
    onClose();
    void act();
  };
  return (
    <Dialog title="Find or do" kind="palette" onClose={onClose}>
      <CommandRoot ref={root} label="Find or do" className="palette">
        <CommandInput data-first value={text} onValueChange={setText} placeholder="A page, a request id, a record number, a tenant…" />
        <CommandList>
          <CommandEmpty>Nothing of that name.</CommandEmpty>
          <Jump text={text} then={then} />
          <CommandGroup heading="Go to">
            {PAGES.map(({ to, label, icon, key, about }) => (
              <Item key={to} icon={icon} value={label} onSelect={then(() => navigate({ to }))}>
                {label}
                <small>{about}</small>
                <span className="palette-keys">
                  <kbd>g</kbd>
                  <kbd>{key}</kbd>
                </span>
              </Item>
            ))}
          </CommandGroup>
          <CommandGroup heading="Show requests">
            {VERDICTS.map((verdict) => (
              <Item
                key={verdict}
                icon="requests"
                value={`requests ${verdict} ${verdictWord(verdict)}`}
                onSelect={then(() => navigate({ to: '/requests', search: { verdict } }))}
              >
                {verdictWord(verdict)} requests
              </Item>
            ))}
            {data?.tenants.map(({ id }) => (
              <Item
                key={id}
                icon="filter"
                value={`tenant ${id}`}
                onSelect={then(() => navigate({ to: '/requests', search: { tenant: id } }))}
              >
                Requests of tenant {toPlain(id)}
              </Item>
            ))}
          </CommandGroup>
          <CommandGroup heading="Do">
            {THEMES.map((theme) => (
              <Item
                key={theme}
                icon={theme === 'dark' ? 'moon' : theme === 'light' ? 'sun' : 'system'}
                value={`theme ${theme}`}
                onSelect={then(() => setTheme(theme))}
              >
                Theme: {theme}
              </Item>
            ))}
            <Item
              icon="kill"
              value="stop kill everything"
              onSelect={then(() => navigate({ to: '/kill', search: { scope: 'everything' } }))}
            >
              Stop everything…
            </Item>
            <Item icon="menu" value="keys shortcuts help" onSelect={onShortcuts}>
              Show the keys
            </Item>
            <Item icon="out" value="sign out" onSelect={then(signOut)}>
              Sign out
            </Item>
          </CommandGroup>
        </CommandList>
      </CommandRoot>
    </Dialog>
  );
}

/** The list names its selected item one step late while somebody types; a screen reader would be sent to an item that is gone. */
function useActiveItem(root: RefObject<HTMLElement | null>, text: string): void {
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      const item = root.current?.querySelector('[cmdk-item][aria-selected="true"]');
      for (const one of root.current?.querySelectorAll('[cmdk-input], [cmdk-list]') ?? []) {
        if (item === null || item === undefined) one.removeAttribute('aria-activedescendant');
        else one.setAttribute('aria-activedescendant', item.id);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [root, text]);
}

interface ItemProps {
  readonly icon: IconName;
  readonly value: string;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

const Item = ({ icon, value, onSelect, children }: ItemProps) => (
  <CommandItem value={value} onSelect={onSelect}>
    <Icon name={icon} />
    {children}
  </CommandItem>
);

/** What the text itself names. */
function Jump({ text, then }: { readonly text: string; readonly then: (act: () => unknown) => () => void }) {
  const navigate = useNavigate();
  const name = text.trim();
  if (/^req_[\w-]{4,}$/.test(name)) {
    return (
      <Item icon="right" value={text} onSelect={then(() => navigate({ to: '/requests/$id', params: { id: name } }))}>
        Open request {name}
      </Item>
    );
  }
  if (!/^\d{1,15}$/.test(name)) return null;
  return (
    <Item icon="ledger" value={text} onSelect={then(() => navigate({ to: '/ledger', search: { record: name } }))}>
      Prove record {name}
    </Item>
  );
}
