// The thread that keeps the index of requests: it reads the ledger's files by itself, so that looking costs the request path nothing.
import { parentPort, workerData } from 'node:worker_threads';
import { accessFault } from '../../../access/faults.ts';
import { Fault } from '../../../core/fault.ts';
import { systemClock } from '../../../io/clock.ts';
import { diskFiles } from '../../../io/files/disk-files.ts';
import { IndexFile } from '../../../io/state/index-file.ts';
import { stepBack } from '../../../io/step-back.ts';
import type { LedgerRecord } from '../../../ledger/record.ts';
import { LedgerTail } from '../../../watch/request-index/ledger-tail.ts';
import { RequestIndex } from '../../../watch/request-index/all-requests.ts';
import { CandidateResults } from '../candidate-view.ts';
import { FindingGroups } from '../finding-groups.ts';
import { PolicyReplay } from '../policy-replay.ts';
import { exportRows } from './export-rows.ts';
import { recordProof, recordsFrom } from './ledger-range.ts';
import { ControlLog, LiveFeed } from './live-feed.ts';
import type { Answers, Ask, FromIndex, IndexStart, ToIndex } from './messages.ts';

const parseStart = (data: unknown): IndexStart => data as IndexStart;
const start = parseStart(workerData);
// Whoever looks waits a moment longer, so that those who ask models do not.
stepBack();

/** How long an answer waits for what is durable already to be read. */
const FRESH_MS = 150;
/** And how long for a request that is not found in what is read so far. */
const FIND_MS = 5_000;
const EXPORTS_MAX = 4;
const LOOKS_MAX = 2;

// A ledger that was put back from a backup is another one to the index, which is then made anew.
const identity = [start.ledger, ...start.restores.map(({ fromIndex, mark }) => `${mark}@${fromIndex}`)].join(' ');
const index = new RequestIndex(IndexFile.open(start.file), identity);
const tail = new LedgerTail(diskFiles, start.ledgerFolder, index.load(start.durableCount));
index.keys.learn(start.keys);

const controls = new ControlLog();
const feeds = new Map<number, LiveFeed>();
const exports = new Map<number, AsyncGenerator<string, void, undefined>>();
let target = start.durableCount;
let reading: Promise<void> | undefined;
/** Keys were made whose pseudonyms are asked for. */
let keysDue: PromiseWithResolvers<void> | undefined;

const tell = (message: FromIndex): void => parentPort?.postMessage(message);

/** Reads as far as it is durable. What goes wrong ends the thread; the next one goes on from what was saved. */
function follow(durableCount: number): Promise<void> {
  target = Math.max(target, durableCount);
  reading ??= readOn().finally(() => {
    reading = undefined;
  });
  return reading;
}

async function readOn(): Promise<void> {
  const made: string[] = [];
  while (tail.position.index < target) {
    for await (const records of tail.read(target)) {
      index.apply(records);
      for (const record of records) {
        controls.see(record);
        const { kind, data } = record.event;
        if (kind === 'key.created' && typeof data['id'] === 'string') made.push(data['id']);
      }
      if (index.isSaveDue) index.save(tail.position);
    }
  }
  if (made.length > 0) {
    keysDue ??= Promise.withResolvers();
    tell({ kind: 'newKeys', ids: made });
  }
  for (const [watchId, feed] of feeds) push(watchId, feed);
}

function push(watchId: number, feed: LiveFeed): void {
  const text = feed.next(index, controls, tail.position.index);
  if (text !== undefined) tell({ kind: 'live', watchId, text });
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function answer(ask: Ask, id: number): Promise<Answers[Ask['op']]> {
  switch (ask.op) {
    case 'page': {
      const page = index.page(ask);
      const isFirst = ask.cursor === undefined && ask.order === 'desc';
      return isFirst ? { ...page, items: [...index.underWay(ask.filter, ask.limit), ...page.items] } : page;
    }
    case 'facets':
      return index.facets(ask.filter);
    case 'series':
      return index.series(ask.filter, ask.span);
    case 'find':
      return index.find(ask.requestId) ?? null;
    case 'records':
      return recordsOf(ask.requestId);
    case 'range':
      return recordsFrom(ledgerFiles, { from: ask.from, to: Math.min(ask.from + ask.limit, target), begin: index.markBefore(ask.from) });
    case 'proof':
      return recordProof(ledgerFiles, ask.index, start.verifierKey);
    case 'spend':
      return index.spend(ask.span);
    case 'findings': {
      const groups = new FindingGroups(ask.filter);
      await lookThrough(ask.last, (record) => groups.add(record));
      return groups.list();
    }
    case 'replay': {
      // Taking a file of a stranger apart can take long, and must not hold up requests. Loaded by whoever asks for it.
      const { candidateOf } = await import('../candidate.ts');
      const replay = new PolicyReplay(candidateOf(ask.yaml, systemClock), ask.policies, ask.fromMs);
      await lookThrough(ask.last, (record) => replay.add(record, ask.tenant));
      return replay.result();
    }
    case 'candidate': {
      const view = new CandidateResults(ask.revisions);
      await lookThrough(ask.last, (record) => view.add(record, ask.tenant));
      return view.result();
    }
    case 'export':
      return beginExport(ask, id);
    case 'exportNext': {
      const rows = exports.get(ask.exportId);
      // Of a thread that has ended: half a file must not look like a whole one.
      if (rows === undefined) throw new Error('the thread that made this file has ended');
      const next = await rows.next();
      return next.done === true ? null : next.value;
    }
    case 'exportEnd':
      await exports.get(ask.exportId)?.return();
      exports.delete(ask.exportId);
      return null;
    case 'stop':
      await reading;
      index.save(tail.position);
      index.close();
      await tail.close();
      return null;
  }
}

const ledgerFiles = { files: diskFiles, directory: start.ledgerFolder };

async function recordsOf(requestId: string): Promise<readonly LedgerRecord[]> {
  if (index.find(requestId) === undefined) await Promise.race([follow(target), pause(FIND_MS)]);
  const row = index.find(requestId);
  const places = new Set([row?.opened, row?.closed].filter((place) => typeof place === 'number'));
  const found: LedgerRecord[] = [];
  for (const from of places) found.push(...(await recordsFrom(ledgerFiles, { from, to: from + 1, begin: index.markBefore(from) })).records);
  return found;
}

let looks = 0;

/** The last records, few looks at a time. Throws `overloaded`. */
async function lookThrough(last: number, look: (record: LedgerRecord) => void): Promise<void> {
  if (looks >= LOOKS_MAX)
    throw accessFault('overloaded', { reason: `${looks} looks into the ledger are under way` }, { retryAfterSeconds: 1 });
  looks += 1;
  const from = Math.max(0, target - last);
  const reader = new LedgerTail(diskFiles, start.ledgerFolder, index.markBefore(from));
  try {
    await reader.skipTo(from);
    for await (const records of reader.read(target)) for (const record of records) look(record);
  } finally {
    looks -= 1;
    await reader.close();
  }
}

/** Under the id of the question: no two files have the same one, also not those of two threads. */
function beginExport(ask: Extract<Ask, { op: 'export' }>, exportId: number): { readonly exportId: number } {
  if (exports.size >= EXPORTS_MAX) throw new Error('too many exports are under way');
  const { ledgerFolder, ledger, productVersion, restores } = start;
  const context = { installation: ledger, productVersion, restores: restores.length === 0 ? undefined : restores };
  exports.set(exportId, exportRows({ index, files: diskFiles, ledgerFolder, context }, ask));
  return { exportId };
}

async function onAsk({ id, ask, durableCount }: Extract<ToIndex, { kind: 'ask' }>): Promise<void> {
  // An old index catches up within a moment; a new one answers from what it has, and says how far that is.
  if (ask.op !== 'exportNext') await Promise.race([follow(durableCount).then(() => keysDue?.promise), pause(FRESH_MS)]);
  try {
    tell({ kind: 'answer', id, answer: await answer(ask, id), indexedUpTo: tail.position.index });
  } catch (error) {
    const fault = error instanceof Fault ? { code: error.code, status: error.status, fix: error.fix } : undefined;
    tell({ kind: 'refusal', id, reason: error instanceof Error ? error.message : 'unknown', fault });
  }
}

function onMessage(message: ToIndex): void {
  switch (message.kind) {
    case 'ask':
      return void onAsk(message);
    case 'follow':
      return void follow(message.durableCount);
    case 'keys':
      index.keys.learn(message.keys);
      keysDue?.resolve();
      keysDue = undefined;
      return undefined;
    case 'watch':
      return void feeds.set(message.watchId, new LiveFeed(message.filter, message.after, systemClock));
    case 'ready':
      return feeds.get(message.watchId)?.ready();
    case 'unwatch':
      return void feeds.delete(message.watchId);
  }
}

parentPort?.on('message', onMessage);
void follow(start.durableCount);
