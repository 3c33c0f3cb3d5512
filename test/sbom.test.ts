// The bill of materials names what the lock file installs, in the form that CycloneDX 1.6 asks for.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');
const make = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'sbom.js'), ...args], { encoding: 'utf8', maxBuffer: 33_554_432 });

const text = z.string().min(1);
const licences = z
  .array(z.union([z.strictObject({ license: z.strictObject({ id: text }) }), z.strictObject({ expression: text })]))
  .length(1);

/** By hand from https://cyclonedx.org/docs/1.6/json/: what we use of it, and nothing else. */
const schema = z.strictObject({
  $schema: z.literal('http://cyclonedx.org/schema/bom-1.6.schema.json'),
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
  version: z.literal(1),
  metadata: z.strictObject({
    tools: z.strictObject({ components: z.array(z.strictObject({ type: z.literal('application'), name: text, version: text })) }),
    component: z.strictObject({
      type: z.literal('application'),
      'bom-ref': text,
      name: text,
      version: text,
      description: text,
      licenses: licences,
      purl: text,
    }),
  }),
  components: z.array(
    z.strictObject({
      type: z.literal('library'),
      'bom-ref': text,
      group: z.string().regex(/^@/).optional(),
      name: text,
      version: text,
      scope: z.enum(['required', 'optional', 'excluded']),
      hashes: z.array(z.strictObject({ alg: z.literal('SHA-512'), content: z.string().regex(/^[0-9a-f]{128}$/) })).length(1),
      licenses: licences.optional(),
      purl: z.string().regex(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d/),
    }),
  ),
  dependencies: z.array(z.strictObject({ ref: text, dependsOn: z.array(text) })),
});

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly version: string }>>;
}

describe('the bill of materials', () => {
  it.each([[[]], [['--dev']]])('has the form of CycloneDX 1.6 and every package of the lock file %j', (args) => {
    const bill = schema.parse(JSON.parse(make(...args)));
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
    const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && (args.length > 0 || dev !== true));
    expect(bill.components.length).toBe(installed.length);
    const refs = new Set([bill.metadata.component['bom-ref'], ...bill.components.map((one) => one['bom-ref'])]);
    expect(refs.size).toBe(bill.components.length + 1);
    // Every arrow leads somewhere, and everything is needed by something.
    const arrows = bill.dependencies.flatMap(({ dependsOn }) => dependsOn);
    expect(arrows.filter((ref) => !refs.has(ref))).toEqual([]);
    expect(bill.dependencies.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
    const direct = bill.dependencies.find(({ ref }) => ref === bill.metadata.component['bom-ref'])?.dependsOn ?? [];
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
    for (const name of Object.keys(dependencies))
      expect(direct.some((ref) => ref.includes(`/${name}@`) || ref.includes(`/${name.replace('@', '%40')}@`))).toBe(true);
  });

  it('is the same for the same lock file', () => expect(make()).toBe(make()));
});

describe('the release workflow', () => {
  const workflow = parse(readFileSync(join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8')) as {
    permissions: Record<string, string>;
    jobs: Record<
      string,
      { permissions?: Record<string, string>; steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }
    >;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  it('gives no job more rights than it needs, and keeps no credentials in the checkout', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) expect(job.permissions).toBeDefined();
    for (const { with: given } of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
      expect(given).toMatchObject({ 'persist-credentials': false });
  });

  it('checks, makes the bill of materials and publishes with provenance', () => {
    const runs = steps.map(({ run }) => run ?? '').join('\n');
    expect(runs).toMatch(/\.ci\/run/);
    expect(runs).toMatch(/node scripts\/sbom\.js/);
    expect(runs).toMatch(/npm publish .*--provenance/);
  });
});
