// `sallyport kill` and `resume`: orders as files. They need the data directory and nothing else: no gateway, no database, no ledger.
import type { Command } from 'commander';
import { KILL_SCOPES, type KillOrder, type KillScope } from '../../access/kill/order.ts';
import type { KillSwitch, KillStatus } from '../../access/kill/kill-switch.ts';
import { appFault } from '../faults.ts';
import { currentUser } from './current-user.ts';
import { dataFolder, DEFAULT_DATA, isDataFolder } from './data-folder.ts';
import { isKnownSubject, openKillSwitch } from './kill-folder.ts';
import { print, printJson, showTime, table, tell } from './printing.ts';

interface OrderOptions {
  readonly data: string;
  readonly reason?: string;
  readonly everything?: boolean;
  readonly upstream?: string;
  readonly model?: string;
  readonly tenant?: string;
  readonly key?: string;
  readonly status?: boolean;
  readonly rebuild?: boolean;
  readonly json?: boolean;
}

export function addKillCommands(program: Command): void {
  withScopes(
    program.command('kill [scope] [subject]').description('stop everything, an upstream, a model, a tenant or a key, streams included'),
  )
    .option('--status', 'what is stopped now (also: kill status)')
    .action((scope: string | undefined, subject: string | undefined, options: OrderOptions) => kill([scope, subject], options));
  withScopes(program.command('resume [scope] [subject]').description('lift exactly the order that it names'))
    .option('--rebuild', 'begin a new record of orders after damage')
    .action((scope: string | undefined, subject: string | undefined, options: OrderOptions) => resume([scope, subject], options));
}

const withScopes = (command: Command): Command =>
  command
    .option('--everything', 'every request')
    .option('--upstream <name>', 'an upstream, by its name in the configuration')
    .option('--model <name>', 'a model; may end in *')
    .option('--tenant <name>', 'a tenant')
    .option('--key <id>', 'a key')
    .option('--reason <text>', 'why, for the record')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--json', 'print JSON');

type Words = readonly [scope: string | undefined, subject: string | undefined];

function kill(words: Words, options: OrderOptions): void {
  if (options.status === true || words[0] === 'status') return status(options);
  const { scope, subject } = namedBy(words, options);
  const killSwitch = openSwitch(options);
  const order = killSwitch.order({ scope, subject, reason: reasonOf(options), who: currentUser() });
  const isKnown = isKnownSubject(dataFolder(options.data), scope, subject);
  if (isKnown === false) tell(`sallyport: no ${scope} "${subject}" is known here; the order stands all the same. Is the name right?`);
  if (options.json === true) return printJson({ order, isKnown: isKnown ?? null });
  print(
    `order ${order.sequence}: ${CUTS[scope](subject)}\nGateways on this data directory cut within 100 ms. It lasts until "sallyport resume ${spell(order)} --reason …".`,
  );
}

function resume(words: Words, options: OrderOptions): void {
  const killSwitch = openSwitch(options);
  const by = { reason: reasonOf(options), who: currentUser() };
  if (options.rebuild === true) {
    const order = killSwitch.rebuild(by);
    const { standing } = killSwitch.status();
    if (options.json === true) return printJson({ order, standing });
    return print(`a new record begins with order ${order.sequence}; ${standing.length} orders that could be read stay in force`);
  }
  const { scope, subject } = namedBy(words, options);
  const isStanding = killSwitch.status().standing.some((one) => spell(one).toLowerCase() === spell({ scope, subject }).toLowerCase());
  const order = killSwitch.resume({ scope, subject, ...by });
  if (options.json === true) return printJson({ order, wasStopped: isStanding });
  const left = killSwitch.status().standing;
  print(`order ${order.sequence}: ${spell(order)} ${isStanding ? 'is lifted' : 'was not stopped by name'}`);
  if (left.length > 0) print(`still stopped: ${left.map(spell).join('; ')}`);
}

/** Exit 0: nothing is stopped; 1: something is; 3: no gateway has ever used the directory. */
function status(options: OrderOptions): void {
  if (!isDataFolder(options.data)) {
    process.exitCode = 3;
    return options.json === true ? printJson({ state: 'none' }) : print(`no data directory of a gateway at ${options.data}`);
  }
  const found = openSwitch(options).status();
  if (found.state === 'untrusted' || found.standing.length > 0) process.exitCode = 1;
  if (options.json === true) return printJson(found);
  print(statusText(found));
}

export function statusText({ state, reason, standing }: KillStatus): string {
  const rows = standing.map((one) => [String(one.sequence), spell(one), showTime(one.atMs), one.who, one.reason]);
  const orders = rows.length === 0 ? 'nothing is stopped' : table(['order', 'stopped', 'since', 'by', 'reason'], rows);
  if (state === 'trusted') return orders;
  return `EVERYTHING IS STOPPED: the orders cannot be trusted: ${reason ?? ''}\n"sallyport resume --rebuild --reason …" begins a new record.\n${orders}`;
}

const openSwitch = ({ data }: OrderOptions): KillSwitch => openKillSwitch(dataFolder(data));

const CUTS: Readonly<Record<KillScope, (subject: string) => string>> = {
  everything: () => 'every request is refused and every stream cut',
  upstream: (subject) => `requests that go to the upstream "${subject}" are refused, their streams cut`,
  model: (subject) => `requests for the model "${subject}" are refused, their streams cut`,
  tenant: (subject) => `requests of the tenant "${subject}" are refused, their streams cut`,
  key: (subject) => `requests with the key ${subject} are refused, their streams cut`,
};

const spell = ({ scope, subject }: Pick<KillOrder, 'scope' | 'subject'>): string => (subject === '' ? scope : `${scope} ${subject}`);

function reasonOf({ reason }: OrderOptions): string {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw appFault('bad_argument', { what: 'An order needs a reason.', fix: 'Add --reason "…"; the record keeps it.' });
}

/** Both spellings mean the same: `kill tenant acme` and `kill --tenant acme`. */
function namedBy([word, name]: Words, options: OrderOptions): { readonly scope: KillScope; readonly subject: string } {
  const flags = KILL_SCOPES.flatMap((scope) => {
    const value = options[scope];
    return value === undefined || value === false ? [] : [{ scope, subject: value === true ? '' : value }];
  });
  const scope = KILL_SCOPES.find((known) => known === word);
  const named = scope === undefined ? flags : [{ scope, subject: name ?? '' }, ...flags];
  const [only] = named;
  if (only !== undefined && named.length === 1 && (word === undefined || scope !== undefined)) return only;
  throw appFault('bad_argument', {
    what:
      word !== undefined && scope === undefined
        ? `There is no scope "${word}".`
        : `${named.length === 0 ? 'Nothing' : 'More than one thing'} is named.`,
    fix: `Name one of ${KILL_SCOPES.join(', ')}, for example "tenant acme" or --everything.`,
  });
}
