// What the gateway and its thread of receivers say to each other.
import type { Restore } from '../../../watch/ocsf/event.ts';
import type { FollowerStatus } from '../../../watch/receivers/follower.ts';
import type { ReceiverSettings } from '../../../watch/receivers/settings.ts';

export interface ReceiversStart {
  readonly receivers: readonly ReceiverSettings[];
  readonly ledgerFolder: string;
  /** Where cursors and refused events are kept. */
  readonly folder: string;
  /** Names the ledger, so that uids of two installations never meet. */
  readonly installation: string;
  readonly productVersion: string;
  /** Where the ledger was put back from a backup; absent where it never was. */
  readonly restores: readonly Restore[] | undefined;
  readonly durableCount: number;
}

export type ToReceivers = { readonly kind: 'durable'; readonly count: number } | { readonly kind: 'close'; readonly graceMs: number };

export type FromReceivers =
  | { readonly kind: 'status'; readonly receivers: readonly FollowerStatus[] }
  | { readonly kind: 'trouble'; readonly receiver: string; readonly what: string }
  | { readonly kind: 'closed' };
