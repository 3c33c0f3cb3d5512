// `sallyport requests show`: from the request id of an error to the stage, the rule and the score.
import type { Command } from 'commander';
import { Fault } from '../../core/fault.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import type { Policy } from '../../policy/policy.ts';
import { LAST_RECORDS } from '../admin/look-through.ts';
import { tellStory, type RequestStory, type StoryFinding } from '../admin/request-story.ts';
import { callApi } from './api-client.ts';
import { DEFAULT_DATA, isDataFolder } from './data-folder.ts';
import { hasLedger, lastRecords } from './ledger-reading.ts';
import { countOf } from './options.ts';
import { conditionOf, readConfig, readPolicies } from './policy-reading.ts';
import { print, printJson, showTime, table, tell } from './printing.ts';

interface ShowOptions {
  readonly data: string;
  readonly config?: string;
  readonly url?: string;
  readonly last: string;
  readonly json?: boolean;
}

export function addRequestCommands(program: Command): void {
  program
    .command('requests')
    .description('what the ledger knows of a request')
    .command('show <id>')
    .description('stage, rule, score, place and policy rule; the id is the x-sallyport-request-id of the answer')
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--config <file>', 'configuration, to name the policy rules that decided')
    .option('--url <address>', 'ask the admin plane there instead of reading the disk')
    .option('--last <n>', 'records to look through', String(LAST_RECORDS.max))
    .option('--json', 'print JSON')
    .action(show);
}

async function show(id: string, options: ShowOptions): Promise<void> {
  const last = countOf('--last', options.last);
  if (options.url !== undefined) return printJson(await callApi(options, 'GET', `/api/requests/${encodeURIComponent(id)}?last=${last}`));
  if (!isDataFolder(options.data) || !(await hasLedger(options.data))) return nothing(`there is no ledger in ${options.data}`);
  const found: LedgerRecord[] = [];
  for await (const record of lastRecords(options.data, last)) if (record.event.requestId === id) found.push(record);
  if (found.length === 0) return nothing(`the last ${last} records know no request ${id}; requests without a valid key leave none`);
  const story = tellStory(id, found, policiesOf(options));
  if (options.json === true) printJson(story);
  else print(storyText(story));
}

/** A configuration that is being edited must not hide what happened: then only the rules that decided are not named. */
function policiesOf({ config }: ShowOptions): readonly Policy[] {
  try {
    return readPolicies(readConfig(config)).policies;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    tell(`sallyport: the rules that decided cannot be named. ${error.message}`);
    return [];
  }
}

function nothing(why: string): void {
  tell(`sallyport: ${why}`);
  process.exitCode = 3;
}

function storyText({ id, tenant, stage, reason, meaning, fix, findings, records }: RequestStory): string {
  const last = records.at(-1);
  return [
    `${id}  tenant ${tenant ?? '?'}  ${last === undefined ? '' : showTime(last.atMs)}`,
    `ended at: ${stage}${reason === undefined ? '' : ` (${reason})`}`,
    ...(meaning === undefined ? [] : [meaning, `way out: ${fix ?? ''}`]),
    ...(findings.length === 0
      ? ['no findings']
      : ['', table(['', 'rule', 'severity', 'score', 'where', 'action', 'decided by'], findings.map(row))]),
    '',
    `records ${records.map(({ index, kind }) => `${index} ${kind}`).join(', ')}`,
  ].join('\n');
}

const row = ({ direction, rule, severity, score, pointer, start, end, action, would, decidedBy }: StoryFinding): readonly string[] => [
  direction,
  rule,
  severity,
  score.toFixed(3),
  `${pointer} ${start}–${end}`,
  would === undefined ? action : `${action} (candidate: ${would})`,
  decidedBy === undefined ? 'a policy that is not in force any more, or an acceptance' : deciderText(decidedBy),
];

const deciderText = ({ index, rule }: NonNullable<StoryFinding['decidedBy']>): string =>
  rule === undefined ? 'no rule speaks of it: recorded' : `policy rule ${index}: ${conditionOf(rule)}`;
