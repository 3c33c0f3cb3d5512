// A weakening holds until its last day: then a start refuses it, and a running gateway goes back to the safe setting by itself.
import { describe, expect, it } from 'vitest';
import { createDemoUpstream } from '../../gateway/demo/demo-upstream.ts';
import { compile, endWeakenings } from './compile.ts';
import { parseConfig } from './load.ts';

const DAY_MS = 86_400_000;
const LAST_DAY = Date.parse('2030-05-17T00:00:00Z');
const FILE = `
policy:
  onFailure: { input: allow, author: A. Person, reason: a trial, expires: 2030-05-17 }
  media: { allow: true, author: A. Person, reason: a trial, expires: 2030-05-18 }
routes:
  - { models: "*", upstream: main, policy: { shadow: { author: A. Person, reason: a trial, expires: 2030-05-17 } } }
upstreams: { main: { kind: openai-compatible, url: "http://127.0.0.1:1/v1" } }
`;

const clockAt = (nowMs: number) => ({ nowMs: () => nowMs, steadyMs: () => 0 });
const compileAt = (nowMs: number) =>
  compile(parseConfig(FILE, 'test'), { clock: clockAt(nowMs), environment: {}, demo: () => createDemoUpstream(() => () => {}) });

describe('weakenings', () => {
  it('hold on their last day', () => {
    const { policy, routes } = compileAt(LAST_DAY + DAY_MS - 1);
    expect([policy.onFailure.input, policy.media, routes[0]?.policy.mode]).toEqual(['allow', 'allow', 'observe']);
  });

  it('stop a start on the day after', () => {
    expect(() => compileAt(LAST_DAY + DAY_MS)).toThrow('policy.onFailure held until 2030-05-17.');
  });

  it('end one by one in a running gateway', () => {
    const running = compileAt(LAST_DAY);
    expect(endWeakenings(running, clockAt(LAST_DAY))).toBe(running);
    const next = endWeakenings(running, clockAt(LAST_DAY + DAY_MS));
    expect([next.policy.onFailure.input, next.policy.media, next.routes[0]?.policy.mode]).toEqual(['block', 'allow', 'enforce']);
    expect(endWeakenings(next, clockAt(LAST_DAY + 2 * DAY_MS)).policy.media).toBe('block');
  });
});
