// What the admin plane and the index's thread say to each other.
import type { LedgerRecord } from '../../../ledger/record.ts';
import type { Restore } from '../../../watch/ocsf/event.ts';
import type { RequestFilter } from '../../../watch/request-index/filter.ts';
import type { KeyPair } from '../../../watch/request-index/key-names.ts';
import type { RequestRow } from '../../../watch/request-index/row.ts';
import type { Facets } from '../../../watch/request-index/scan.ts';
import type { Bucket, Span } from '../../../watch/request-index/series.ts';
import type { SpendSpan } from '../../../watch/request-index/spend.ts';
import type { Policy } from '../../../policy/policy.ts';
import type { FindingFilter, FindingGroup } from '../finding-groups.ts';
import type { CandidateView } from '../candidate-view.ts';
import type { Replay } from '../policy-replay.ts';
import type { RecordProof, RecordRun } from './ledger-range.ts';

export const EXPORT_FORMATS = ['csv', 'json', 'ocsf'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How the thread begins. */
export interface IndexStart {
  readonly file: string;
  readonly ledgerFolder: string;
  /** Name and key hash of the ledger, as its checkpoints carry them. */
  readonly ledger: string;
  readonly verifierKey: string;
  readonly productVersion: string;
  /** Where the ledger was put back from a backup: what was read before may not be what it holds now. */
  readonly restores: readonly Restore[];
  readonly durableCount: number;
  readonly keys: readonly KeyPair[];
}

export interface PageAsk {
  readonly op: 'page';
  readonly filter: RequestFilter;
  readonly limit: number;
  readonly cursor: number | undefined;
  readonly order: 'desc' | 'asc';
}

export interface RowPageAnswer {
  readonly items: readonly RequestRow[];
  readonly nextCursor: number | null;
}

/** What one key has spent, bucket by bucket. */
export interface SpenderAnswer {
  readonly tenant: string;
  readonly keyId: string | null;
  readonly microUnits: readonly number[];
}

/** Everything that is asked and answered, by name. */
export interface Answers {
  readonly page: RowPageAnswer;
  readonly facets: Facets;
  readonly series: readonly Bucket[];
  readonly find: RequestRow | null;
  /** The records of one request. Empty for one that the index does not know. */
  readonly records: readonly LedgerRecord[];
  readonly range: RecordRun;
  readonly proof: RecordProof;
  readonly spend: readonly SpenderAnswer[];
  readonly findings: readonly FindingGroup[];
  readonly replay: Replay;
  readonly candidate: CandidateView;
  readonly export: { readonly exportId: number };
  /** The next piece of a file; null at its end. */
  readonly exportNext: string | null;
  readonly exportEnd: null;
  readonly stop: null;
}

export type Ask =
  | PageAsk
  | { readonly op: 'facets'; readonly filter: RequestFilter }
  | { readonly op: 'series'; readonly filter: RequestFilter; readonly span: Span }
  | { readonly op: 'find'; readonly requestId: string }
  | { readonly op: 'records'; readonly requestId: string }
  | { readonly op: 'range'; readonly from: number; readonly limit: number }
  | { readonly op: 'proof'; readonly index: number }
  | { readonly op: 'spend'; readonly span: SpendSpan }
  /** `last`: records to look through. */
  | { readonly op: 'findings'; readonly filter: FindingFilter; readonly last: number }
  | {
      readonly op: 'replay';
      /** A configuration, or its policy alone. */
      readonly yaml: string;
      readonly policies: readonly Policy[];
      readonly fromMs: number;
      readonly tenant: string | undefined;
      readonly last: number;
    }
  | {
      readonly op: 'candidate';
      /** Revisions of the candidates that are tried now. */
      readonly revisions: readonly string[];
      readonly tenant: string | undefined;
      readonly last: number;
    }
  | { readonly op: 'export'; readonly filter: RequestFilter; readonly format: ExportFormat }
  | { readonly op: 'exportNext'; readonly exportId: number }
  | { readonly op: 'exportEnd'; readonly exportId: number }
  | { readonly op: 'stop' };

export type ToIndex =
  | { readonly kind: 'ask'; readonly id: number; readonly ask: Ask; readonly durableCount: number }
  /** So much is durable now: read on. */
  | { readonly kind: 'follow'; readonly durableCount: number }
  | { readonly kind: 'keys'; readonly keys: readonly KeyPair[] }
  | {
      readonly kind: 'watch';
      readonly watchId: number;
      readonly filter: RequestFilter;
      /** Goes on after this record. */
      readonly after: number;
    }
  /** The socket took what was sent last. */
  | { readonly kind: 'ready'; readonly watchId: number }
  | { readonly kind: 'unwatch'; readonly watchId: number };

export type FromIndex =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown; readonly indexedUpTo: number }
  | {
      readonly kind: 'refusal';
      readonly id: number;
      readonly reason: string;
      /** An expected failure, to be told as such. */
      readonly fault: { readonly code: string; readonly status: number; readonly fix: string } | undefined;
    }
  /** Text of a stream of server-sent events. */
  | { readonly kind: 'live'; readonly watchId: number; readonly text: string }
  /** Keys were made whose pseudonyms are not known here. */
  | { readonly kind: 'newKeys'; readonly ids: readonly string[] };
