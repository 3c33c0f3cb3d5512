// `sallyport findings`: what was found lately, and the way out of a false alarm.
import type { Command } from 'commander';
import { Acceptances, type Acceptance } from '../../access/acceptances.ts';
import { openKeyStore } from '../../access/open-access.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { openState } from '../../io/state/open-state.ts';
import { statePlace } from '../serve/state-place.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { FindingGroups, type FindingGroup } from '../admin/finding-groups.ts';
import { LAST_RECORDS } from '../admin/look-through.ts';
import { fingerprintsIn } from '../admin/request-story.ts';
import { appFault } from '../faults.ts';
import { callApi } from './api-client.ts';
import { currentUser } from './current-user.ts';
import { dataFolder, DEFAULT_DATA, isDataFolder } from './data-folder.ts';
import { hasLedger, lastRecords } from './ledger-reading.ts';
import { countOf, futureOf, pastOf } from './options.ts';
import { print, printJson, showTime, table, tell } from './printing.ts';

interface ListOptions {
  readonly data: string;
  readonly url?: string;
  readonly tenant?: string;
  readonly rule?: string;
  readonly since?: string;
  readonly last: string;
  readonly accepted?: boolean;
  readonly json?: boolean;
}

interface AcceptOptions {
  readonly data: string;
  readonly request?: string;
  readonly fingerprint?: string;
  readonly tenant?: string;
  readonly allTenants?: boolean;
  readonly reason: string;
  readonly expires: string;
  readonly json?: boolean;
}

export function addFindingCommands(program: Command): void {
  const findings = program.command('findings').description('recent findings by rule; accept a false alarm');
  common(findings)
    .option('--tenant <name>', 'only this tenant')
    .option('--rule <id>', 'only this rule; may end in *')
    .option('--since <time>', 'a span like 24h or a date')
    .option('--last <n>', 'records to look through', String(LAST_RECORDS.otherwise))
    .option('--url <address>', 'ask the admin plane there instead of reading the disk')
    .option('--accepted', 'the accepted findings in force')
    .action((options: ListOptions) => (options.accepted === true ? listAccepted(options) : list(options)));
  common(findings.command('accept <rule>').description('let what this rule found in a request pass from now on'))
    .option('--request <id>', 'the request in which it was wrong')
    .option('--fingerprint <hex>', 'or the fingerprint of the matched text, from its record')
    .option('--tenant <name>', 'for whom; default: the tenant of the request')
    .option('--all-tenants', 'for every tenant')
    .requiredOption('--reason <text>', 'why, for the record')
    .requiredOption('--expires <time>', 'until when, at most a year: a span like 30d or a date')
    .action((rule: string, _options: unknown, command: Command) => accept(rule, command.optsWithGlobals()));
  common(findings.command('withdraw <id>').description('end an acceptance before its time'))
    .requiredOption('--reason <text>', 'why, for the record')
    .action((id: string, _options: unknown, command: Command) => withdraw(id, command.optsWithGlobals()));
}

const common = (command: Command): Command => command.option('--data <dir>', 'data directory', DEFAULT_DATA).option('--json', 'print JSON');

async function list(options: ListOptions): Promise<void> {
  const groups =
    options.url === undefined ? await groupsOnDisk(options) : await callApi(options, 'GET', `/api/findings?${queryOf(options)}`);
  if (groups === undefined) {
    tell(`sallyport: there is no ledger in ${options.data}`);
    process.exitCode = 3;
  } else if (options.json === true || options.url !== undefined) printJson(groups);
  else print(groupsText(parseGroups(groups)));
}

const parseGroups = (groups: unknown): readonly FindingGroup[] => groups as readonly FindingGroup[];

async function groupsOnDisk(options: ListOptions): Promise<readonly FindingGroup[] | undefined> {
  if (!isDataFolder(options.data) || !(await hasLedger(options.data))) return undefined;
  const { tenant, rule, since } = options;
  const groups = new FindingGroups({
    ...(tenant === undefined ? {} : { tenant }),
    ...(rule === undefined ? {} : { rule }),
    ...(since === undefined ? {} : { sinceMs: pastOf('--since', since, systemClock.nowMs()) }),
  });
  for await (const record of lastRecords(options.data, countOf('--last', options.last))) groups.add(record);
  return groups.list();
}

function queryOf({ tenant, rule, since, last }: ListOptions): string {
  const query = new URLSearchParams({ last });
  if (tenant !== undefined) query.set('tenant', tenant);
  if (rule !== undefined) query.set('rule', rule);
  if (since !== undefined) query.set('since', String(pastOf('--since', since, systemClock.nowMs())));
  return query.toString();
}

function groupsText(groups: readonly FindingGroup[]): string {
  if (groups.length === 0) return 'no findings';
  const rows = groups.map((group) => [
    group.rule,
    String(group.count),
    Object.entries(group.actions)
      .map(([action, count]) => `${action} ${count}`)
      .join(', '),
    group.scoreMax.toFixed(2),
    group.tenants.join(', '),
    showTime(group.lastAtMs),
    group.lastRequestId,
  ]);
  const way =
    'A false alarm? "sallyport requests show ID" tells why; "sallyport findings accept RULE --request ID --reason … --expires 30d" lets it pass.';
  return `${table(['rule', 'found', 'actions', 'score', 'tenants', 'last', 'last request'], rows)}\n${way}`;
}

/** Opens the acceptances beside a running gateway, which takes changes over within a second. */
async function withAcceptances<Result>(data: string, work: (acceptances: Acceptances) => Promise<Result>): Promise<Result> {
  const folder = dataFolder(data);
  const state = await openState({ ...statePlace(folder), clock: systemClock });
  try {
    const { pepper } = openKeyStore({ state, dataFolder: folder, clock: systemClock, random: systemRandom });
    return await work(new Acceptances({ state, clock: systemClock, random: systemRandom, pepper }));
  } finally {
    await state.close();
  }
}

async function accept(rule: string, options: AcceptOptions): Promise<void> {
  const records = options.request === undefined ? [] : await recordsOf(options);
  const fingerprints = options.fingerprint === undefined ? fingerprintsIn(records, rule) : [options.fingerprint];
  const tenant = options.allTenants === true ? null : (options.tenant ?? records[0]?.event.tenant);
  if (fingerprints.length === 0 || tenant === undefined || !fingerprints.every((one) => /^[0-9a-f]{32}$/.test(one))) {
    throw appFault('bad_argument', {
      what: fingerprints.length === 0 ? `No finding of ${rule} with a fingerprint is known.` : 'It is not clear whom this is for.',
      fix: 'Name --request, or --fingerprint (32 hexadecimal digits) with --tenant or --all-tenants; "sallyport requests show" tells them.',
    });
  }
  const { reason } = options;
  const expiresAtMs = futureOf('--expires', options.expires, systemClock.nowMs());
  const made = await withAcceptances(options.data, async (acceptances) => {
    const all: Acceptance[] = [];
    for (const fingerprint of fingerprints)
      all.push(await acceptances.accept({ rule, tenant, fingerprint, reason, expiresAtMs, author: currentUser() }));
    return all;
  });
  if (options.json === true) printJson(made);
  else print(acceptedText(made));
}

async function recordsOf({ data, request }: AcceptOptions): Promise<readonly LedgerRecord[]> {
  const found: LedgerRecord[] = [];
  for await (const record of lastRecords(dataFolder(data), LAST_RECORDS.max)) if (record.event.requestId === request) found.push(record);
  return found;
}

async function withdraw(id: string, options: { readonly data: string; readonly reason: string }): Promise<void> {
  await withAcceptances(options.data, (acceptances) => acceptances.withdraw(id, { who: currentUser(), reason: options.reason }));
  print(`${id} is withdrawn`);
}

async function listAccepted({ data, tenant, json }: ListOptions): Promise<void> {
  const accepted = await withAcceptances(data, (acceptances) => acceptances.list(tenant));
  if (json === true) printJson(accepted);
  else print(accepted.length === 0 ? 'no accepted findings' : acceptedText(accepted));
}

const acceptedText = (accepted: readonly Acceptance[]): string =>
  table(
    ['id', 'rule', 'tenant', 'until', 'by', 'reason'],
    accepted.map((one) => [one.id, one.rule, one.tenant ?? 'all', showTime(one.expiresAtMs), one.author, one.reason]),
  );
