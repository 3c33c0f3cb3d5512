// Marks lose no text, wherever the places stand.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toRuns } from './runs.ts';

const place = (start: number, end: number, name: string) => ({ start, end, name });

it('cuts where a place begins and ends, and names all that overlap', () => {
  expect(toRuns('abcdef', [place(1, 4, 'x'), place(3, 5, 'y')])).toEqual([
    { start: 0, text: 'a', names: [] },
    { start: 1, text: 'bc', names: ['x'] },
    { start: 3, text: 'd', names: ['x', 'y'] },
    { start: 4, text: 'e', names: ['y'] },
    { start: 5, text: 'f', names: [] },
  ]);
});

it('leaves out places that are not in the text', () => {
  expect(toRuns('ab', [place(1, 9, 'x'), place(-1, 1, 'x'), place(1, 1, 'x')])).toEqual([{ start: 0, text: 'ab', names: [] }]);
});

it('loses nothing', () => {
  const places = fc.array(fc.record({ start: fc.nat(20), end: fc.nat(20), name: fc.string() }));
  fc.assert(
    fc.property(fc.string(), places, (text, some) => {
      const runs = toRuns(text, some).map((run) => run.text);
      expect(runs.join('')).toBe(text);
    }),
  );
});
