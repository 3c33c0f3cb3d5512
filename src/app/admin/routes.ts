// The table of the admin API. docs/admin-api.md is made from it.
import type { ApiRoute, OpenRoute } from './api-route.ts';
import { ACCEPTANCE_ROUTES } from './routes/acceptances.ts';
import { openApi } from './openapi.ts';
import { BUDGET_ROUTES } from './routes/budgets.ts';
import { HEALTH_ROUTES } from './routes/health.ts';
import { KEY_ROUTES } from './routes/keys.ts';
import { KILL_ROUTES } from './routes/kill.ts';
import { LEDGER_ROUTES } from './routes/ledger.ts';
import { POLICY_ROUTES } from './routes/policy.ts';
import { RECORD_ROUTES } from './routes/records.ts';
import { REQUEST_ROUTES } from './routes/requests.ts';
import { TENANT_ROUTES } from './routes/tenants.ts';
import { SESSION_ROUTES } from './session/session-routes.ts';

/** What needs no role. */
export const OPEN_ROUTES: readonly OpenRoute[] = [
  ...SESSION_ROUTES,
  {
    method: 'GET',
    path: '/api/openapi.json',
    about: 'This API as OpenAPI 3.1.',
    body: undefined,
    handle: async () => ({ body: openApi([...OPEN_ROUTES, ...API_ROUTES]) }),
  },
];

export const API_ROUTES: readonly ApiRoute[] = [
  ...KEY_ROUTES,
  ...TENANT_ROUTES,
  ...KILL_ROUTES,
  // Before the one that takes any id.
  ...REQUEST_ROUTES,
  ...RECORD_ROUTES,
  ...ACCEPTANCE_ROUTES,
  ...POLICY_ROUTES,
  ...LEDGER_ROUTES,
  ...BUDGET_ROUTES,
  ...HEALTH_ROUTES,
];
