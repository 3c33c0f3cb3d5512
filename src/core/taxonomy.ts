// What a finding means in the words of others: OWASP, MITRE ATLAS, STRIDE and NIST. The tables are data; ids that do not resolve stop the start.
import type { TaxonomyKey } from './types.ts';
import atlas from './taxonomy/atlas.json' with { type: 'json' };
import findingMap from './taxonomy/finding-map.json' with { type: 'json' };
import nist from './taxonomy/nist.json' with { type: 'json' };
import owasp from './taxonomy/owasp.json' with { type: 'json' };

type OwaspList = 'OWASP LLM' | 'OWASP Agentic' | 'OWASP GenAI Data Security';

/** `LLM03` means three things in three editions: an id is never without its list and its edition. */
interface OwaspEntry {
  readonly list: OwaspList;
  readonly edition: string;
  readonly id: string;
  readonly title: string;
}

interface AtlasEntry {
  readonly id: string;
  readonly name: string;
}

interface AtlasTechnique extends AtlasEntry {
  /** In the order of the ATLAS matrix. */
  readonly tactics: readonly AtlasEntry[];
  /** The technique that this one is a kind of. */
  readonly parent: AtlasEntry | undefined;
}

export type StrideLetter = 'S' | 'T' | 'R' | 'I' | 'D' | 'E';

/** One row of the default finding map. */
export interface Taxonomy {
  readonly key: TaxonomyKey;
  readonly about: string;
  /** The LLM list in both editions that are in use: most people still say 2025. */
  readonly owasp: readonly OwaspEntry[];
  /** Empty where no attacker need be at work. */
  readonly techniques: readonly AtlasTechnique[];
  readonly mitigations: readonly AtlasEntry[];
  readonly stride: readonly StrideLetter[];
  readonly nist: {
    /** Subcategories of the AI RMF 1.0 (NIST AI 100-1) of which a finding is evidence. */
    readonly subcategories: readonly { readonly id: string; readonly title: string }[];
    /** Risks of its generative AI profile (NIST AI 600-1). */
    readonly risks: readonly string[];
  };
}

/** The version of ATLAS that all ids here are of. */
export const ATLAS_VERSION: string = atlas.version;

export const STRIDE_NAMES: Readonly<Record<StrideLetter, string>> = {
  S: 'Spoofing',
  T: 'Tampering',
  R: 'Repudiation',
  I: 'Information disclosure',
  D: 'Denial of service',
  E: 'Elevation of privilege',
};

/** What a finding with this key means. */
export function taxonomyOf(key: TaxonomyKey): Taxonomy {
  return resolve(ROWS, key);
}

/** Whether a text is one of the keys: records of the past can hold keys that are gone. */
export function isTaxonomyKey(text: string): text is TaxonomyKey {
  return Object.hasOwn(MAP, text);
}

interface MapRow {
  readonly about: string;
  readonly llm2026: readonly string[];
  readonly agentic: readonly string[];
  readonly dataSecurity: readonly string[];
  readonly techniques: readonly string[];
  readonly mitigations: readonly string[];
  readonly stride: readonly string[];
  readonly nist: readonly string[];
  readonly nistRisks: readonly string[];
}

// The annotation makes a key without its row a compile error.
const MAP: Readonly<Record<TaxonomyKey, MapRow>> = findingMap;

/** All keys, in the order of the map. */
export const TAXONOMY_KEYS: readonly TaxonomyKey[] = Object.keys(MAP).filter(isTaxonomyKey);

const TECHNIQUES = byId(atlas.techniques);
const TACTICS = byId(atlas.tactics);
const MITIGATIONS = byId(atlas.mitigations);
const LLM = byId(owasp.llm);
const AGENTIC = byId(owasp.agentic);
const DATA_SECURITY = byId(owasp.dataSecurity);
const SUBCATEGORIES = byId(nist.subcategories);
const RISKS: ReadonlyMap<string, string> = new Map(nist.risks.map((name) => [name, name]));

const ROWS: ReadonlyMap<string, Taxonomy> = new Map(TAXONOMY_KEYS.map((key) => [key, toTaxonomy(key, MAP[key])]));

function toTaxonomy(key: TaxonomyKey, row: MapRow): Taxonomy {
  return {
    key,
    about: row.about,
    owasp: [
      ...row.llm2026.flatMap(toBothEditions),
      ...row.agentic.map((id) => ({ list: 'OWASP Agentic' as const, edition: '2026', id, title: resolve(AGENTIC, id).title })),
      ...row.dataSecurity.map((id) => ({
        list: 'OWASP GenAI Data Security' as const,
        edition: '2026',
        id,
        title: resolve(DATA_SECURITY, id).title,
      })),
    ],
    techniques: row.techniques.map(toTechnique),
    mitigations: row.mitigations.map((id) => ({ id, name: resolve(MITIGATIONS, id).name })),
    stride: row.stride.filter(isStride),
    nist: { subcategories: row.nist.map((id) => resolve(SUBCATEGORIES, id)), risks: row.nistRisks.map((name) => resolve(RISKS, name)) },
  };
}

// The lists of 2025 and 2026 hold the same ten entries under other numbers, one of them renamed.
function toBothEditions(id: string): readonly OwaspEntry[] {
  const { title, in2025, titleIn2025 } = resolve(LLM, id);
  return [
    { list: 'OWASP LLM', edition: '2026', id, title },
    { list: 'OWASP LLM', edition: '2025', id: in2025, title: titleIn2025 ?? title },
  ];
}

function toTechnique(id: string): AtlasTechnique {
  const { name, tactics, subtechnique_of: parent } = resolve(TECHNIQUES, id);
  return {
    id,
    name,
    tactics: tactics.map((tactic) => ({ id: tactic, name: resolve(TACTICS, tactic).name })),
    parent: parent === null ? undefined : { id: parent, name: resolve(TECHNIQUES, parent).name },
  };
}

function isStride(letter: string): letter is StrideLetter {
  return Object.hasOwn(STRIDE_NAMES, letter);
}

function byId<T extends { readonly id: string }>(entries: readonly T[]): ReadonlyMap<string, T> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}

function resolve<T>(entries: ReadonlyMap<string, T>, id: string): T {
  const entry = entries.get(id);
  if (entry === undefined) throw new TypeError(`the finding map names ${id}, which is not in its list`);
  return entry;
}
