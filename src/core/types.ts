// The words that mean one thing in every room. Types only: nothing here runs.

/** How far a part is trusted. It is decided by where the text stood, never by what it says. */
export type Origin = 'operator' | 'user' | 'model' | 'retrieved' | 'tool';

/** Input is what goes to the model, output is what comes back. */
export type Direction = 'input' | 'output';

export type FindingClass =
  | 'injection'
  | 'jailbreak'
  | 'secret'
  | 'personal-data'
  | 'leak'
  | 'harm'
  | 'exfiltration'
  | 'unsafe-output'
  | 'tool-abuse'
  | 'policy';

/** The five bypass families of injection and jailbreak. */
export type Family = 'role_play' | 'obfuscation' | 'instruction_hijack' | 'contextual_framing' | 'translation_chaining';

export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical';

/** Rows of the default finding map in `taxonomy.ts`; each resolves to OWASP, ATLAS and STRIDE ids. */
export type TaxonomyKey =
  | 'direct-injection'
  | 'indirect-injection'
  | 'jailbreak'
  | 'obfuscated-prompt'
  | 'sensitive-input'
  | 'sensitive-output'
  | 'session-bleed'
  | 'hidden-prompt-taken'
  | 'tool-abuse'
  | 'destructive-tool-call'
  | 'tool-poisoning'
  | 'unsafe-artifact'
  | 'training-poison'
  | 'retrieval-poison'
  | 'memory-poison'
  | 'exfiltration'
  | 'resource-abuse'
  | 'model-extraction'
  | 'unsafe-sink'
  | 'unfounded-output'
  | 'key-misuse'
  | 'scope-drift'
  | 'guard-disabled'
  | 'model-evasion'
  | 'shadow-ai';

/**
 * Something noticed: a value, never thrown.
 * `start` and `end` are UTF-16 code units of the original text at `pointer`, end exclusive.
 */
export interface Finding {
  /** Stable rule id, for example `secrets.aws-access-key`. */
  readonly rule: string;
  readonly class: FindingClass;
  readonly family?: Family;
  /** Data type of the matched text, for example `CREDIT_CARD` or `aws_access_key`. */
  readonly type?: string;
  readonly severity: Severity;
  /** Calibrated confidence from 0 to 1. */
  readonly score: number;
  readonly start: number;
  readonly end: number;
  /** JSON pointer (RFC 6901) into the exchange; absent while a detector looks at a bare text. */
  readonly pointer?: string;
  /** Why, in words that never quote the matched text. */
  readonly reason: string;
  readonly taxonomy: TaxonomyKey;
}

/**
 * A stage of the injection cascade: phrases, the learned weights that ship, a second look where the first left a doubt, likeness to what
 * was blocked lately.
 */
export type Stage = 'rules' | 'fast' | 'strong' | 'memory';

/** Failing to look is not finding nothing: the two states cannot be confused. */
export type Report =
  | { readonly state: 'looked'; readonly findings: readonly Finding[] }
  | { readonly state: 'failed'; readonly code: FailureCode; readonly findings: readonly Finding[] };

/** Why a detector could not finish its look. */
export type FailureCode = 'out_of_budget' | 'detector_error' | 'text_too_long' | 'worker_lost' | 'queue_full';

/** What a policy can say of an exchange, from mildest to strictest. */
export type Action = 'allow' | 'record' | 'redact' | 'tokenise' | 'hold' | 'reroute' | 'block';

/** A caller, known by the key it presented. The pseudonym is what records carry. */
export interface Principal {
  readonly tenant: string;
  readonly keyId: string;
  readonly pseudonym: string;
}

/** JSON as `JSON.parse` gives it. */
export type Json = string | number | boolean | null | JsonArray | JsonObject;
export type JsonArray = Json[];
export interface JsonObject {
  [key: string]: Json;
}

/** Something that happened. The ledger keeps it in order; it never holds plain prompt text. */
export interface LedgerEvent {
  /** Dotted name, for example `request.opened`, `request.closed`, `kill.ordered`, `key.created`. */
  readonly kind: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly tenant?: string;
  readonly requestId?: string;
  readonly data: JsonObject;
}
