// The frame around every page: menu, time, tenant, what is stopped, and the keys that reach all of it.
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useKills } from '../api/queries.ts';
import type { Session } from '../api/types.ts';
import { IconButton } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icons.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { Mark } from './mark.tsx';
import { Menu } from './menu.tsx';
import { PAGES } from './pages-of.ts';
import { Palette } from './palette.tsx';
import { ScopeBar } from './scope-bar.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { isTyping } from './typing.ts';

type Over = 'palette' | 'shortcuts' | 'menu';

export function Frame({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  const [over, setOver] = useState<Over>();
  const close = (): void => setOver(undefined);
  useFrameKeys(setOver);
  return (
    <div className="frame">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <aside className="side">
        <Menu session={session} />
      </aside>
      <div className="main">
        <header className="top">
          <IconButton icon="menu" label="Menu" className="only-narrow" onClick={() => setOver('menu')} />
          <Link to="/live" className="only-narrow top-mark" aria-label="Sallyport, live">
            <Mark />
          </Link>
          <button type="button" className="find" onClick={() => setOver('palette')}>
            <Icon name="search" />
            <span>Find or do…</span>
            <kbd>{isMac() ? '⌘' : 'Ctrl'} K</kbd>
          </button>
          <ScopeBar />
        </header>
        <section aria-label="Stop orders">
          <Stops />
        </section>
        <main id="page" tabIndex={-1}>
          {children}
        </main>
      </div>
      {over === 'palette' && <Palette onClose={close} onShortcuts={() => setOver('shortcuts')} />}
      {over === 'shortcuts' && <Shortcuts onClose={close} />}
      {over === 'menu' && (
        <Dialog title="Menu" kind="drawer" onClose={close}>
          {/* Closes after a link inside was followed */}
          <div onClick={(event) => event.target instanceof Element && event.target.closest('a') !== null && close()}>
            <Menu session={session} />
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** What stands still is said on every page. */
function Stops() {
  const { data } = useKills();
  if (data === undefined) return null;
  const [first] = data.standing;
  if (data.state === 'untrusted') {
    return (
      <Link to="/kill" className="stops">
        <Icon name="kill" />
        <span>Everything is stopped: the record of stop orders cannot be trusted.</span>
      </Link>
    );
  }
  if (first === undefined) return null;
  return (
    <Link to="/kill" className="stops">
      <Icon name="kill" />
      <span>
        Stopped: {first.scope} <Inert text={first.subject} />, <Ago at={first.atMs} />
        {data.standing.length > 1 && `, and ${data.standing.length - 1} more`}
      </span>
    </Link>
  );
}

const isMac = (): boolean => navigator.platform.startsWith('Mac');
/** How long after g the second key may come. */
const CHORD_MS = 1_200;

function useFrameKeys(setOver: (over: Over) => void): void {
  const navigate = useNavigate();
  const chordUntil = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOver('palette');
        return;
      }
      if (isTyping(event)) return;
      const page = Date.now() < chordUntil.current ? PAGES.find(({ key }) => key === event.key) : undefined;
      chordUntil.current = event.key === 'g' ? Date.now() + CHORD_MS : 0;
      if (page !== undefined) {
        event.preventDefault();
        void navigate({ to: page.to });
      } else if (event.key === '?') setOver('shortcuts');
      else if (event.key === '/') focusFilter(event, setOver);
    };
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [navigate, setOver]);
}

/** The filter of the page, or the palette where a page has none. */
function focusFilter(event: KeyboardEvent, setOver: (over: Over) => void): void {
  event.preventDefault();
  const filter = document.querySelector<HTMLElement>('[data-filter]');
  if (filter === null) setOver('palette');
  else filter.focus();
}
