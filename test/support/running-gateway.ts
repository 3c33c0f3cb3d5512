// A whole gateway in this process, as `sallyport up` starts it: its own folder, its own keys, a port of the system's choice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { parseConfig } from '../../src/app/config/load.ts';
import type { Config } from '../../src/app/config/schema.ts';
import { startSallyport, type Sallyport } from '../../src/app/serve/sallyport.ts';
import type { Limits } from '../../src/access/keys/limits.ts';
import type { LedgerRecord } from '../../src/ledger/record.ts';
import { startUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

/** Settings of the configuration file beyond the three lines that make it work. */
export type Settings = Readonly<Record<string, unknown>>;

export interface RunningGateway {
  readonly upstream: ScriptedUpstream;
  readonly sallyport: Sallyport;
  /** Origin, without a path. */
  readonly origin: string;
  readonly port: number;
  /** What an OpenAI client takes as its base URL. */
  readonly openaiUrl: string;
  /** A key of tenant `default` without narrow limits. */
  readonly key: string;
  readonly dataFolder: string;
  /** What the process logged, line by line: a clean run logs nothing. */
  readonly log: readonly string[];
  configOf(settings: Settings): Config;
  newKey(tenant: string, limits?: Limits): Promise<{ readonly key: string; readonly id: string }>;
  /** Everything on record that is durable, oldest first. */
  records(): Promise<readonly LedgerRecord['event'][]>;
  stop(): Promise<void>;
}

export const WIDE: Limits = { perMinute: 1_000_000, concurrent: 4_096 };
/** Credential of the upstream: it must never come back to a caller. */
export const UPSTREAM_KEY = ['upstream', 'key', 'of', 'the', 'operator'].join('-');

export async function startGateway(settings: Settings = {}): Promise<RunningGateway> {
  const upstream = await startUpstream();
  const dataFolder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const log: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString('utf8'));
      done();
    },
  });
  const configOf = (more: Settings): Config =>
    parseConfig(
      JSON.stringify({
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0' },
        upstreams: { main: { kind: 'openai-compatible', url: upstream.url, key: 'env:UPSTREAM_KEY', trust: 'self-hosted' } },
        ...more,
        // Connections that clients keep open would hold up the end of each test.
        http: { drainMs: 500, ...(more['http'] as Settings | undefined) },
      }),
      'test.yaml',
    );
  const sallyport = await startSallyport({
    config: configOf(settings),
    dataFolder,
    environment: { UPSTREAM_KEY },
    log: pino({ level: 'warn', base: null }, sink),
  });
  const newKey = async (tenant: string, limits: Limits = WIDE): Promise<{ readonly key: string; readonly id: string }> => {
    const made = await sallyport.rooms.keyStore.createKey({ tenant, limits, who: 'test' });
    await sallyport.rooms.catchUp();
    await sallyport.rooms.access.refresh();
    return made;
  };
  const { key } = await newKey('default');
  const { port } = sallyport.data;
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await sallyport.stop();
    await upstream.close();
    rmSync(dataFolder, { recursive: true, force: true });
  };
  return {
    upstream,
    sallyport,
    origin: `http://127.0.0.1:${port}`,
    port,
    openaiUrl: `http://127.0.0.1:${port}/v1`,
    key,
    dataFolder,
    log,
    configOf,
    newKey,
    async records() {
      const events: LedgerRecord['event'][] = [];
      for await (const { event } of sallyport.rooms.ledger.events()) events.push(event);
      return events;
    },
    stop: () => (stopped ??= stop()),
  };
}

/** One gateway for all tests of a suite; stopped when they are done. Call it in `describe` or at the top of a file. */
export function useGateway(settings: Settings = {}): () => RunningGateway {
  let gateway: RunningGateway | undefined;
  beforeAll(async () => {
    gateway = await startGateway(settings);
  });
  afterAll(async () => {
    await gateway?.stop();
  });
  return () => {
    if (gateway === undefined) throw new Error('the gateway has not started');
    return gateway;
  };
}

/** A gateway for one test; stopped when the test is over. */
export async function freshGateway(settings: Settings = {}): Promise<RunningGateway> {
  const gateway = await startGateway(settings);
  onTestFinished(() => gateway.stop());
  return gateway;
}
