// What an open console is told, and what it is spared; and that it is told nothing any more when its key is gone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { IndexFile } from '../../../io/state/index-file.ts';
import { RequestIndex } from '../../../watch/request-index/all-requests.ts';
import { closedEvent, numbered, openedEvent } from '../../../watch/request-index/all-requests.fixture.ts';
import { ControlLog, LiveFeed } from './live-feed.ts';
import { liveStream } from './live-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-live-'));
const index = new RequestIndex(IndexFile.open(join(folder, 'index.db')), 'ledger+1');
const ROWS = 1_200;
const clock = { now: 0, steadyMs: () => clock.now };
const made = Array.from({ length: ROWS }, (_, at) => ({
  id: `req_${String(at).padStart(20, '0')}`,
  atMs: at,
  tenant: at % 2 === 0 ? 'acme' : 'globex',
}));
index.apply(numbered(made.flatMap((one) => [openedEvent(one), closedEvent(one)])));

afterAll(() => {
  index.close();
  rmSync(folder, { recursive: true, force: true });
});

const count = (text: string | undefined, event: string): number =>
  (text ?? '').split('\n').filter((line) => line === `event: ${event}`).length;

describe('a live feed', () => {
  it('shows the newest of too many, and says how many it left out', () => {
    const feed = new LiveFeed({}, -1, clock);
    const text = feed.next(index, new ControlLog(), 2 * ROWS);
    expect(count(text, 'request')).toBe(500);
    expect(text).toContain('event: lag\ndata: {"dropped":700}');
    expect(text).toContain(made.at(-1)?.id);
  });

  it('shows as many as there was time for', () => {
    clock.now = 0;
    const feed = new LiveFeed({}, -1, clock);
    clock.now = 140;
    expect(count(feed.next(index, new ControlLog(), 2 * ROWS), 'request')).toBe(8 * 140);
  });

  it('waits until what it sent was taken, and sends nothing twice', () => {
    const feed = new LiveFeed({ tenant: 'acme' }, 2 * ROWS - 21, clock);
    expect(count(feed.next(index, new ControlLog(), 2 * ROWS), 'request')).toBe(5);
    const late = { id: 'req_late0000000000000000', atMs: ROWS, tenant: 'acme' };
    index.apply(numbered([openedEvent(late), closedEvent(late)], 2 * ROWS));
    expect(feed.next(index, new ControlLog(), 2 * ROWS + 2)).toBeUndefined();
    feed.ready();
    const text = feed.next(index, new ControlLog(), 2 * ROWS + 2);
    expect([count(text, 'request'), text?.includes(late.id)]).toEqual([1, true]);
    feed.ready();
    expect(feed.next(index, new ControlLog(), 2 * ROWS + 2)).toBeUndefined();
  });

  it('tells a tenant what was done about it, and nothing about others', () => {
    const controls = new ControlLog();
    const event = (kind: string, tenant?: string) => ({ kind, atMs: 1, data: { who: 'x' }, ...(tenant === undefined ? {} : { tenant }) });
    for (const record of numbered(
      [event('key.created', 'acme'), event('key.created', 'globex'), event('kill.ordered'), event('request.closed', 'acme')],
      9_000,
    ))
      controls.see(record);
    const told = (filter: object): number => count(new LiveFeed(filter, 8_999, clock).next(index, controls, 9_010), 'control');
    expect([told({}), told({ tenant: 'acme' }), told({ tenant: 'nobody' })]).toEqual([3, 1, 0]);
  });
});

describe('the stream', () => {
  it('beats, and ends when the key does not open this door any more', async () => {
    let beat = (): void => undefined;
    let isAllowed = true;
    const states = { isStopped: false, isBeating: true };
    const written: string[] = [];
    const deps = {
      rooms: { ledger: { status: () => ({ durableCount: 50 }) } },
      index: { watch: async () => () => void (states.isStopped = true) },
      every: (_ms: number, then: () => void) => {
        beat = then;
        return () => void (states.isBeating = false);
      },
    };
    const call = { headers: { 'last-event-id': '12' }, isStillAllowed: () => isAllowed };
    const outgoing = { onGone: () => undefined, write: (text: string) => written.push(text) > 0, drained: async () => undefined };
    const { pump } = await liveStream(deps as never, call as never, {});
    const pumped = pump(outgoing as never);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    beat();
    expect(written).toEqual(['retry: 2000\n\n', ': \n\n']);
    isAllowed = false;
    beat();
    await pumped;
    expect(states).toEqual({ isStopped: true, isBeating: false });
  });
});
