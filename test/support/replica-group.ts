// Several gateways in this process that work together, over a real database and a real Valkey.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { parseConfig } from '../../src/app/config/load.ts';
import { startSallyport, type Sallyport } from '../../src/app/serve/sallyport.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { Settings } from './running-gateway.ts';
import { startUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

/** At least 32 characters, and no secret of anybody. */
export const REPLICA_SECRET = 'replica secret '.repeat(4);

export interface GroupReplica {
  readonly sallyport: Sallyport;
  readonly url: string;
  readonly adminUrl: string;
  readonly dataFolder: string;
  readonly databaseUrl: string;
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface ReplicaGroup {
  readonly upstream: ScriptedUpstream;
  readonly replicas: GroupReplica[];
  /** One more, or an old one again over its folder. */
  readonly add: (dataFolder?: string) => Promise<GroupReplica>;
  readonly newKey: (tenant: string, limits: object) => Promise<{ readonly key: string; readonly id: string }>;
}

export interface GroupOptions {
  readonly count: number;
  readonly databaseUrl: string;
  readonly valkeyUrl: string;
  readonly settings?: Settings;
  readonly clocks?: readonly Clock[];
}

export async function startGroup({ count, databaseUrl, valkeyUrl, settings = {}, clocks = [] }: GroupOptions): Promise<ReplicaGroup> {
  const upstream = await startUpstream();
  const replicas: GroupReplica[] = [];
  const folders: string[] = [];
  const add = async (dataFolder = mkdtempSync(join(tmpdir(), 'sallyport-replica-'))): Promise<GroupReplica> => {
    folders.push(dataFolder);
    const log: string[] = [];
    const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => (log.push(chunk.toString('utf8')), done()) });
    const config = parseConfig(
      JSON.stringify({
        listen: '127.0.0.1:0',
        admin: { listen: '127.0.0.1:0' },
        upstreams: { main: { kind: 'openai-compatible', url: upstream.url, trust: 'self-hosted' } },
        ...settings,
        http: { drainMs: 500, ...(settings['http'] as Settings | undefined) },
        replicas: {
          secret: REPLICA_SECRET,
          onCounterLoss: 'refuse',
          onKillLoss: 'refuse',
          ...(settings['replicas'] as Settings | undefined),
        },
      }),
      'test.yaml',
    );
    const clock = clocks[replicas.length];
    const environment = { DATABASE_URL: databaseUrl, VALKEY_URL: valkeyUrl };
    const options = { config, dataFolder, environment, log: pino({ level: 'warn', base: null }, sink) };
    const sallyport = await startSallyport({ ...options, ...(clock === undefined ? {} : { clock }) });
    let stopped: Promise<void> | undefined;
    const replica: GroupReplica = {
      sallyport,
      url: `http://127.0.0.1:${sallyport.data.port}/v1`,
      adminUrl: `http://127.0.0.1:${sallyport.admin.port}`,
      dataFolder,
      databaseUrl,
      log,
      stop: () => (stopped ??= sallyport.stop()),
    };
    replicas.push(replica);
    return replica;
  };
  onTestFinished(async () => {
    for (const replica of replicas) await replica.stop();
    await upstream.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (let at = 0; at < count; at += 1) await add();
  return {
    upstream,
    replicas,
    add,
    async newKey(tenant, limits) {
      const [first] = replicas;
      if (first === undefined) throw new Error('a group has replicas');
      const made = await first.sallyport.rooms.keyStore.createKey({ tenant, limits, who: 'test' });
      await first.sallyport.rooms.catchUp();
      return made;
    },
  };
}
