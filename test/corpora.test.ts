// Registered corpora: made and listed by the command line, found word for word in answers and streams, damaged or missing ones refused.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildCorpus } from '../src/app/corpus/build-corpus.ts';
import { corpusPath } from '../src/app/corpus/corpora-folder.ts';
import { openCorpus } from '../src/app/corpus/open-corpus.ts';
import { VerbatimWatch, type VerbatimIndex } from '../src/detect/verbatim/verbatim-watch.ts';
import { chatAnswer, chatStream } from './support/openai-replies.ts';
import { chat, post, readAll } from './support/plain-client.ts';
import { freshGateway, type RunningGateway } from './support/running-gateway.ts';

const HANDBOOK = join(import.meta.dirname, '../corpus/overlap/handbook.txt');
const OTHER = join(import.meta.dirname, '../corpus/overlap/other.txt');
const text = readFileSync(HANDBOOK, 'utf8');
const PASSAGE = text.slice(400, 700);
const ASIDE = 'I looked into the papers that we have on this question, and this is what I can tell you about it: ';
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A file that is closed while it is looked at has no name. */
function readlinkOr(otherwise: string, path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}

const lookFor = (...names: readonly string[]) => ({ corpora: { names } });

const build = (dataFolder: string, name: string, ...files: readonly string[]) => buildCorpus({ dataFolder, name, files, nowMs: 1 });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sallyport-corpora-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function withHandbook(policy: object): Promise<RunningGateway> {
  const gateway = await freshGateway();
  await build(gateway.dataFolder, 'handbook', HANDBOOK);
  gateway.sallyport.reload(gateway.configOf({ policy }), 'test');
  return gateway;
}

const door = (gateway: RunningGateway) => ({ url: gateway.openaiUrl, key: gateway.key });

async function streamed(gateway: RunningGateway, pieces: readonly string[]): Promise<string> {
  gateway.upstream.answer((_, reply) => reply.events(chatStream(pieces)));
  return (await readAll(await post(door(gateway), chat('What do the papers say?', { stream: true })))).text;
}

const saidOf = (events: string): string =>
  [...events.matchAll(/"content":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('');

describe('an answer', () => {
  it('with a passage of a corpus is blocked, and the record names corpus, place and length', async () => {
    const gateway = await withHandbook({ lookFor: lookFor('handbook') });
    gateway.upstream.answer((_, reply) => reply.json(chatAnswer({ content: ASIDE + PASSAGE })));
    const response = await post(door(gateway), chat('What do the papers say?'));
    expect(response.status).toBe(403);
    const closed = (await gateway.records()).findLast(({ kind }) => kind === 'request.closed');
    const finding = JSON.stringify(closed?.data);
    expect(finding).toContain('"leak.verbatim"');
    expect(finding).toContain('"type":"handbook"');
    expect(finding).toMatch(/word for word in the corpus handbook: \d{2,3} characters/);
  });

  it('that stops a stream has let nothing of the passage out', async () => {
    const gateway = await withHandbook({ lookFor: lookFor('handbook') });
    const events = await streamed(gateway, [...(ASIDE + PASSAGE)]);
    expect(events).toContain('output_blocked');
    expect(saidOf(events).length).toBeLessThan(ASIDE.length + 32);
  });

  it('is masked where the policy says so, and otherwise comes whole', async () => {
    const gateway = await withHandbook({ lookFor: lookFor('handbook'), rules: [{ on: 'output', rule: 'leak.verbatim', do: 'redact' }] });
    const said = saidOf(await streamed(gateway, [...(ASIDE + PASSAGE + ASIDE)]));
    expect(said).toContain('[HANDBOOK]');
    expect(said.length).toBeLessThan(2 * ASIDE.length + PASSAGE.length * 0.5);
    expect(saidOf(await streamed(gateway, [...(ASIDE + ASIDE)]))).toBe(ASIDE + ASIDE);
    expect(saidOf(await streamed(gateway, [text.slice(400, 440)]))).toBe(text.slice(400, 440));
  });
});

describe('a corpus', () => {
  it('that is missing or damaged stops a reload, and the policy before stays in force', async () => {
    const gateway = await withHandbook({});
    const reload = (...names: readonly string[]): void =>
      gateway.sallyport.reload(gateway.configOf({ policy: { lookFor: lookFor(...names) } }), 'test');
    expect(() => reload('handbook', 'nowhere')).toThrow('There is no corpus "nowhere"');
    const path = corpusPath(gateway.dataFolder, 'handbook');
    const bytes = readFileSync(path);
    bytes[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    expect(() => reload('handbook')).toThrow('is damaged');
    truncateSync(path, 5_000);
    expect(() => reload('handbook')).toThrow('is damaged');
    expect(gateway.sallyport.compiled.policy.lookFor).toBeUndefined();
  });

  it('that was made anew is taken with the next reload', async () => {
    const gateway = await withHandbook({ lookFor: lookFor('handbook') });
    await build(gateway.dataFolder, 'handbook', OTHER);
    expect(await streamed(gateway, [ASIDE + PASSAGE])).toContain('output_blocked');
    gateway.sallyport.reload(gateway.configOf({ policy: { lookFor: lookFor('handbook') } }), 'test');
    expect(saidOf(await streamed(gateway, [ASIDE + PASSAGE]))).toBe(ASIDE + PASSAGE);
  });

  it('that was replaced is read on by whoever still has it, and its file is closed once nobody has', async () => {
    const data = folder();
    await build(data, 'handbook', HANDBOOK);
    const openFiles = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => readlinkOr('', `/proc/self/fd/${fd}`).startsWith(corpusPath(data, 'handbook'))).length;
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let held: VerbatimIndex | undefined = openCorpus(data, 'handbook', 0).index;
    for (const file of [OTHER, HANDBOOK, OTHER]) {
      await build(data, 'handbook', file);
      openCorpus(data, 'handbook', 0);
    }
    collectGarbage();
    vi.advanceTimersByTime(24 * 3_600_000);
    vi.useRealTimers();
    expect(new VerbatimWatch([held]).read(ASIDE + PASSAGE, true)).not.toEqual([]);
    held = undefined;
    await vi.waitFor(
      () => {
        collectGarbage();
        // The newest, and nothing else.
        expect(openFiles()).toBe(1);
      },
      { timeout: 10_000, interval: 20 },
    );
  });

  it('is made of several files, only of text, and read from the disk as from memory', async () => {
    const data = folder();
    const head = await build(data, 'both', HANDBOOK, OTHER);
    expect(head).toMatchObject({ files: 2, bytes: statSync(HANDBOOK).size + statSync(OTHER).size });
    expect(statSync(corpusPath(data, 'both')).mode & 0o777).toBe(0o600);
    const { index } = openCorpus(data, 'both');
    for (const file of [HANDBOOK, OTHER])
      expect(new VerbatimWatch([index]).read(ASIDE + readFileSync(file, 'utf8').slice(100, 500), true)).not.toEqual([]);
    const binary = join(data, 'binary');
    writeFileSync(binary, Buffer.from([0xff, 0xfe, 0x00, 0x41]));
    await expect(build(data, 'bad', binary)).rejects.toThrow('it is not UTF-8');
    writeFileSync(binary, 'a\0b');
    await expect(build(data, 'bad', binary)).rejects.toThrow('bytes that no text has');
    await expect(build(data, 'bad', join(data, 'nowhere'))).rejects.toThrow('cannot be read');
    await expect(build(data, 'bad', data)).rejects.toThrow('it is no file');
    writeFileSync(binary, 'Too short to be a passage of anything.');
    await expect(build(data, 'bad', binary)).rejects.toThrow('77 letters and digits at least');
  });
});

describe('the command line', () => {
  it('adds, lists and removes, and explains what an answer with a passage gets', async () => {
    const data = folder();
    const run = (...args: readonly string[]) =>
      promisify(execFile)(process.execPath, ['src/app/main.ts', ...args, '--data', data]).catch(
        (error: unknown) => error as { stdout: string; stderr: string },
      );
    expect((await run('corpus', 'add', 'handbook', HANDBOOK)).stdout).toContain('fingerprints');
    expect((await run('corpus', 'list')).stdout).toContain('handbook');
    const config = join(data, 'own.yaml');
    writeFileSync(config, JSON.stringify({ policy: { lookFor: lookFor('handbook') } }));
    const explained = await run('policy', 'explain', '--config', config, '--direction', 'output', '--text', ASIDE + PASSAGE);
    expect(explained.stdout).toContain('leak.verbatim');
    expect((await run('corpus', 'add', 'Bad Name', HANDBOOK)).stderr).toContain('no name for a corpus');
    writeFileSync(corpusPath(data, 'broken'), 'no corpus');
    const listed = (await run('corpus', 'list')).stdout;
    expect(listed).toMatch(/broken +damaged/);
    expect(listed).toMatch(/handbook +1 /);
    await run('corpus', 'remove', 'broken');
    await run('corpus', 'remove', 'handbook');
    expect((await run('corpus', 'list')).stdout).toContain('no corpora');
    expect((await run('corpus', 'remove', 'handbook')).stderr).toContain('There is no corpus');
  }, 60_000);
});
