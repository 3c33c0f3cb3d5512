// `sallyport policy explain`: the rules in force, where each comes from, and what they say of a text.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createSpanScanner } from '../../detect/span/scanner.ts';
import type { Guards } from '../../gateway/guards.ts';
import { matchesGlob } from '../../gateway/routes.ts';
import type { EffectivePolicy } from '../admin/effective-policies.ts';
import { explain, type ExplainedText, type Explanation } from '../admin/explain.ts';
import { appFault } from '../faults.ts';
import { createAsked } from '../serve/asked-door.ts';
import { loadDetectors } from '../serve/guards.ts';
import { judgeWindows } from '../serve/long-text.ts';
import { withOwnTypes } from '../serve/own-types.ts';
import { stageJudges } from '../serve/stage-judges.ts';
import { DEFAULT_DATA } from './data-folder.ts';
import { conditionOf, readConfig, readPolicies, type ReadConfig } from './policy-reading.ts';
import { print, printJson, table, tell } from './printing.ts';

interface ExplainOptions {
  readonly config?: string;
  readonly data: string;
  readonly text?: string;
  readonly model?: string;
  readonly direction: string;
  readonly origin?: string;
  readonly systemPrompt?: string;
  readonly json?: boolean;
}

const STDIN_BYTES_MAX = 16_777_216;
const ORIGINS = ['operator', 'user', 'model', 'retrieved', 'tool'] as const;

export function addPolicyCommands(program: Command): void {
  program
    .command('policy')
    .description('look at the policy')
    .command('explain')
    .description('the rules in force, or what happens to a text; exit 1 when it would be blocked or changed')
    .option('--config <file>', 'configuration file (default: sallyport.yaml if it is there)')
    .option('--data <dir>', 'data directory, for corpora that a policy names', DEFAULT_DATA)
    .option('--text <text>', 'a text to judge; - reads standard input')
    .option('--model <name>', 'the policy of the route that serves this model')
    .option('--direction <way>', 'input or output', 'input')
    .option('--origin <origin>', `${ORIGINS.join(', ')}; default: user, and model for output`)
    .option('--system-prompt <text>', 'the operator’s prompt, for leaks in answers')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(options: ExplainOptions): Promise<void> {
  const read = readConfig(options.config);
  const { effective, ofRoute, policies } = readPolicies(read);
  if (options.text === undefined) {
    if (options.json === true) printJson({ file: read.file ?? null, policies: effective });
    else print(effective.map((policy) => policyText(policy, read.file)).join('\n\n'));
    return;
  }
  const { model } = options;
  const [whole] = policies;
  const route = model === undefined ? whole && { policy: whole } : ofRoute.find(({ models }) => matchesGlob(models, model));
  if (route === undefined)
    throw appFault('bad_argument', { what: `No route serves the model "${model ?? ''}".`, fix: 'Add a route, or leave --model out.' });
  if (model === undefined) tellOfSinks(effective, options.direction);
  const explanation = await explain({ guards: await ownGuards(read, options), ...route }, await textOf(options));
  const from = effective.find((one) => one.revision === route.policy.revision);
  if (explanation.action !== 'allow' && explanation.action !== 'record') process.exitCode = 1;
  if (options.json === true)
    printJson({ ...explanation, findings: explanation.findings.map((one) => ({ ...one, from: from?.rules[one.because]?.from ?? null })) });
  else print(explanationText(explanation, from));
}

/** Without a model nobody knows where an answer goes, and it is judged for no place. */
function tellOfSinks(effective: readonly EffectivePolicy[], direction: string): void {
  if (direction !== 'output') return;
  for (const { at, models, sink } of effective)
    if (sink !== undefined)
      tell(`sallyport: the answers of ${at} go to ${sink}, which is not looked at here: name a model of ${models} with --model`);
}

async function ownGuards({ config }: ReadConfig, { data }: ExplainOptions): Promise<Guards> {
  const { meaning, spans } = await loadDetectors();
  const judges = stageJudges(meaning);
  return {
    meaning: (text, { origin, context, stagesOff }) => judgeWindows(judges(stagesOff), { text, origin, context }),
    ...withOwnTypes(createSpanScanner(spans), () => config.detectors.custom),
    asked: createAsked(resolve(data)),
  };
}

async function textOf({ text = '', direction, origin, systemPrompt }: ExplainOptions): Promise<ExplainedText> {
  if (direction !== 'input' && direction !== 'output')
    throw appFault('bad_argument', { what: `There is no direction "${direction}".`, fix: 'Use input or output.' });
  const known = ORIGINS.find((one) => one === (origin ?? (direction === 'input' ? 'user' : 'model')));
  if (known === undefined)
    throw appFault('bad_argument', { what: `There is no origin "${origin ?? ''}".`, fix: `Use ${ORIGINS.join(', ')}.` });
  return {
    text: text === '-' ? await readStdin() : text,
    direction,
    origin: known,
    ...(systemPrompt === undefined ? {} : { systemPrompt }),
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > STDIN_BYTES_MAX) throw appFault('bad_argument', { what: 'The text is larger than 16 MiB.', fix: 'Send less.' });
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function policyText(
  { at, models, sink, name, revision, mode, onFailure, media, weakenings, lookFor, rules }: EffectivePolicy,
  file: string | undefined,
): string {
  return [
    `${at}: ${name}@${revision} for models ${models} (${file ?? 'no configuration file: the defaults'})`,
    `mode ${mode}; text that a guard could not look at: input ${onFailure['input'] ?? ''}, output ${onFailure['output'] ?? ''}; media: ${media}`,
    ...(sink === undefined ? [] : [`answers go to: ${sink} (docs/sinks.md)`]),
    ...(lookFor === undefined ? [] : [`looked for beyond what always is: ${Object.keys(lookFor).join(', ')}`]),
    ...weakenings.map((one) => `weakened: ${JSON.stringify(one)}`),
    table(
      ['#', 'if', 'do', 'from'],
      rules.map(({ index, rule, from }) => [String(index), conditionOf(rule), rule.do, from]),
    ),
    'The first rule that matches decides; a finding that none speaks of is recorded.',
  ].join('\n');
}

function explanationText({ action, policy, mode, failure, findings, stages }: Explanation, from: EffectivePolicy | undefined): string {
  const verdict = mode === 'observe' && action !== 'allow' && action !== 'record' ? `would ${action} (observed only)` : action;
  const rows = findings.map(({ finding, action: own, because }) => [
    finding.rule,
    finding.type ?? finding.family ?? finding.class,
    finding.severity,
    finding.score.toFixed(3),
    `${finding.start}–${finding.end}`,
    own,
    because < 0 ? 'no rule: recorded' : `#${because} ${from?.rules[because]?.from ?? ''}`,
  ]);
  return [
    `${verdict}  by ${policy}`,
    ...(failure === undefined ? [] : [`a guard could not look to the end: ${failure}`]),
    ...(stages.length === 0 ? [] : [`stages: ${stages.map(({ stage, score }) => `${stage} ${score.toFixed(3)}`).join(', ')}`]),
    rows.length === 0 ? 'nothing found' : table(['rule', 'what', 'severity', 'score', 'where', 'action', 'decided by'], rows),
  ].join('\n');
}
