// One request as the index knows it, made from its one or two records.

export const VERDICTS = ['allow', 'redact', 'block', 'record', 'error', 'open'] as const;
/** `record`: something was noticed and let pass. `error`: it ended for another reason than a finding. `open`: it is under way. */
export type Verdict = (typeof VERDICTS)[number];

export const CLASSES = [
  'injection',
  'jailbreak',
  'secret',
  'personal-data',
  'leak',
  'harm',
  'exfiltration',
  'unsafe-output',
  'tool-abuse',
  'policy',
] as const;
export const FAMILIES = ['role_play', 'obfuscation', 'instruction_hijack', 'contextual_framing', 'translation_chaining'] as const;
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;

/** What a list shows. */
export interface RequestRow {
  readonly id: string;
  /** Unix milliseconds of its first record. */
  readonly at: number;
  readonly tenant: string;
  /** Null for a key that this installation does not know any more. */
  readonly keyId: string | null;
  readonly principal: string;
  readonly model: string;
  readonly upstream: string;
  readonly format: string;
  /** Null where its records do not say. */
  readonly streamed: boolean | null;
  /** Of the answer; null while there is none. */
  readonly status: number | null;
  readonly verdict: Verdict;
  /** The fault code of an early end. */
  readonly because: string | null;
  readonly findings: number;
  readonly topRule: string | null;
  readonly severity: string | null;
  readonly classes: readonly string[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly microUnits: number;
  readonly ms: number | null;
  readonly firstByteMs: number | null;
  /** Places in the ledger: where it was opened (null if it was refused before that), and where it ended (null while it has not). */
  readonly opened: number | null;
  readonly closed: number | null;
}

/** The same before it is packed into columns. */
export interface SealedRow {
  readonly id: string;
  readonly at: number;
  /** Index of the record that ended it: rows are in the order of these. */
  readonly closed: number;
  /** -1 without an opening record. */
  readonly opened: number;
  readonly tenant: string;
  readonly principal: string;
  readonly model: string;
  readonly upstream: string;
  readonly format: string;
  readonly streamed: boolean | undefined;
  readonly status: number;
  readonly verdict: Verdict;
  readonly because: string;
  readonly findings: number;
  readonly topRule: string;
  /** Sorted, without repeats. */
  readonly rules: readonly string[];
  /** Bits in the order of `CLASSES`, `FAMILIES` and `SEVERITIES`. */
  readonly classes: number;
  readonly families: number;
  readonly severities: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly microUnits: number;
  readonly ms: number | undefined;
  readonly firstByteMs: number | undefined;
}

/** The names of the bits that are set. */
export const namesOf = (bits: number, names: readonly string[]): readonly string[] => names.filter((_, at) => (bits & (1 << at)) !== 0);

/** The bit of a name; 0 for one that is not listed. */
export function bitOf(name: string | undefined, names: readonly string[]): number {
  const at = name === undefined ? -1 : names.indexOf(name);
  return at < 0 ? 0 : 1 << at;
}
