// `sallyport tune`: from what the record says of past traffic, which score each rule would need in each tenant to keep a budget of
// false alarms. It proposes, and changes nothing: an operator decides.
import type { Command } from 'commander';
import { z } from 'zod';
import { SCORE_HIGH } from '../../detect/meaning/weigh.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { LAST_RECORDS } from '../admin/look-through.ts';
import { appFault } from '../faults.ts';
import { DEFAULT_DATA, isDataFolder } from './data-folder.ts';
import { shareOf, type Share } from './eval-figures.ts';
import { hasLedger, lastRecords } from './ledger-reading.ts';
import { countOf, pastOf } from './options.ts';
import { print, printJson, table, tell } from './printing.ts';

interface TuneOptions {
  readonly data: string;
  readonly tenant?: string;
  readonly rule?: string;
  readonly since?: string;
  readonly budget: string;
  readonly last: string;
  readonly json?: boolean;
}

/** Fewer requests than this say nothing about a rate so small. */
const REQUESTS_MIN = 200;
/** What policies act on by `at: high`. Each guard says by its own threshold how grave a finding is. */
const GRAVE: ReadonlySet<string> = new Set(['high', 'critical']);
/** Guards of which the threshold is the same everywhere; that of others shows in what they say. */
const BY_SCORE = /^(?:injection|jailbreak)\./;

export function addTuneCommand(program: Command): void {
  program
    .command('tune')
    .description('propose a score for each rule and tenant from recorded traffic, at a budget of false alarms; changes nothing')
    .option('--budget <share>', 'share of requests that may be false alarms of one rule', '0.005')
    .option('--tenant <name>', 'only this tenant')
    .option('--rule <id>', 'only this rule; may end in *')
    .option('--since <time>', 'a span like 24h or a date')
    .option('--last <n>', 'records to look through', String(LAST_RECORDS.otherwise))
    .option('--data <dir>', 'data directory', DEFAULT_DATA)
    .option('--json', 'print JSON')
    .action(tune);
}

async function tune(options: TuneOptions): Promise<void> {
  const budget = Number(options.budget);
  if (!(budget > 0 && budget < 1))
    throw appFault('bad_argument', { what: '--budget takes a share above 0 and below 1.', fix: 'Write it like 0.005.' });
  const sinceMs = options.since === undefined ? Number.NEGATIVE_INFINITY : pastOf('--since', options.since, Date.now());
  if (!isDataFolder(options.data) || !(await hasLedger(options.data))) return nothing(`there is no ledger in ${options.data}`);
  const traffic = new Traffic();
  for await (const record of lastRecords(options.data, countOf('--last', options.last))) {
    const { event } = record;
    if (event.atMs >= sinceMs && (options.tenant === undefined || event.tenant === options.tenant)) traffic.add(event);
  }
  const proposals = traffic.proposals(budget).filter(({ rule }) => options.rule === undefined || isRule(rule, options.rule));
  if (traffic.requests === 0) return nothing('the records looked through hold no request');
  if (options.json === true) printJson({ budget, requests: traffic.requests, proposals });
  else print(proposalsText(proposals, { budget, requests: traffic.requests, asked: options.rule }));
}

function nothing(why: string): void {
  tell(`sallyport: ${why}`);
  process.exitCode = 3;
}

const isRule = (rule: string, pattern: string): boolean =>
  pattern.endsWith('*') ? rule.startsWith(pattern.slice(0, -1)) : rule === pattern;

const findingsSchema = z.object({
  findings: z.object({ listed: z.array(z.object({ rule: z.string(), score: z.number(), severity: z.string(), action: z.string() })) }),
});

export interface Proposal {
  readonly tenant: string;
  readonly rule: string;
  readonly requests: number;
  /** Requests that the rule flags as high today, and the share that they are. */
  readonly high: Share;
  /** Of these, requests whose finding somebody accepted as a false alarm. */
  readonly accepted: number;
  /**
   * Lowest score above which no more of the tenant's requests lie than the budget allows, and no lower than that from which on the guard
   * calls a finding high; null where it called none so.
   */
  readonly score: number | null;
  readonly advice: 'keep' | 'raise' | 'too few requests';
}

interface Seen {
  /** Highest score of the rule in each request in which it found something grave. */
  readonly scores: number[];
  accepted: number;
}

/** Counts requests by tenant, and what each rule thought of them. Shadow traffic is taken to be innocent: it is the ordinary traffic. */
export class Traffic {
  readonly #requests = new Map<string, number>();
  readonly #seen = new Map<string, Map<string, Seen>>();

  get requests(): number {
    return [...this.#requests.values()].reduce((sum, count) => sum + count, 0);
  }

  add({ kind, tenant = '-', data }: LedgerRecord['event']): void {
    if (kind !== 'request.opened' && kind !== 'request.closed') return;
    if (kind === 'request.opened') this.#requests.set(tenant, (this.#requests.get(tenant) ?? 0) + 1);
    const parsed = findingsSchema.safeParse(data);
    if (!parsed.success) return;
    for (const [rule, found] of Map.groupBy(parsed.data.findings.listed, (finding) => finding.rule)) {
      const seen = this.#rule(tenant, rule);
      const high = found.filter(({ severity }) => GRAVE.has(severity));
      if (high.length === 0) continue;
      seen.scores.push(Math.max(...high.map(({ score }) => score)));
      // A high finding that was let pass is one that somebody accepted.
      if (high.every(({ action }) => action === 'allow')) seen.accepted += 1;
    }
  }

  #rule(tenant: string, rule: string): Seen {
    const rules = this.#seen.get(tenant) ?? new Map<string, Seen>();
    const seen = rules.get(rule) ?? { scores: [], accepted: 0 };
    this.#seen.set(tenant, rules.set(rule, seen));
    return seen;
  }

  proposals(budget: number): Proposal[] {
    return [...this.#seen].flatMap(([tenant, rules]) =>
      [...rules].map(([rule, seen]) => proposalOf({ tenant, rule, seen, requests: this.#requests.get(tenant) ?? 0, budget })),
    );
  }
}

interface Case {
  readonly tenant: string;
  readonly rule: string;
  readonly seen: Seen;
  readonly requests: number;
  readonly budget: number;
}

function proposalOf({ tenant, rule, seen, requests, budget }: Case): Proposal {
  const sorted = seen.scores.toSorted((one, other) => other - one);
  const allowed = Math.floor(budget * requests);
  const high = sorted.length;
  const threshold = BY_SCORE.test(rule) ? SCORE_HIGH : (sorted.at(-1) ?? null);
  const score = sorted[allowed] ?? threshold;
  const advice = requests < REQUESTS_MIN ? 'too few requests' : high > allowed ? 'raise' : 'keep';
  return { tenant, rule, requests, high: shareOf(high, requests), accepted: seen.accepted, score, advice };
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

interface Asked {
  readonly budget: number;
  readonly requests: number;
  /** Of which rules, where not of all. */
  readonly asked: string | undefined;
}

function proposalsText(proposals: readonly Proposal[], { budget, requests, asked = '' }: Asked): string {
  if (proposals.length === 0) return `${requests} requests, and no rule ${asked === '' ? '' : `${asked} `}found anything in them`;
  const rows = proposals.map(({ tenant, rule, high, accepted, score, advice, requests: of }) => [
    tenant,
    rule,
    String(of),
    `${percent(high.value)} (at most ${percent(high.high)})`,
    String(accepted),
    advice === 'raise' && score !== null ? `only above ${score.toFixed(3)}` : advice,
  ]);
  return [
    `${requests} requests; budget ${percent(budget)} of a tenant's requests for each rule`,
    table(['tenant', 'rule', 'requests', 'high today', 'accepted', 'proposal'], rows),
    'Nothing was changed. Look at the findings (sallyport findings --rule …) before you write a policy rule: an attack is no false alarm.',
  ].join('\n');
}
