// A gateway put together part by part, so that a test can hand it a disk that fails or a guard that throws. Everything else is real.
import { CleanMemo } from '../../src/gateway/clean-memo.ts';
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compile } from '../../src/app/config/compile.ts';
import { parseConfig } from '../../src/app/config/load.ts';
import { FORMATS } from '../../src/app/serve/formats.ts';
import { loadDetectors } from '../../src/app/serve/guards.ts';
import { openRooms } from '../../src/app/serve/rooms.ts';
import { createMeaningJudge } from '../../src/detect/meaning/judge.ts';
import type { MeaningDetector, SpanDetector } from '../../src/detect/detector.ts';
import { createSpanScanner } from '../../src/detect/span/scanner.ts';
import type { GatewayDeps } from '../../src/gateway/deps.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { systemClock } from '../../src/io/clock.ts';
import { MemoryDisk } from '../../src/io/files/memory-disk.ts';
import { listen } from '../../src/io/http/listener.ts';
import { createUpstreamClient } from '../../src/io/http/upstream-client.ts';
import { systemRandom } from '../../src/io/random.ts';
import type { ImageDoor } from '../../src/lens/images/image-door.ts';
import { openLedger, type Ledger } from '../../src/ledger/ledger.ts';
import type { LedgerEvent } from '../../src/core/types.ts';
import { WIDE, type Settings } from './running-gateway.ts';
import { startUpstream, type ScriptedUpstream } from './scripted-upstream.ts';

export interface AssembledGateway {
  readonly upstream: ScriptedUpstream;
  readonly url: string;
  readonly key: string;
  /** The disk under the ledger. */
  readonly disk: MemoryDisk;
  readonly ledger: Ledger;
  readonly bugs: readonly unknown[];
  records(): Promise<readonly LedgerEvent[]>;
}

export interface Assembly {
  readonly settings?: Settings;
  /** Rules beside those that ship. */
  readonly meaning?: readonly MeaningDetector[];
  readonly spans?: readonly SpanDetector[];
  /** Looks into pictures. */
  readonly images?: ImageDoor;
}

/** Stops by itself when the test is over. */
export async function assembleGateway({ settings = {}, meaning = [], spans = [], images }: Assembly = {}): Promise<AssembledGateway> {
  const upstream = await startUpstream();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const file = { listen: '127.0.0.1:0', upstreams: { main: { kind: 'openai-compatible', url: upstream.url } }, ...settings };
  const compiled = compile(parseConfig(JSON.stringify(file), 'test.yaml'), {
    clock: systemClock,
    environment: {},
    demo: () => createUpstreamClient({ origin: upstream.url, timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1 }, connectionsMax: 1 }),
  });
  const shared = { clock: systemClock, random: systemRandom };
  const rooms = await openRooms({
    ...shared,
    dataFolder: folder,
    settings: compiled.access,
    ledger: { segmentBytesMax: 1_048_576 },
    onTrouble: () => {},
  });
  const disk = new MemoryDisk(1);
  const ledger = await openLedger({ ...shared, directory: '/ledger', files: disk.port() });
  const rules = await loadDetectors();
  const judge = createMeaningJudge([...rules.meaning, ...meaning]);
  const bugs: unknown[] = [];
  const deps: GatewayDeps = {
    ...shared,
    access: rooms.access,
    ledger,
    memo: new CleanMemo(),
    guards: {
      meaning: (text, look) => judge.judge(text, look.origin, look.context),
      spans: createSpanScanner([...rules.spans, ...spans]),
    },
    formats: FORMATS,
    ...(images === undefined ? {} : { images: () => images }),
    routes: () => compiled.routes,
    settings: () => compiled.gateway,
    tenantKey: () => createSecretKey(new Uint8Array(32)),
    acceptances: () => ({ isAccepted: () => false, fingerprintOf: () => '' }),
    models: () => Promise.resolve([]),
    metrics: { request() {}, finding() {}, candidate() {}, firstByte() {}, guard() {}, held() {} },
    yieldLoop: () => new Promise((resolve) => void setImmediate(resolve)),
    after(ms, then) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    onBug: (error) => bugs.push(error),
  };
  const listener = await listen({ host: '127.0.0.1', port: 0, handler: createGateway(deps).handle, onBug: (error) => bugs.push(error) });
  const { key } = await rooms.keyStore.createKey({ tenant: 'default', limits: WIDE, who: 'test' });
  await rooms.access.refresh();
  onTestFinished(async () => {
    await listener.close(0);
    for (const { client } of compiled.upstreams.values()) await client.close();
    disk.heal();
    await ledger.close().catch(() => {});
    await rooms.close();
    await upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    upstream,
    url: `http://127.0.0.1:${listener.port}/v1`,
    key,
    disk,
    ledger,
    bugs,
    async records() {
      const events: LedgerEvent[] = [];
      for await (const { event } of ledger.events()) events.push(event);
      return events;
    },
  };
}
