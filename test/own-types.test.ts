// Operators' own types in a running gateway: requests, answers, streams, the command line, a reload, and patterns that are refused.
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../src/app/config/load.ts';
import { chatAnswer, chatStream } from './support/openai-replies.ts';
import { chat, post, readAll } from './support/plain-client.ts';
import { freshGateway, type RunningGateway } from './support/running-gateway.ts';

const STAFF = { id: 'staff-number', pattern: 'EMP-\\d{6}' };
const PATIENT = { id: 'patient', type: 'PATIENT_NUMBER', pattern: '\\d{8}', context: { words: ['patient'] } };
const custom = (...types: readonly object[]) => ({ detectors: { custom: types } });

async function sentOf(gateway: RunningGateway, content: string): Promise<string> {
  gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: 'Fine.' })));
  const response = await post({ url: gateway.openaiUrl, key: gateway.key }, chat(content));
  expect(response.status).toBe(200);
  return gateway.upstream.last.text;
}

describe('types of one’s own', () => {
  it('are masked in requests, also where they are cut over two parts of a text', async () => {
    const gateway = await freshGateway(custom(STAFF, PATIENT));
    expect(await sentOf(gateway, 'EMP-204417 saw patient 12345678; order 12345678 of a year ago and many other things.')).toContain(
      '[STAFF_NUMBER] saw patient [PATIENT_NUMBER]; order',
    );
    const split = [
      { type: 'text', text: 'Ask EMP-204' },
      { type: 'text', text: '417 now' },
    ];
    const body = { model: 'm', messages: [{ role: 'user', content: split }] };
    expect((await post({ url: gateway.openaiUrl, key: gateway.key }, body)).status).toBe(403);
  });

  it('are masked in a text that is too long to be judged at once, beside what is known to all', async () => {
    const text = `${'The ferry leaves the northern harbour at noon. '.repeat(600)} Ask EMP-204417, card 4111 1111 1111 1111.`;
    for (const [types, staff] of [
      [custom(STAFF), '[STAFF_NUMBER]'],
      [{}, 'EMP-204417'],
    ] as const) {
      const gateway = await freshGateway(types);
      expect((await sentOf(gateway, text)).slice(-200)).toContain(`Ask ${staff}, card [`);
    }
  });

  it('are masked in streams that cut them anywhere, and on record under their rule', async () => {
    const gateway = await freshGateway(custom(STAFF));
    gateway.upstream.answer((_, reply) => reply.events(chatStream([...'Ask EMP-204417, or EMP-20441 if not.'])));
    const { text } = await readAll(await post({ url: gateway.openaiUrl, key: gateway.key }, chat('Who?', { stream: true })));
    const said = [...text.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece).join('');
    expect(said).toBe('Ask [STAFF_NUMBER], or EMP-20441 if not.');
    const closed = (await gateway.records()).findLast(({ kind }) => kind === 'request.closed');
    expect(JSON.stringify(closed?.data)).toContain('"custom.staff-number"');
  });

  it('hold from the next request on when a reload brings them', async () => {
    const gateway = await freshGateway();
    const text = 'Ask EMP-204417 about it.';
    expect(await sentOf(gateway, text)).toContain(text);
    gateway.sallyport.reload(gateway.configOf(custom(STAFF)), 'test');
    expect(await sentOf(gateway, text)).toContain('Ask [STAFF_NUMBER] about it.');
    gateway.sallyport.reload(gateway.configOf({}), 'test');
    expect(await sentOf(gateway, text)).toContain(text);
  });

  it('are left to a rule of the policy', async () => {
    const gateway = await freshGateway({
      ...custom(STAFF, { ...PATIENT, class: 'policy' }),
      policy: {
        rules: [
          { on: 'input', rule: 'custom.staff-*', do: 'record' },
          { on: 'input', type: 'PATIENT_NUMBER', do: 'block' },
        ],
      },
    });
    expect(await sentOf(gateway, 'Ask EMP-204417.')).toContain('Ask EMP-204417.');
    expect((await post({ url: gateway.openaiUrl, key: gateway.key }, chat('patient 12345678'))).status).toBe(403);
  });
});

describe('a configuration', () => {
  it.each([
    [{ ...STAFF, pattern: 'EMP-\\d+' }, 'the pattern of "staff-number" is not taken: `+` has no end'],
    [{ ...STAFF, pattern: '(a|aa){1,99}b' }, 'characters; a stream holds'],
    [{ ...STAFF, pattern: '(?=EMP)' }, 'look ahead'],
    [{ ...STAFF, id: 'Staff' }, 'small letters'],
  ])('is refused with the line and the reason', (type, reason) => {
    const text = `detectors:\n  custom:\n    - ${JSON.stringify(type)}\n`;
    expect(() => parseConfig(text, 'own.yaml')).toThrow(/own\.yaml:3:/);
    expect(() => parseConfig(text, 'own.yaml')).toThrow(reason);
  });

  it('has each id once', () => {
    expect(() => parseConfig(JSON.stringify(custom(STAFF, STAFF)), 'own.yaml')).toThrow('two types have the same id');
  });

  it('serves `sallyport detect` too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-own-'));
    const file = join(folder, 'own.yaml');
    const rows = join(folder, 'rows.jsonl');
    writeFileSync(file, JSON.stringify(custom(STAFF)));
    writeFileSync(rows, `${JSON.stringify({ id: 1, text: 'Ask EMP-204417.' })}\n`);
    const run = async (...more: readonly string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, ['src/app/main.ts', 'detect', '--task', 'pii', rows, ...more])).stdout;
    expect(await run('--config', file)).toContain('"custom.staff-number"');
    expect(await run()).not.toContain('custom');
  });
});
