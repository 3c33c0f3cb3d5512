// What is kept of recent answers: for whom, how long, how much.
import { describe, expect, it } from 'vitest';
import { ItemMemory } from './item-memory.ts';

const clockAt = (start: number) => {
  const clock = { now: start, nowMs: () => clock.now, steadyMs: () => clock.now };
  return clock;
};
const HOUR = (): number => 3_600_000;
const ada = { tenant: 'a', keyId: 'k1', pseudonym: 'p' };

describe('items of recent answers', () => {
  it('are known to the key that got them, and to no other key or tenant', () => {
    const memory = new ItemMemory(clockAt(0), HOUR);
    memory.of(ada).keep('msg_1', { type: 'message', text: 'x' });
    expect(memory.of(ada).recall('msg_1')).toEqual({ type: 'message', text: 'x' });
    expect(memory.of({ ...ada, keyId: 'k2' }).recall('msg_1')).toBeUndefined();
    expect(memory.of({ ...ada, tenant: 'b' }).recall('msg_1')).toBeUndefined();
    expect(memory.of(ada).recall('msg_2')).toBeUndefined();
  });

  it('are forgotten after an hour', () => {
    const clock = clockAt(0);
    const memory = new ItemMemory(clock, HOUR);
    memory.of(ada).keep('msg_1', { a: 1 });
    clock.now = 3_599_999;
    expect(memory.of(ada).recall('msg_1')).toBeDefined();
    clock.now = 3_600_000;
    expect(memory.of(ada).recall('msg_1')).toBeUndefined();
  });

  it('make room for newer ones, and one that is too long is not kept', () => {
    const memory = new ItemMemory(clockAt(0), HOUR);
    const door = memory.of(ada);
    door.keep('long', { text: 'x'.repeat(65_536) });
    expect(door.recall('long')).toBeUndefined();
    for (let index = 0; index < 300; index++) door.keep(`msg_${index}`, { text: 'x'.repeat(60_000) });
    expect(door.recall('msg_0')).toBeUndefined();
    expect(door.recall('msg_299')).toBeDefined();
    expect(Array.from({ length: 300 }, (_, index) => door.recall(`msg_${index}`)).filter((item) => item !== undefined)).toHaveLength(17);
    expect(memory.units).toBeLessThanOrEqual(1_048_576);
  });

  it('of one key make no room at the cost of another, and all together are bounded', () => {
    const memory = new ItemMemory(clockAt(0), HOUR);
    memory.of(ada).keep('msg_1', { a: 1 });
    for (let key = 0; key < 40; key++) {
      const door = memory.of({ tenant: 'b', keyId: `k${key}` });
      for (let index = 0; index < 20; index++) door.keep(`msg_${index}`, { text: 'x'.repeat(60_000) });
    }
    expect(memory.of(ada).recall('msg_1')).toEqual({ a: 1 });
    expect(memory.units).toBeLessThanOrEqual(8 * 1_048_576);
    expect(memory.units).toBeGreaterThan(7 * 1_048_576);
  });

  it('are not kept at all where nothing is to be, and what was kept before goes', () => {
    let keptMs = 3_600_000;
    const memory = new ItemMemory(clockAt(0), () => keptMs);
    memory.of(ada).keep('msg_1', { a: 1 });
    keptMs = 0;
    expect(memory.of(ada).recall('msg_1')).toBeUndefined();
    memory.sweep();
    memory.of(ada).keep('msg_2', { a: 1 });
    expect(memory.units).toBe(0);
  });

  it('go when their time is over, also where nobody asks', () => {
    const clock = clockAt(0);
    const memory = new ItemMemory(clock, HOUR);
    memory.of(ada).keep('msg_1', { a: 1 });
    clock.now = 1_800_000;
    memory.of(ada).keep('msg_2', { a: 1 });
    clock.now = 3_600_000;
    memory.sweep();
    expect(memory.of(ada).recall('msg_2')).toBeDefined();
    clock.now = 5_400_000;
    memory.sweep();
    expect(memory.units).toBe(0);
  });

  it('are forgotten for whoever is meant, and for nobody else', () => {
    const memory = new ItemMemory(clockAt(0), HOUR);
    memory.of(ada).keep('msg_1', { a: 1 });
    memory.of({ ...ada, keyId: 'k2' }).keep('msg_2', { a: 1 });
    memory.forget(({ keyId }) => keyId === 'k1');
    expect(memory.of(ada).recall('msg_1')).toBeUndefined();
    expect(memory.of({ ...ada, keyId: 'k2' }).recall('msg_2')).toBeDefined();
    memory.forget(() => true);
    expect(memory.units).toBe(0);
  });

  it('cannot be changed through what was given or got', () => {
    const memory = new ItemMemory(clockAt(0), HOUR);
    const item = { text: 'x' };
    memory.of(ada).keep('msg_1', item);
    item.text = 'y';
    const got = memory.of(ada).recall('msg_1');
    if (got !== undefined) got['text'] = 'z';
    expect(memory.of(ada).recall('msg_1')).toEqual({ text: 'x' });
  });
});
