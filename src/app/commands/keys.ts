// `sallyport keys`: works on the data directory, beside a running gateway or without one; a gateway sees it within a second.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { openKeyStore } from '../../access/open-access.ts';
import type { KeyCard, KeyStore } from '../../access/keys/key-store.ts';
import { parseLimits, toMicroUnits, type Limits } from '../../access/keys/limits.ts';
import type { Role } from '../../access/keys/caller.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { openState } from '../../io/state/open-state.ts';
import { statePlace } from '../serve/state-place.ts';
import { appFault } from '../faults.ts';
import { currentUser } from './current-user.ts';
import { print, printJson, showTime, table } from './printing.ts';

interface CreateOptions {
  readonly data: string;
  readonly tenant: string;
  readonly role: string;
  readonly global?: boolean;
  readonly label?: string;
  readonly perMinute?: string;
  readonly concurrent?: string;
  readonly budgetDay?: string;
  readonly budgetMonth?: string;
  readonly tokensDay?: string;
  readonly tokensMonth?: string;
  readonly models?: string;
  readonly expiresInDays?: string;
  readonly json?: boolean;
}

const DAY_MS = 86_400_000;

export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke keys');
  keys
    .command('create')
    .description('make a key; it is shown once')
    .requiredOption('--tenant <name>', 'whose key it is')
    .option('--role <role>', 'caller (data plane), operator, approver or auditor (admin plane)', 'caller')
    .option('--global', 'an admin key for all tenants')
    .option('--label <text>', 'a note for listings')
    .option('--per-minute <n>', 'requests a minute')
    .option('--concurrent <n>', 'requests at a time (at each replica)')
    .option('--budget-day <usd>', 'US dollars a day (UTC)')
    .option('--budget-month <usd>', 'US dollars a month (UTC)')
    .option('--tokens-day <n>', 'tokens a day (UTC)')
    .option('--tokens-month <n>', 'tokens a month (UTC)')
    .option('--models <names>', 'models it may ask for, comma-separated; a name may end in *')
    .option('--expires-in-days <n>', 'days until it ends')
    .option('--data <dir>', 'data directory', 'sallyport-data')
    .option('--json', 'print {"key","id"}')
    .action((options: CreateOptions) => withStore(options.data, (store) => create(store, options)));
  keys
    .command('list')
    .option('--tenant <name>', 'only this tenant')
    .option('--data <dir>', 'data directory', 'sallyport-data')
    .option('--json', 'print JSON')
    .action((options: { readonly data: string; readonly tenant?: string; readonly json?: boolean }) =>
      withStore(options.data, (store) => list(store, options)),
    );
  keys
    .command('revoke <id>')
    .description('end a key at once, streams included')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--data <dir>', 'data directory', 'sallyport-data')
    .action((id: string, options: { readonly data: string; readonly reason: string }) =>
      withStore(options.data, async (store) => {
        await store.revokeKey(id, { who: currentUser(), reason: options.reason });
        print(`key ${id} is revoked`);
      }),
    );
  keys
    .command('recover-admin')
    .description('a new admin key for a lost one; needs this machine and this data directory')
    .option('--data <dir>', 'data directory', 'sallyport-data')
    .option('--json', 'print {"key","id"}')
    .action((options: { readonly data: string; readonly json?: boolean }) =>
      withStore(options.data, async (store) => show(await store.recoverAdminKey(currentUser()), options.json)),
    );
}

async function withStore(dataFolder: string, work: (store: KeyStore) => Promise<void>): Promise<void> {
  const folder = resolve(dataFolder);
  const state = await openState({ ...statePlace(folder), clock: systemClock });
  try {
    await work(openKeyStore({ state, dataFolder: folder, clock: systemClock, random: systemRandom }));
  } finally {
    await state.close();
  }
}

async function create(store: KeyStore, options: CreateOptions): Promise<void> {
  const days = options.expiresInDays;
  const made = await store.createKey({
    tenant: options.tenant,
    role: parseRole(options.role),
    scope: options.global === true ? 'global' : 'tenant',
    ...(options.label === undefined ? {} : { label: options.label }),
    limits: limitsOf(options),
    ...(days === undefined ? {} : { expiresAtMs: systemClock.nowMs() + numberOf('--expires-in-days', days) * DAY_MS }),
    who: currentUser(),
  });
  show(made, options.json);
}

function show(made: { readonly key: string; readonly id: string }, isJson = false): void {
  if (isJson) printJson({ key: made.key, id: made.id });
  else print(`${made.key}\n\nKey ${made.id}. It is not shown again; send it as "Authorization: Bearer" or "x-api-key".`);
}

async function list(store: KeyStore, options: { readonly tenant?: string; readonly json?: boolean }): Promise<void> {
  const cards = await store.listKeys(options.tenant);
  if (options.json === true) return printJson(cards);
  const rows = cards.map((card) => [
    card.id,
    card.tenant,
    `${card.role}, ${card.scope}`,
    stateOf(card),
    showTime(card.createdAtMs),
    card.label,
  ]);
  print(rows.length === 0 ? 'no keys' : table(['id', 'tenant', 'role', 'state', 'made', 'label'], rows));
}

function stateOf({ revokedAtMs, expiresAtMs }: KeyCard): string {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs !== null && expiresAtMs <= systemClock.nowMs() ? 'expired' : 'active';
}

function limitsOf(options: CreateOptions): Limits {
  const count = (name: string, value: string | undefined) => (value === undefined ? undefined : numberOf(name, value));
  const money = (name: string, value: string | undefined) => (value === undefined ? undefined : toMicroUnits(numberOf(name, value)));
  const limits = {
    perMinute: count('--per-minute', options.perMinute),
    concurrent: count('--concurrent', options.concurrent),
    microUnits: { day: money('--budget-day', options.budgetDay), month: money('--budget-month', options.budgetMonth) },
    tokens: { day: count('--tokens-day', options.tokensDay), month: count('--tokens-month', options.tokensMonth) },
    models: options.models?.split(',').map((name) => name.trim()),
  };
  // Absent limits must be absent, not undefined: JSON drops them.
  return parseLimits(JSON.parse(JSON.stringify(limits)));
}

function numberOf(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0 || value.trim() === '')
    throw appFault('bad_argument', { what: `${name} takes a number, not "${value}".`, fix: 'Write it like 100 or 2.50.' });
  return number;
}

function parseRole(role: string): Role {
  if (role === 'caller' || role === 'operator' || role === 'approver' || role === 'auditor') return role;
  throw appFault('bad_argument', { what: `There is no role "${role}".`, fix: 'Use caller, operator, approver or auditor.' });
}
