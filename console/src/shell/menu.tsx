// The pages, who has signed in, and the theme.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { remove } from '../api/client.ts';
import type { Session } from '../api/types.ts';
import { IconButton } from '../parts/controls.tsx';
import { Icon } from '../parts/icons.tsx';
import { Inert } from '../parts/text.tsx';
import { Mark } from './mark.tsx';
import { GROUPS, PAGES } from './pages-of.ts';
import { usePrincipal } from './principal.ts';
import { nextTheme, setTheme, useTheme } from './theme.ts';

const THEME_ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

export function Menu({ session }: { readonly session: Session }) {
  return (
    <div className="menu">
      <Link to="/live" className="brand">
        <Mark />
        <span>Sallyport</span>
        <small>{session.version}</small>
      </Link>
      <nav aria-label="Pages">
        {GROUPS.map((group) => (
          <ul key={group} aria-label={group}>
            {PAGES.filter((page) => page.group === group).map(({ to, label, icon }) => (
              <li key={to}>
                <Link to={to} className="menu-link" activeOptions={{ includeSearch: false }}>
                  <Icon name={icon} />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        ))}
      </nav>
      <Who />
    </div>
  );
}

function Who() {
  const principal = usePrincipal();
  const theme = useTheme();
  const signOut = useSignOut();
  const where = principal.scope === 'global' ? 'all tenants' : (principal.tenant ?? '');
  return (
    <div className="who">
      <p>
        <strong>
          <Inert text={principal.label === '' ? principal.role : principal.label} />
        </strong>
        <small>
          {principal.role}, <Inert text={where} />
        </small>
      </p>
      <IconButton icon={THEME_ICONS[theme]} label={`Theme: ${theme}. Change it`} onClick={() => setTheme(nextTheme(theme))} />
      <IconButton icon="out" label="Sign out" onClick={signOut} />
    </div>
  );
}

export function useSignOut(): () => void {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: () => remove('/api/session'),
    onSettled: async () => {
      // Nothing of one person's view stays for the next.
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      await client.invalidateQueries({ queryKey: ['session'] });
    },
  });
  return () => mutate();
}
