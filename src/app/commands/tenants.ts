// `sallyport tenants`: list, suspend, resume; on the data directory, beside a running gateway or without one.
import type { Command } from 'commander';
import { accessFault } from '../../access/faults.ts';
import type { KeyStore } from '../../access/keys/key-store.ts';
import { openKeyStore } from '../../access/open-access.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { openState } from '../../io/state/open-state.ts';
import { statePlace } from '../serve/state-place.ts';
import { currentUser } from './current-user.ts';
import { dataFolder, DEFAULT_DATA } from './data-folder.ts';
import { print, printJson, showTime, table } from './printing.ts';

interface TenantOptions {
  readonly data: string;
  readonly reason: string;
  readonly json?: boolean;
}

export function addTenantCommands(program: Command): void {
  const tenants = program.command('tenants').description('list, suspend and resume tenants; one is made with its first key');
  tenants
    .command('list')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--json', 'print JSON')
    .action((options: TenantOptions) => withStore(options, (store) => list(store, options)));
  for (const [verb, state, about] of [
    ['suspend', 'suspended', 'refuse a tenant and cut its requests, streams included'],
    ['resume', 'active', 'let a suspended tenant in again'],
  ] as const) {
    tenants
      .command(`${verb} <name>`)
      .description(about)
      .requiredOption('--reason <text>', 'why, for the record')
      .option('--data <dir>', 'data directory', DEFAULT_DATA)
      .action((name: string, options: TenantOptions) =>
        withStore(options, (store) => change(store, { name, state, reason: options.reason })),
      );
  }
}

async function withStore(options: TenantOptions, work: (store: KeyStore) => Promise<void>): Promise<void> {
  const folder = dataFolder(options.data);
  const state = await openState({ ...statePlace(folder), clock: systemClock });
  try {
    await work(openKeyStore({ state, dataFolder: folder, clock: systemClock, random: systemRandom }));
  } finally {
    await state.close();
  }
}

async function list(store: KeyStore, { json }: TenantOptions): Promise<void> {
  const cards = await store.listTenants();
  if (json === true) return printJson(cards);
  const rows = cards.map(({ id, state, createdAtMs, limits }) => [id, state, showTime(createdAtMs), JSON.stringify(limits)]);
  print(rows.length === 0 ? 'no tenants' : table(['tenant', 'state', 'since', 'limits'], rows));
}

interface Change {
  readonly name: string;
  readonly state: 'active' | 'suspended';
  readonly reason: string;
}

async function change(store: KeyStore, { name, state, reason }: Change): Promise<void> {
  // A mistyped name must not make a tenant.
  if (!(await store.listTenants()).some(({ id }) => id === name)) throw accessFault('tenant_not_found', { tenant: name });
  await store.setTenant(name, { state, who: `${currentUser()}: ${reason}` });
  print(`tenant ${name} is ${state}`);
}
