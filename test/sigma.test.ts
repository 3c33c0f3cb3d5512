// The rules that we hand out find what our events say, and not what only looks like it. The dashboard shows metrics that exist.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import atlas from '../src/core/taxonomy/atlas.json' with { type: 'json' };
import type { JsonObject } from '../src/core/types.ts';
import type { LedgerRecord } from '../src/ledger/record.ts';
import { everyEvent } from '../src/watch/receivers/every-record.fixture.ts';
import { closed, finding, findings, opened, record } from '../src/watch/ocsf/records.fixture.ts';
import { freshGateway } from './support/running-gateway.ts';
import { correlates, correlationSchema, matches, ruleSchema, type OcsfEvent } from './support/sigma.ts';

const DEPLOY = join(import.meta.dirname, '..', 'deploy');
const FILES = globSync('*.yml', { cwd: join(DEPLOY, 'sigma') }).sort();
const read = (name: string): Record<string, unknown> => parse(readFileSync(join(DEPLOY, 'sigma', name), 'utf8')) as Record<string, unknown>;
const all = FILES.map((name) => ({ name: basename(name, '.yml').replace('sallyport-', ''), file: read(name) }));
const rules = new Map(all.filter(({ file }) => 'detection' in file).map(({ name, file }) => [name, ruleSchema.parse(file)]));
const byName = new Map([...rules.values()].map((rule) => [rule.name, rule]));
const correlations = new Map(
  all.filter(({ file }) => 'correlation' in file).map(({ name, file }) => [name, correlationSchema.parse(file)]),
);

const eventsOf = (...records: readonly LedgerRecord[]): readonly OcsfEvent[] => everyEvent(records).map(({ event }) => event);
const input = (more: JsonObject): readonly OcsfEvent[] => eventsOf(opened(1, { verdict: 'block', findings: findings(finding(more)) }));
const output = (more: JsonObject): readonly OcsfEvent[] =>
  eventsOf(opened(1, {}, 'req_o'), closed(2, 'req_o', { verdict: 'redact', findings: findings(finding({ action: 'redact', ...more })) }));
const control = (kind: string, data: JsonObject): readonly OcsfEvent[] => eventsOf(record(1, kind, data, { tenant: 'acme' }));

/** By rule: events among which one has to be found, and events of which none may be. */
const CASES: Readonly<Record<string, readonly [found: (readonly OcsfEvent[])[], left: (readonly OcsfEvent[])[]]>> = {
  'injection-blocked': [
    [input({}), input({ class: 'jailbreak', rule: 'jailbreak.persona' })],
    [
      input({ action: 'record' }),
      input({ class: 'secret' }),
      eventsOf(opened(1, { verdict: 'would-block', findings: findings(finding()) })),
    ],
  ],
  'indirect-injection': [
    [input({ origin: 'retrieved' }), input({ origin: 'tool' })],
    [input({ origin: 'user' }), input({ origin: 'tool', severity: 'low' })],
  ],
  'secret-in-answer': [[output({ class: 'secret' })], [input({ class: 'secret' }), output({ class: 'personal-data' })]],
  'system-prompt-leak': [[output({ class: 'leak' })], [output({ class: 'secret' })]],
  'data-carried-out': [[output({ class: 'exfiltration' })], [output({ class: 'leak' })]],
  'guard-could-not-look': [[eventsOf(opened(1, { failure: 'out_of_budget' }))], [input({})]],
  'source-turned-away': [
    [control('access.shed', { level: 'key', keyId: 'k1' }), control('access.guessing', { client: 'c_1' })],
    [input({}), control('key.revoked', { id: 'k1' })],
  ],
  'stopped-by-order': [
    [control('kill.ordered', { scope: 'everything', who: 'op', reason: 'r', sequence: 1 }), control('kill.untrusted', { reason: 'r' })],
    [
      control('kill.ordered', { scope: 'upstream', subject: 'kill switch self-test', who: 'sallyport', reason: 'drill', sequence: 1 }),
      control('kill.resumed', { scope: 'everything', who: 'op', reason: 'r', sequence: 2 }),
    ],
  ],
  'guard-weakened': [
    [
      control('finding.accepted', { id: 'a1', author: 'op', rule: 'r' }),
      control('config.reloaded', { who: 'op', policy: 'standard', revision: 'x' }),
      control('key.created', { id: 'k1', scope: 'global', who: 'op' }),
    ],
    [control('key.created', { id: 'k1', scope: 'tenant', who: 'op' }), control('finding.withdrawn', { id: 'a1', who: 'op' })],
  ],
  'record-not-whole': [
    [
      control('ledger.tail_cut', { bytes: 3 }),
      control('ledger.restored', { who: 'op', records: 9 }),
      control('kill.self_test', { state: 'failed' }),
    ],
    [control('ledger.pruned', { to: 9, retainDays: 30 }), control('kill.self_test', { state: 'passed' })],
  ],
};

describe('Sigma rules', () => {
  it('are ten, each with its events, and no two with one id', () => {
    expect([...rules.keys()].sort()).toEqual(Object.keys(CASES).sort());
    expect(rules.size).toBe(10);
    const ids = [...rules.values(), ...correlations.values()].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const techniques = [...rules.values()]
      .flatMap(({ tags }) => tags)
      .flatMap((tag) => /^atlas\.(.+)$/.exec(tag)?.[1]?.toUpperCase() ?? []);
    expect(techniques.filter((id) => !JSON.stringify(atlas.techniques).includes(`"${id}"`))).toEqual([]);
  });

  it.each(Object.entries(CASES))('%s', (name, [found, left]) => {
    const rule = rules.get(name);
    if (rule === undefined) throw new Error(`no rule ${name}`);
    expect(found.map((events) => events.some((event) => matches(rule, event)))).toEqual(found.map(() => true));
    expect(left.map((events) => events.some((event) => matches(rule, event)))).toEqual(left.map(() => false));
  });

  const attack = (nth: number, more: JsonObject): LedgerRecord => {
    const made = opened(nth, { verdict: 'block', findings: findings(finding()), ...more }, `req_${nth}`);
    return { ...made, event: { ...made.event, atMs: 1_795_348_800_000 + nth * 30_000 } };
  };
  const fired = (name: string, records: readonly LedgerRecord[]): readonly string[] => {
    const correlation = correlations.get(name);
    if (correlation === undefined) throw new Error(`no correlation ${name}`);
    return correlates(correlation, byName, eventsOf(...records));
  };

  it('one-key-many-attacks fires at the tenth within ten minutes, for that key', () => {
    const many = Array.from({ length: 10 }, (_, nth) => attack(nth, { principal: 'p_bad' }));
    expect(fired('one-key-many-attacks', many)).toEqual(['p_bad']);
    expect(fired('one-key-many-attacks', many.slice(1))).toEqual([]);
    expect(
      fired(
        'one-key-many-attacks',
        many.map((_, nth) => attack(nth * 9, { principal: 'p_slow' })),
      ),
    ).toEqual([]);
  });

  it('one-key-many-machines fires for a key behind five addresses', () => {
    const from = (machines: number) =>
      Array.from({ length: 10 }, (_, nth) => attack(nth, { principal: 'p', client: `c_${nth % machines}` }));
    expect(fired('one-key-many-machines', from(5))).toEqual(['p']);
    expect(fired('one-key-many-machines', from(4))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('asks for metrics that exist, as what they are, and leaves none out', async () => {
    const dashboard = readFileSync(join(DEPLOY, 'grafana', 'sallyport.json'), 'utf8');
    const { panels, templating } = JSON.parse(dashboard) as {
      panels: { id: number; title: string; type: string; description?: string; targets?: { expr: string }[] }[];
      templating: { list: { name: string }[] };
    };
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
    const gateway = await freshGateway({ events: { receivers: { siem: { kind: 'http', url: 'http://127.0.0.1:9/' } } } });
    const text = await gateway.sallyport.metrics.text();
    const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]));
    const asked = new Set<string>();
    for (const { title, type, description, targets = [] } of panels.filter((panel) => panel.type !== 'row')) {
      expect(`${title}: ${description ?? ''}`).toMatch(/: .+/);
      expect(targets.length, title).toBeGreaterThan(0);
      for (const [name] of targets.flatMap(({ expr }) => [...expr.matchAll(/sallyport_\w+/g)])) {
        const metric = name.replace(/_bucket$/, '');
        expect(types.has(metric), `${title} (${type}) asks for ${name}`).toBe(true);
        expect(types.get(metric) === 'histogram', `${name} is read as what it is`).toBe(name.endsWith('_bucket'));
        asked.add(metric);
      }
    }
    // What is measured and nowhere shown would be measured for nobody.
    expect(
      [...types.keys()].filter((name) => name.startsWith('sallyport_') && !asked.has(name) && !/replica|shared|valkey/.test(name)),
    ).toEqual([]);
  });
});
