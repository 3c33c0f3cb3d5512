// Every page and what may stand in its address. An address is all that is needed to show somebody what one sees.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, retainSearchParams } from '@tanstack/react-router';
import { parseFilters, parseScope } from './api/filters.ts';
import { Home } from './shell/home.tsx';
import { NotFound } from './shell/not-found.tsx';
import { PageFailure } from './shell/page-failure.tsx';
import { Root } from './shell/root.tsx';
import { Waiting } from './parts/states.tsx';

type Search = Readonly<Record<string, unknown>>;

const root = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  validateSearch: (search: Search) => parseScope(search),
  search: { middlewares: [retainSearchParams(['since', 'from', 'to', 'tenant'])] },
});

const parent = { getParentRoute: () => root };

const textOf = (search: Search, name: string): string | undefined => {
  const value = search[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** A choice in the address; anything else is the first one, which is not written there. */
const choiceOf = <Value extends string>(search: Search, name: string, values: readonly Value[]): Value | undefined =>
  values.find((value) => value === search[name]);

export const homeRoute = createRoute({
  ...parent,
  path: '/',
  component: Home,
});
export const welcomeRoute = createRoute({
  ...parent,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./pages/welcome.tsx'), 'WelcomePage'),
});
export const liveRoute = createRoute({
  ...parent,
  path: '/live',
  validateSearch: (search: Search) => parseFilters(search),
  component: lazyRouteComponent(() => import('./pages/live.tsx'), 'LivePage'),
});
export const requestsRoute = createRoute({
  ...parent,
  path: '/requests',
  validateSearch: (search: Search) => parseFilters(search),
  component: lazyRouteComponent(() => import('./pages/requests.tsx'), 'RequestsPage'),
});
export const requestRoute = createRoute({
  ...parent,
  path: '/requests/$id',
  component: lazyRouteComponent(() => import('./pages/request.tsx'), 'RequestPage'),
});
export const findingsRoute = createRoute({
  ...parent,
  path: '/findings',
  validateSearch: (search: Search) => {
    const tab = choiceOf(search, 'tab', ['accepted']);
    const rule = textOf(search, 'rule');
    return { ...(tab === undefined ? {} : { tab }), ...(rule === undefined ? {} : { rule }) };
  },
  component: lazyRouteComponent(() => import('./pages/findings.tsx'), 'FindingsPage'),
});
export const accessRoute = createRoute({
  ...parent,
  path: '/access',
  validateSearch: (search: Search) => {
    const tab = choiceOf(search, 'tab', ['tenants', 'budgets']);
    return tab === undefined ? {} : { tab };
  },
  component: lazyRouteComponent(() => import('./pages/access.tsx'), 'AccessPage'),
});
export const policyRoute = createRoute({
  ...parent,
  path: '/policy',
  validateSearch: (search: Search) => {
    const tab = choiceOf(search, 'tab', ['diff', 'replay', 'candidate']);
    return tab === undefined ? {} : { tab };
  },
  component: lazyRouteComponent(() => import('./pages/policy.tsx'), 'PolicyPage'),
});
export const killRoute = createRoute({
  ...parent,
  path: '/kill',
  validateSearch: (search: Search) => {
    const scope = choiceOf(search, 'scope', ['everything', 'upstream', 'model', 'tenant', 'key']);
    const subject = textOf(search, 'subject');
    return { ...(scope === undefined ? {} : { scope }), ...(subject === undefined ? {} : { subject }) };
  },
  component: lazyRouteComponent(() => import('./pages/kill.tsx'), 'KillPage'),
});
export const ledgerRoute = createRoute({
  ...parent,
  path: '/ledger',
  validateSearch: (search: Search) => {
    const record = textOf(search, 'record');
    return record !== undefined && /^\d{1,15}$/.test(record) ? { record } : {};
  },
  component: lazyRouteComponent(() => import('./pages/ledger.tsx'), 'LedgerPage'),
});
export const playgroundRoute = createRoute({
  ...parent,
  path: '/playground',
  component: lazyRouteComponent(() => import('./pages/playground.tsx'), 'PlaygroundPage'),
});
export const healthRoute = createRoute({
  ...parent,
  path: '/health',
  component: lazyRouteComponent(() => import('./pages/health.tsx'), 'HealthPage'),
});

const routeTree = root.addChildren([
  homeRoute,
  welcomeRoute,
  liveRoute,
  requestsRoute,
  requestRoute,
  findingsRoute,
  accessRoute,
  policyRoute,
  killRoute,
  ledgerRoute,
  playgroundRoute,
  healthRoute,
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  defaultErrorComponent: PageFailure,
  // Text stays text: with JSON in addresses a key id such as 12e4 would become a number.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, String(value)]]));
    return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
