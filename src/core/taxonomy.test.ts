// Every id resolves, every name is the one of its list, nothing retired is cited anywhere in the tree.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATLAS_VERSION, isTaxonomyKey, STRIDE_NAMES, TAXONOMY_KEYS, taxonomyOf } from './taxonomy.ts';
import atlas from './taxonomy/atlas.json' with { type: 'json' };
import findingMap from './taxonomy/finding-map.json' with { type: 'json' };
import nist from './taxonomy/nist.json' with { type: 'json' };
import owasp from './taxonomy/owasp.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '..', '..');

/** Ids that people still cite and that ATLAS 2026.09 does not have. */
const GONE = [9, 19, 22, 23, 26, 27, 28, 30, 32, 33, 38, 39, 45, 58, 104].map((number) => `AML.T${String(number).padStart(4, '0')}`);

const atlasIds = new Set([...atlas.tactics, ...atlas.techniques, ...atlas.mitigations].map(({ id }) => id));
const all = TAXONOMY_KEYS.map(taxonomyOf);

describe('the table of ATLAS', () => {
  it('is whole: as many entries as its version has, none twice, with its licence', () => {
    const parents = atlas.techniques.filter((technique) => technique.subtechnique_of === null);
    expect({
      tactics: atlas.tactics.length,
      techniques: parents.length,
      subtechniques: atlas.techniques.length - parents.length,
      mitigations: atlas.mitigations.length,
    }).toEqual(atlas.counts);
    expect(atlasIds.size).toBe(atlas.tactics.length + atlas.techniques.length + atlas.mitigations.length);
    expect(ATLAS_VERSION).toBe('2026.09');
    expect(atlas.licence).toContain('Apache License 2.0');
  });

  it('holds no id that is gone, and knows what replaced those that were retired', () => {
    expect(GONE.filter((id) => atlasIds.has(id))).toEqual([]);
    expect(atlas.retired.map(({ id }) => id).filter((id) => !GONE.includes(id))).toEqual([]);
    expect(atlas.retired.filter(({ replaced_by }) => !atlasIds.has(replaced_by))).toEqual([]);
  });

  it('names parents and tactics that exist', () => {
    for (const { id, tactics, subtechnique_of: parent } of atlas.techniques) {
      expect(parent, id).toBe(id.includes('.', 4) ? id.slice(0, id.lastIndexOf('.')) : null);
      expect([...tactics, ...(parent === null ? [] : [parent])].filter((other) => !atlasIds.has(other))).toEqual([]);
    }
  });
});

describe('the lists of OWASP', () => {
  it('number the same ten entries anew from 2025 to 2026', () => {
    expect(owasp.llm.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, at) => `LLM${String(at + 1).padStart(2, '0')}`));
    expect(owasp.llm.map(({ in2025 }) => in2025).sort()).toEqual(owasp.llm.map(({ id }) => id));
    expect(owasp.llm.map(({ id, in2025 }) => `${id}=${in2025}`).join(' ')).toBe(
      'LLM01=LLM01 LLM02=LLM02 LLM03=LLM06 LLM04=LLM03 LLM05=LLM04 LLM06=LLM10 LLM07=LLM09 LLM08=LLM07 LLM09=LLM08 LLM10=LLM05',
    );
  });

  it('say for a taken prompt what each edition calls it', () => {
    expect(taxonomyOf('hidden-prompt-taken').owasp).toEqual([
      { list: 'OWASP LLM', edition: '2026', id: 'LLM08', title: 'Hidden Context Exposure' },
      { list: 'OWASP LLM', edition: '2025', id: 'LLM07', title: 'System Prompt Leakage' },
      { list: 'OWASP Agentic', edition: '2026', id: 'ASI01', title: 'Agent Goal Hijack' },
    ]);
  });
});

describe('the tables of NIST', () => {
  it('hold subcategories that the AI RMF has: 72 in all', () => {
    const counts: Readonly<Record<string, readonly number[]>> = nist.counts;
    expect(
      Object.values(counts)
        .flat()
        .reduce((sum, count) => sum + count, 0),
    ).toBe(72);
    for (const { id } of nist.subcategories) {
      const [, word = '', category = 0, number = 0] = /^([A-Z]+) ([1-9])\.([1-9]\d?)$/.exec(id) ?? [];
      expect(Number(number), id).toBeGreaterThan(0);
      expect(Number(number), id).toBeLessThanOrEqual(counts[word]?.[Number(category) - 1] ?? 0);
    }
    expect(nist.risks.length).toBe(12);
  });

  it('name for each finding what it is evidence of, and hold nothing that no finding needs', () => {
    for (const { key, nist: named } of all) {
      expect(
        named.subcategories.map(({ id }) => id),
        key,
      ).toEqual(findingMap[key].nist);
      expect(named.risks, key).toEqual(findingMap[key].nistRisks);
      expect([named.subcategories.length > 0, named.risks.length > 0], key).toEqual([true, true]);
    }
    const used = new Set(all.flatMap(({ nist: named }) => named.subcategories.map(({ id }) => id)));
    expect(nist.subcategories.filter(({ id }) => !used.has(id))).toEqual([]);
  });
});

describe('the finding map', () => {
  it('resolves every id to the name that its list gives it', () => {
    for (const { key, owasp: entries, techniques, mitigations } of all) {
      const row = findingMap[key];
      expect(techniques.map(({ id }) => id)).toEqual(row.techniques);
      expect(mitigations.map(({ id }) => id)).toEqual(row.mitigations);
      for (const { id, name } of techniques) expect(name).toBe(atlas.techniques.find((technique) => technique.id === id)?.name);
      for (const { id, name } of mitigations) expect(name).toBe(atlas.mitigations.find((mitigation) => mitigation.id === id)?.name);
      expect(entries.filter(({ title }) => title === '')).toEqual([]);
    }
  });

  it('gives each key a list of somebody else and at least one STRIDE letter, none dropped', () => {
    for (const { key, owasp: entries, techniques, stride } of all) {
      expect(entries.length + techniques.length, key).toBeGreaterThan(0);
      expect(stride, key).toEqual(findingMap[key].stride);
      expect(stride.length, key).toBeGreaterThan(0);
      expect(stride.every((letter) => letter in STRIDE_NAMES)).toBe(true);
    }
  });

  it('tells a sub-technique from its parent', () => {
    expect(taxonomyOf('direct-injection').techniques).toEqual([
      {
        id: 'AML.T0051.000',
        name: 'Direct',
        tactics: [{ id: 'AML.TA0005', name: 'Execution' }],
        parent: { id: 'AML.T0051', name: 'LLM Prompt Injection' },
      },
    ]);
  });

  it('knows its keys from other words', () => {
    expect([isTaxonomyKey('jailbreak'), isTaxonomyKey('toString'), isTaxonomyKey('')]).toEqual([true, false, false]);
  });
});

describe('the whole tree', () => {
  it('cites no ATLAS id that is unknown or retired', () => {
    const self = /taxonomy\/atlas\.json$|taxonomy\.test\.ts$/;
    const wrong = ['src', 'docs', 'corpus'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /\.(ts|json|jsonl|md)$/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !self.test(path))
        .flatMap((path) =>
          [...readFileSync(path, 'utf8').matchAll(/AML\.(?:TA|T|M)\d{4}(?:\.\d{3})?/g)]
            .map(([id]) => id)
            .filter((id) => !atlasIds.has(id))
            .map((id) => `${path}: ${id}`),
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('has a page of the taxonomy that says what the tables say', () => {
    expect(execFileSync(process.execPath, [join(ROOT, 'scripts', 'docs-taxonomy.js'), '--check'], { encoding: 'utf8' })).toContain(
      'is current',
    );
  });
});
