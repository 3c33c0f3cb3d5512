// Whatever stands in examples/ works: each program runs in a process of its own against a gateway, each configuration is taken.
// And the commands that the pages print exist, with the options that they print.
import { execFile, spawn } from 'node:child_process';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/app/config/compile.ts';
import { loadConfig } from '../../src/app/config/load.ts';
import { createDemoUpstream } from '../../src/gateway/demo/demo-upstream.ts';
import { systemClock } from '../../src/io/clock.ts';
import { useGateway } from '../support/running-gateway.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'examples');
// No upstream: the demonstration answers, as it does for a newcomer.
const gateway = useGateway({ upstreams: {} });

/** Runs one example as a reader would; gives what it printed. Rejects when it fails. */
function run(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(EXAMPLES, name)], {
      env: { PATH: process.env['PATH'], SALLYPORT_URL: gateway().origin, SALLYPORT_KEY: gateway().key },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${name} ended with ${code}\n${err}`))));
  });
}

const ANSWER = 'You wrote 19 characters';

/** What each program must have printed. */
const PROGRAMS: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'openai-chat.ts': [`whole: [Sallyport demonstration, no model] ${ANSWER}`, /streamed: .+ characters/, /blocked: blocked_by_policy req_/],
  'anthropic-messages.ts': [/whole: .*19 characters/, /streamed: .*19 characters/, 'tokens: 12'],
  'vercel-ai.ts': [/openai: .*19 characters/, /anthropic: .*19 characters/],
  'tour.ts': [
    ANSWER,
    /An attack is blocked\n.*\n {2}403 block +blocked_by_policy/,
    /base64\n.*\n {2}403 block +blocked_by_policy/,
    /200 redact +My card is \[CREDIT_CARD\], is it valid\?/,
    /card \[CREDIT_CARD\]; key \[AWS_ACCESS_KEY\] end\./,
    /carries data out.*\n.*\n {2}403 block +output_blocked/,
    /leak of the instructions.*\n.*\n {2}403 block +output_blocked/,
  ],
};

describe('programs', () => {
  it('are all listed here', () => {
    expect(
      readdirSync(EXAMPLES)
        .filter((name) => name.endsWith('.ts'))
        .toSorted(),
    ).toEqual(Object.keys(PROGRAMS).toSorted());
  });

  it.each(Object.entries(PROGRAMS))('%s', async (name, expected) => {
    const out = await run(name);
    for (const words of expected) expect(out).toMatch(words);
  });
});

describe('configurations', () => {
  const environment = { OPENAI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b', AZURE_OPENAI_API_KEY: 'c' };
  const demo = () => createDemoUpstream(() => () => {});

  it.each(readdirSync(join(EXAMPLES, 'config')))('%s', async (name) => {
    const compiled = compile(loadConfig(join(EXAMPLES, 'config', name)), { clock: systemClock, environment, demo });
    expect(compiled.routes.length).toBeGreaterThan(0);
    expect([...compiled.upstreams.values()].map(({ kind }) => kind)).not.toContain('demo');
    for (const { client } of compiled.upstreams.values()) await client.close();
  });
});

describe('commands that the pages print', () => {
  const ROOT = join(EXAMPLES, '..');
  const pages = ['README.md', 'SECURITY.md', ...globSync('docs/*.md', { cwd: ROOT }), 'examples/README.md'];
  const lines = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/(?:^|`)(?:npx )?sallyport ((?!-)[a-z-]+(?: [^`\n]*)?)/gm)].map(
      ([, line = '']) => ({ page, line }),
    ),
  );
  const helps = new Map<string, Promise<string>>();
  const help = (...words: readonly string[]): Promise<string> => {
    const key = words.join(' ');
    const known =
      helps.get(key) ??
      promisify(execFile)(process.execPath, [join(ROOT, 'src', 'app', 'main.ts'), ...words, '--help']).then(({ stdout }) => stdout);
    helps.set(key, known);
    return known;
  };
  const isCommandOf = (text: string, word: string): boolean => new RegExp(`^  ${word}\\b`, 'm').test(text.split('Commands:')[1] ?? '');

  it('are many', () => expect(lines.length).toBeGreaterThan(20));
  it('exist, with their options', { timeout: 60_000 }, async () => {
    const wrong: string[] = [];
    for (const { page, line } of lines) {
      const [first = '', second = ''] = line.split('#')[0]?.split(' ') ?? [];
      if (!isCommandOf(await help(), first)) {
        wrong.push(`${page}: no command "${first}"`);
        continue;
      }
      const own = await help(first);
      const text = /^[a-z-]+$/.test(second) && isCommandOf(own, second) ? await help(first, second) : own;
      for (const [option] of line.matchAll(/(?<= )--[a-z-]+/g))
        if (!text.includes(`${option} `) && !text.includes(`${option}\n`)) wrong.push(`${page}: ${line}: no ${option}`);
    }
    expect(wrong).toEqual([]);
  });
});
