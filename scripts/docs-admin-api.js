// Writes docs/admin-api.md from the table of routes. With --check it only tells whether the page is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { API_ROUTES, OPEN_ROUTES } from '../src/app/admin/routes.ts';

const path = join(import.meta.dirname, '..', 'docs', 'admin-api.md');

const kindOf = (node) => {
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) return choices.map(kindOf).join(' or ');
  if (node.enum !== undefined) return node.enum.join(', ');
  if (node.type === 'object' && node.properties !== undefined) return membersOf(node);
  return node.type === 'integer' ? 'whole number' : (node.type ?? 'anything');
};

function membersOf(node) {
  const required = new Set(node.required);
  const members = Object.entries(node.properties).map(([name, member]) => `${name}${required.has(name) ? '' : '?'}: ${kindOf(member)}`);
  return `{ ${members.join('; ')} }`;
}

const bodyOf = (route) =>
  route.body === undefined ? '' : `\`${kindOf(z.toJSONSchema(route.body, { io: 'input' })).replaceAll('|', '\\|')}\``;

const queryOf = (route) =>
  route.query === undefined
    ? ''
    : `query: ${Object.keys(route.query.shape)
        .map((name) => `\`${name}\``)
        .join(', ')}`;

const takes = (route) => bodyOf(route) || queryOf(route) || '–';

const REACH = { global: 'global keys only', tenant: 'own tenant' };

const rows = [...OPEN_ROUTES, ...API_ROUTES].map((route) => {
  const roles = 'roles' in route ? route.roles.join(', ') : 'anyone';
  return `| \`${route.method} ${route.path}\` | ${roles} | ${REACH[route.reach] ?? '–'} | ${takes(route)} | ${route.about} |`;
});

const page = `# Admin API

A listener of its own: \`admin.listen\`, by default 127.0.0.1 and the port after the data port. Beyond loopback it starts with TLS alone. This
page is made by \`node scripts/docs-admin-api.js\` from the table that serves the API.

## For machines, without a key

| | |
| --- | --- |
| \`GET /healthz\` | 200 while the process lives |
| \`GET /readyz\` | 200, or 503 with \`reasons\`: the ledger cannot record, the kill orders cannot be trusted, shutting down |
| \`GET /metrics\` | Prometheus; labels never come from callers, and name no tenant |

## Keys and roles

Send \`Authorization: Bearer KEY\`. \`SALLYPORT_ADMIN_KEY\` presets the first key; otherwise one is made at the first start, shown once on a
terminal or written to \`admin.key\` (mode 0600) in the data directory. Lost? \`sallyport keys recover-admin\` on the machine.

- **operator** does everything, **approver** stops things and judges false alarms, **auditor** reads. Keys with the role *caller* open
  the data plane and nothing here.
- A **global** key reaches every tenant; \`?tenant=NAME\` narrows it. A **tenant** key sees and touches its own tenant: another one's keys
  and requests are not there for it. It can stop its tenant and its keys, and lift what keys of the same tenant ordered.
- Every change is in the ledger with who made it. \`isRecorded: false\` in an answer says that the change is in force and that the ledger
  cannot record just now; the record follows by itself.

\`\`\`sh
curl -s http://127.0.0.1:8788/api/keys -H "authorization: Bearer $(cat sallyport-data/admin.key)"
\`\`\`

## Routes

A question mark marks what may be left out. Times are Unix milliseconds, money micro-units (1,000,000 is one US dollar).

| | who | reach | body or query | |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

## Lists, changes, and what is machine-readable

- \`GET /api/openapi.json\` is this table as OpenAPI 3.1, made from the schemas that check what comes in. It needs no key.
- Lists answer \`{ items, nextCursor }\`: send \`cursor=\` with what \`nextCursor\` said, until it is null. Parameters that a list does not know are
  refused. What begins with \`/api/requests\` and \`/api/live\`, and \`/api/budgets\`, come from the index ([console](console.md)), and say with
  \`behind\` how many durable records it has not read yet.
- Send \`Idempotency-Key\` with a change, and the same key within 24 hours gets the same answer and makes no second change
  (\`idempotency-replayed: true\`); with another body it is 422. Answers are remembered in memory, by caller; a restart forgets them. What
  auditors may call changes nothing, and is answered anew each time.
- A browser signs in with \`POST /api/session\` or OpenID Connect ([oidc](oidc.md)) and is known by a cookie then. What a cookie vouches for
  needs the headers \`Origin\` of this listener and \`x-sallyport-console: 1\`.

## Errors

Problem details (RFC 9457, \`application/problem+json\`): \`type\`, \`title\`, \`status\`, \`detail\`, and \`code\`, \`fix\` (the way out) and, for a
body that is refused, \`pointer\` (RFC 6901). Requests need a Host of this listener; a browser's need its own Origin, port included, and
no cross-site \`Sec-Fetch-Site\`. Bodies are \`application/json\`, at most 256 KiB, each member once.
`;

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== page) {
    console.error('docs/admin-api.md is not what the routes say. Run: node scripts/docs-admin-api.js');
    process.exit(1);
  }
  console.log('docs/admin-api.md is current.');
} else {
  writeFileSync(path, page);
}
