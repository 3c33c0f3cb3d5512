// A policy that goes without a stage says who decided so and until when; then the stage is back.
import { describe, expect, it } from 'vitest';
import { createDemoUpstream } from '../../gateway/demo/demo-upstream.ts';
import { effectivePolicies } from '../admin/effective-policies.ts';
import { compile, endWeakenings } from './compile.ts';
import { parseConfig } from './load.ts';

const LAST_DAY = Date.parse('2030-05-17T00:00:00Z');
const DAY_MS = 86_400_000;
const BECAUSE = 'author: A. Person, reason: a trial, expires: 2030-05-17';
const clockAt = (nowMs: number) => ({ nowMs: () => nowMs, steadyMs: () => 0 });
const compiled = (stages: string, nowMs = LAST_DAY) =>
  compile(parseConfig(`policy: { stages: { ${stages} } }`, 'test'), {
    clock: clockAt(nowMs),
    environment: {},
    demo: () => createDemoUpstream(() => () => {}),
  });

describe('a stage that a policy goes without', () => {
  it('is off until its last day, shows among the weakenings, and makes another revision', () => {
    const off = compiled(`fast: { off: true, ${BECAUSE} }`);
    expect(off.policy.stagesOff).toEqual(['fast']);
    expect(off.policy.revision).not.toBe(compiled('').policy.revision);
    expect(effectivePolicies(off)[0]?.weakenings).toEqual([
      { what: 'stages.fast', off: true, author: 'A. Person', reason: 'a trial', expires: '2030-05-17' },
    ]);
    const after = endWeakenings(off, clockAt(LAST_DAY + DAY_MS));
    expect(after.policy).toEqual(compiled('').policy);
    expect(after.policy.stagesOff).toBeUndefined();
  });

  it('stops a start on the day after', () => {
    expect(() => compiled(`rules: { off: true, ${BECAUSE} }`, LAST_DAY + DAY_MS)).toThrow('policy.stages.rules held until 2030-05-17.');
  });

  it.each([['rules: { off: true }'], [`rules: { off: false, ${BECAUSE} }`], [`other: { off: true, ${BECAUSE} }`]])(
    'is refused: %s',
    (stages) => {
      expect(() => compiled(stages)).toThrow('not valid');
    },
  );
});
