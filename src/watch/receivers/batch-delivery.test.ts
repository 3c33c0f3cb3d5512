// A batch against places of every temper.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchDelivery, RefusedWhole } from './batch-delivery.ts';
import { ReceiverTrouble, TAKEN, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

const eventsOf = (count: number): ReceiverEvent[] =>
  Array.from({ length: count }, (_, at) => ({ uid: `u${at}`, event: { at }, line: JSON.stringify({ at }) }));

/** A place that keeps what it takes, and answers as it is told. */
function place(answer: (events: readonly ReceiverEvent[], call: number) => Outcome): Receiver & { readonly kept: string[]; calls: number } {
  const kept: string[] = [];
  const made = {
    kept,
    calls: 0,
    async deliver(events: readonly ReceiverEvent[]): Promise<Outcome> {
      made.calls += 1;
      const outcome = answer(events, made.calls);
      if (outcome.state === 'taken') kept.push(...events.map(({ uid }) => uid));
      if (outcome.state === 'mixed')
        kept.push(...events.flatMap(({ uid }, at) => (outcome.refused.has(at) || outcome.again.has(at) ? [] : [uid])));
      return outcome;
    },
    check: () => Promise.resolve({ state: 'ok', detail: '' } as const),
    close: () => Promise.resolve(),
  };
  return made;
}

const refusing = (poison: ReadonlySet<string>) =>
  place((events) => (events.some(({ uid }) => poison.has(uid)) ? { state: 'refused', reason: 'status 400' } : TAKEN));

describe('a batch', () => {
  it('leaves out exactly the events that a place refuses, and sends all others once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 40 }), fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 6 }), async (count, bad) => {
        const poison = new Set(bad.filter((at) => at < count).map((at) => `u${at}`));
        fc.pre(poison.size < count);
        const receiver = refusing(poison);
        const refused = await new BatchDelivery(receiver, eventsOf(count)).attempt();
        expect(new Set(refused.map(({ event }) => event.uid))).toEqual(poison);
        expect(receiver.kept).toEqual(
          eventsOf(count)
            .map(({ uid }) => uid)
            .filter((uid) => !poison.has(uid)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('gives nothing up where a place refuses everything, until one more event is taken', async () => {
    const receiver = refusing(new Set(['u0', 'u1']));
    const delivery = new BatchDelivery(receiver, eventsOf(2));
    await expect(delivery.attempt()).rejects.toBeInstanceOf(RefusedWhole);
    await expect(delivery.attempt()).rejects.toThrow('refuses everything: status 400');
    delivery.add([{ uid: 'u9', event: {}, line: '{}' }]);
    expect((await delivery.attempt()).map(({ event }) => event.uid)).toEqual(['u0', 'u1']);
    expect(receiver.kept).toEqual(['u9']);
  });

  it('sends after a trouble only what was not taken before it', async () => {
    const receiver = place((events, call) => {
      if (call === 3) throw new ReceiverTrouble('the line is dead');
      return events.length > 2 ? { state: 'refused', reason: 'too large' } : TAKEN;
    });
    const delivery = new BatchDelivery(receiver, eventsOf(8));
    await expect(delivery.attempt()).rejects.toThrow('the line is dead');
    expect(await delivery.attempt()).toEqual([]);
    expect(receiver.kept).toEqual(eventsOf(8).map(({ uid }) => uid));
    expect(delivery.taken).toBe(8);
  });

  it('sends again what was put off, and leaves a place alone that puts off for ever', async () => {
    const once = place((_events, call) => ({ state: 'mixed', refused: new Map(), again: new Set(call === 1 ? [1, 2] : []) }));
    expect(await new BatchDelivery(once, eventsOf(4)).attempt()).toEqual([]);
    expect(once.kept).toEqual(['u0', 'u3', 'u1', 'u2']);
    const ever = place((events) => ({ state: 'mixed', refused: new Map(), again: new Set(events.keys()) }));
    await expect(new BatchDelivery(ever, eventsOf(4)).attempt()).rejects.toThrow('only a part');
    expect(ever.calls).toBe(3);
  });

  it('is not held up by an event that cannot be put into a form', async () => {
    const receiver = place((events) => {
      if (events.some(({ uid }) => uid === 'u3')) throw new TypeError('no such thing');
      return TAKEN;
    });
    const refused = await new BatchDelivery(receiver, eventsOf(9)).attempt();
    expect(refused.map(({ event, reason }) => [event.uid, reason])).toEqual([['u3', 'it cannot be put into this form: no such thing']]);
    expect(receiver.kept).toHaveLength(8);
  });
});
