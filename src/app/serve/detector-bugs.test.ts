// A detector that throws is named in the log and counted, and not a word of the text goes with it.
import { describe, expect, it } from 'vitest';
import type { MeaningDetector } from '../../detect/detector.ts';
import { bugOf, DetectorBugs, tellingParts, TellingWatch, type DetectorBug } from './detector-bugs.ts';
import { createMeaningGuard } from './meaning-guard.ts';
import { StageShares } from './stage-shares.ts';

const SECRET = 'the text that it choked on';

const broken: MeaningDetector = {
  kind: 'meaning',
  id: 'test.broken',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'direct-injection',
  about: 'Throws.',
  judge({ original }) {
    throw new RangeError(`cannot read ${original}`);
  },
};

const told = () => {
  const lines: unknown[] = [];
  return { lines, bugs: new DetectorBugs({ error: (...line: unknown[]) => void lines.push(line) }) };
};

describe('a rule that throws', () => {
  it('is told of by its id and the name of the error, while the guard says that it has not looked', async () => {
    const { lines, bugs } = told();
    const secondLook = { review: (report: unknown) => report } as never;
    const guard = createMeaningGuard({
      parts: [broken],
      shares: new StageShares(),
      secondLook,
      onBug: bugs.take,
      underWay: new Int32Array(new SharedArrayBuffer(4)),
    });
    lines.length = 0;
    const before = bugs.counts.get('test.broken') ?? 0;
    const look = { direction: 'input', origin: 'user', context: {} } as const;
    expect(await guard.meaning(SECRET, look, 't')).toMatchObject({ state: 'failed', code: 'detector_error' });
    expect(bugs.counts.get('test.broken')).toBe(before + 1);
    await guard.close();
  });

  it('has one line in the log, however often it throws, and no text in it', () => {
    const { lines, bugs } = told();
    const [part] = tellingParts([broken], bugs.take);
    for (let nth = 0; nth < 50; nth += 1)
      expect(() => (part as MeaningDetector).judge({ original: SECRET, views: [], origin: 'user', context: {} })).toThrow(RangeError);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject([{ detector: 'test.broken', err: { type: 'RangeError' } }, expect.stringContaining('failed by a bug')]);
    expect(JSON.stringify(lines)).not.toContain('choked');
    expect(JSON.stringify(lines)).toContain('detector-bugs.test');
    expect(bugs.counts.get('test.broken')).toBe(50);
  });

  it('does not keep another one from being told of', () => {
    const { lines, bugs } = told();
    bugs.take(bugOf('one', new Error(SECRET)));
    bugs.take(bugOf('two', SECRET));
    expect(lines).toMatchObject([
      [{ detector: 'one', err: { type: 'Error' } }, expect.anything()],
      [{ detector: 'two', err: { type: 'unknown' } }, expect.anything()],
    ]);
  });
});

describe('a watch that throws', () => {
  it('is told of by its name, and throws on', () => {
    class BrokenWatch {
      readonly clearTo = 7;
      read(): never {
        throw new TypeError(SECRET);
      }
    }
    const heard: DetectorBug[] = [];
    const watch = new TellingWatch(new BrokenWatch(), (bug) => heard.push(bug));
    expect(() => watch.read('x', true)).toThrow(TypeError);
    expect(watch.clearTo).toBe(7);
    expect(heard).toMatchObject([{ detector: 'BrokenWatch', error: 'TypeError' }]);
    expect(JSON.stringify(heard)).not.toContain('choked');
  });
});
