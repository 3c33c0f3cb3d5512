// The configuration: what a route inherits, and that the schema for editors says what the reader does.
import { describe, expect, it } from 'vitest';
import { Fault } from '../../core/fault.ts';
import { compile } from './compile.ts';
import { configJsonSchema } from './json-schema.ts';
import { parseConfig } from './load.ts';

const compiled = (text: string) =>
  compile(parseConfig(text, 'test.yaml'), {
    clock: { nowMs: () => Date.UTC(2026, 10, 22), steadyMs: () => 0 },
    environment: {},
    demo: () => ({ call: () => ({ abort() {}, pause() {}, resume() {} }), close: async () => {} }),
  });

const UPSTREAM = 'upstreams: { main: { kind: demo } }';

function refusal(text: string): string {
  try {
    compiled(text);
    return 'accepted';
  } catch (error) {
    return error instanceof Fault ? error.message : String(error);
  }
}

describe('a route', () => {
  it('is under the policy of the installation when it names none', () => {
    const { routes } = compiled(`policy: { extends: strict }\n${UPSTREAM}\nroutes: [{ models: "*", upstream: main }]`);
    expect(routes[0]?.policy.name).toBe('strict');
  });

  it('is under its own policy when it names one', () => {
    const text = `policy: { extends: strict }\n${UPSTREAM}\nroutes: [{ models: "*", upstream: main, policy: { extends: observe } }]`;
    expect(compiled(text).routes[0]?.policy).toMatchObject({ name: 'observe', mode: 'observe' });
  });
});

describe('a reading level', () => {
  const level = (vocabulary: string): string => refusal(`${UPSTREAM}\npolicy: { lookFor: { vocabulary: ${vocabulary} } }`);
  it.each(['{ level: early }', '{ level: middle, language: en }', '{ level: own, allow: [Hund, Katze] }'])('is taken: %s', (text) =>
    expect(level(text)).toBe('accepted'),
  );
  it.each([
    ['{ level: early, language: de }', 'use level: own with words of your own'],
    ['{ level: own }', 'needs words of your own'],
    ['{ level: late }', 'policy.lookFor.vocabulary.level'],
  ])('is refused with a way out: %s', (text, reason) => expect(level(text)).toContain(reason));
});

describe('a bad configuration', () => {
  it.each([
    ['listen: 5', 'test.yaml:1:9 listen'],
    ['limits:\n  perMinute: many', 'test.yaml:2:14 limits.perMinute'],
    ['limits:\n  perMinit: 5', 'no such setting: perMinit'],
    ['a: 1\na: 2', 'test.yaml:2:1'],
    ['x: &x [1]\ny: *x', 'aliases'],
    ['auth: none\nlisten: 0.0.0.0:1', 'auth: none on 0.0.0.0:1'],
    ['admin: { listen: "0.0.0.0:1" }', 'has no TLS'],
    ['admin: { listen: "0.0.0.0:1", tls: { cert: c, key: k } }', 'need more than a key'],
    [`admin: { oidc: { issuer: "http://login.example", clientId: c, grants: [{ group: g, role: auditor }] } }`, 'without TLS'],
    ['admin: { oidc: { issuer: "https://login.example", clientId: c, grants: [] } }', 'test.yaml:1:'],
    ['admin: { oidc: { issuer: "https://login.example", clientId: c, grants: [{ group: g, role: caller }] } }', 'role'],
    ['policy: { shadow: { author: a, reason: r, expires: 2026-11-21 } }', 'held until 2026-11-21'],
  ])('%j is refused with its place', (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

describe('the JSON Schema', () => {
  it('knows every top-level setting, and requires none', () => {
    const schema = configJsonSchema() as { readonly properties: object; readonly required?: unknown };
    expect(new Set(Object.keys(schema.properties))).toEqual(new Set([...Object.keys(parseConfig('', 'x')), 'tls', 'secondLook']));
    expect(schema.required).toBeUndefined();
  });
});

it('types of an operator that are too dear together are refused, and say so', () => {
  const set = (count: number) => {
    const custom = Array.from({ length: count }, (_, nth) => ({ id: `t${nth}`, pattern: '[a-z]{100}[0-9]' }));
    return () => parseConfig(JSON.stringify({ detectors: { custom } }), 'x.yaml');
  };
  expect(set(99)).not.toThrow();
  expect(set(100)).toThrow(/too dear together/);
});
