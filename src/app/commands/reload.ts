// `sallyport reload`: a running gateway takes its changed configuration file over. Checked here first, so that a typo is told at once.
import type { Command } from 'commander';
import { runningGateway } from '../admin/presence.ts';
import { appFault } from '../faults.ts';
import { callApi, hasAdminKey } from './api-client.ts';
import { DEFAULT_DATA } from './data-folder.ts';
import { readConfig } from './policy-reading.ts';
import { print, printJson } from './printing.ts';

interface ReloadOptions {
  readonly data: string;
  readonly config?: string;
  readonly url?: string;
  readonly json?: boolean;
}

export function addReloadCommand(program: Command): void {
  program
    .command('reload')
    .description('have a running gateway read its configuration again, without dropping a request')
    .option('--config <file>', 'configuration that is checked here before the gateway is told')
    .option('--data <dir>', 'data directory of the gateway', DEFAULT_DATA)
    .option('--url <address>', 'its admin plane, when it runs elsewhere')
    .option('--json', 'print JSON')
    .action(reload);
}

async function reload(options: ReloadOptions): Promise<void> {
  if (options.url === undefined) readConfig(options.config);
  if (options.url !== undefined || hasAdminKey(options.data)) {
    const answer = await callApi(options, 'POST', '/api/reload');
    return options.json === true ? printJson(answer) : print(`reloaded: ${wordsOf(answer)}`);
  }
  // Whoever may signal the process may reload it; the answer is then in its log alone.
  const gateway = runningGateway(options.data);
  if (gateway === undefined) throw appFault('gateway_unreachable', { url: `the data directory ${options.data}` });
  process.kill(gateway.pid, 'SIGHUP');
  if (options.json === true) printJson({ state: 'told', pid: gateway.pid });
  else print(`process ${gateway.pid} was told to reload; its log says how it went`);
}

const wordsOf = (answer: unknown): string =>
  typeof answer === 'object' && answer !== null && 'policy' in answer ? `policy ${String(answer.policy)}` : 'done';
