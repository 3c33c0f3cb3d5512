// This version on a data directory that an earlier one left: `test/fixtures/data-folder-2026-11-22.tar.gz` was made by the commit 260e558
// with two keys (one revoked), fourteen requests, a stop order, spent budgets and a signed record.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseConfig } from '../src/app/config/load.ts';
import { startSallyport, type Sallyport } from '../src/app/serve/sallyport.ts';
import type { Clock } from '../src/core/ports.ts';
import { diskFiles } from '../src/io/files/disk-files.ts';
import { checkProof, parseProof } from '../src/ledger/check-proof.ts';
import { verify } from '../src/ledger/verify.ts';
import { chat, post } from './support/plain-client.ts';

interface Expected {
  readonly key: string;
  readonly revokedKey: string;
  readonly size: number;
  readonly note: string;
  readonly verifierKey: string;
  readonly proof: unknown;
}

function unpacked(): { readonly dataFolder: string; readonly expected: Expected } {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sallyport-upgrade-'));
  onTestFinished(() => rmSync(dataFolder, { recursive: true, force: true }));
  execFileSync('tar', ['xzf', join(import.meta.dirname, 'fixtures', 'data-folder-2026-11-22.tar.gz'), '-C', dataFolder]);
  return { dataFolder, expected: JSON.parse(readFileSync(join(dataFolder, 'expected.json'), 'utf8')) as Expected };
}

/** The evening of the day on which it was left: what is kept depends on its age. */
const CLOCK: Clock = { nowMs: () => Date.UTC(2026, 10, 22, 23) + performance.now(), steadyMs: () => performance.now() };

async function start(dataFolder: string, limits: object = {}): Promise<Sallyport> {
  const config = parseConfig(
    JSON.stringify({ listen: '127.0.0.1:0', admin: { listen: '127.0.0.1:0' }, http: { drainMs: 500 }, limits }),
    'upgrade.yaml',
  );
  const sallyport = await startSallyport({ config, dataFolder, environment: {}, clock: CLOCK, log: pino({ level: 'silent' }) });
  onTestFinished(() => sallyport.stop());
  return sallyport;
}

const ask = async ({ data }: Sallyport, key: string): Promise<number> => {
  const answer = await post({ url: `http://127.0.0.1:${data.port}/v1`, key }, chat('Good morning.', { max_tokens: 20 }));
  await answer.text();
  return answer.status;
};

describe('a data directory of an earlier version', () => {
  it('keeps its keys, those that are revoked included, and its orders', async () => {
    const { dataFolder, expected } = unpacked();
    const sallyport = await start(dataFolder);
    expect(await ask(sallyport, expected.key)).toBe(200);
    expect(await ask(sallyport, expected.revokedKey)).toBe(401);
    expect(sallyport.rooms.access.killSwitch.status().standing).toMatchObject([
      { scope: 'upstream', subject: 'elsewhere', reason: 'a drill' },
    ]);
  });

  it('keeps what was spent, also what was spent after the last snapshot', async () => {
    const { dataFolder } = unpacked();
    const { rooms } = await start(dataFolder);
    const requests: number[] = [];
    for await (const { event } of rooms.ledger.events()) {
      const reservation = event.kind === 'request.closed' ? event.data['reservation'] : undefined;
      if (typeof reservation === 'object' && reservation !== null && 'tokens' in reservation)
        requests.push(reservation['tokens'] as number);
    }
    await rooms.saveBudgets();
    const rows = await rooms.state.db.selectFrom('budgetSpent').select(['subject', 'period', 'tokens']).execute();
    const days = rows.filter(({ period, subject }) => period.length === 10 && subject.startsWith('tenant')).map(({ tokens }) => tokens);
    expect(requests.length).toBeGreaterThanOrEqual(13);
    expect(days.reduce((sum, tokens) => sum + tokens, 0)).toBe(requests.reduce((sum, tokens) => sum + tokens, 0));
  });

  it('keeps a record whose old checkpoint and old proof hold, and that goes on where it ended', async () => {
    const { dataFolder, expected } = unpacked();
    const sallyport = await start(dataFolder);
    expect(await ask(sallyport, expected.key)).toBe(200);
    expect(sallyport.rooms.ledger.verifierKey).toBe(expected.verifierKey);
    await sallyport.stop();
    const report = await verify({
      files: diskFiles,
      directory: join(dataFolder, 'ledger'),
      against: expected.note,
      verifierKey: expected.verifierKey,
    });
    expect(report).toMatchObject({ state: 'intact', problems: [] });
    expect(report.size).toBeGreaterThan(expected.size + 1);
    const proof = parseProof(expected.proof);
    if (proof === undefined) throw new Error('the old proof is none');
    expect(await checkProof(proof, expected.verifierKey)).toMatchObject({ state: 'proven' });
  });

  it('goes on with its event file without saying anything twice', async () => {
    const { dataFolder, expected } = unpacked();
    const sallyport = await start(dataFolder);
    await ask(sallyport, expected.key);
    await sallyport.stop();
    const lines = readFileSync(join(dataFolder, 'events', 'ocsf.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const uids = lines.map((line) => (JSON.parse(line) as { metadata: { uid: string } }).metadata.uid);
    expect(new Set(uids).size).toBe(uids.length);
  });

  it('is copied before its database is changed', async () => {
    const { dataFolder } = unpacked();
    await (await start(dataFolder)).stop();
    // It was written at version 2 of the schema, and is as it was.
    expect(readdirSync(dataFolder).filter((name) => name.includes('backup'))).toEqual(['state.db.backup-v2']);
    const copy = new DatabaseSync(join(dataFolder, 'state.db.backup-v2'), { readOnly: true });
    expect(copy.prepare('select max(version) as version from migrations').get()).toEqual({ version: 2 });
    expect(copy.prepare('select count(*) as keys from keys').get()?.['keys']).toBeGreaterThanOrEqual(2);
    copy.close();
  });
});
