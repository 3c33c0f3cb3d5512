// Everything that the gateway is handed. It has no clock, disk, network or decisions of its own.
import type { KeyObject } from 'node:crypto';
import type { Clock, RandomSource } from '../core/ports.ts';
import type { LedgerEvent } from '../core/types.ts';
import type { TrustedProxies } from '../io/http/trusted-proxies.ts';
import type { Access } from '../access/access.ts';
import type { Caller } from '../access/keys/caller.ts';
import type { CleanMemo } from './clean-memo.ts';
import type { Guards } from './guards.ts';
import type { HygieneSettings } from './hygiene.ts';
import type { PredictModels } from './predict/model.ts';
import type { ImageDoor } from '../lens/images/image-door.ts';
import type { RefusalCount } from './refusal-count.ts';
import type { Route } from './routes.ts';
import type { AcceptanceDoor } from './sentry.ts';
import type { VariantMemory } from './variant-memory.ts';
import type { WireFormat } from './wire/format.ts';

/** The access room, as far as a request needs it. */
export type AccessDoor = Pick<
  Access,
  | 'authenticate'
  | 'enter'
  | 'countRefused'
  | 'admit'
  | 'admitted'
  | 'reserving'
  | 'priceOf'
  | 'reportUpstream'
  | 'reportVerdict'
  | 'inFlight'
  | 'assertRunning'
  | 'assertUpstream'
  | 'isUpstreamUp'
  | 'mayUse'
>;

export interface Receipt {
  readonly index: number;
  /** In the kernel: survives the end of this process. */
  readonly written: Promise<void>;
  /** On the disk: survives a power cut. */
  readonly durable: Promise<void>;
}

/** The record. Throws when it cannot record. */
export interface LedgerDoor {
  append(event: LedgerEvent): Receipt;
  commit(tenant: string, text: string): { readonly nonce: number; readonly hmac: string };
}

/** What operators want to count. */
export interface GatewayMetrics {
  request(labels: { readonly format: string; readonly status: number; readonly verdict: string; readonly ms: number }): void;
  finding(of: {
    readonly rule: string;
    readonly class: string;
    readonly action: string;
    readonly direction: string;
    readonly count: number;
  }): void;
  /** What was done, and what the candidate policy would have done. */
  candidate(labels: { readonly verdict: string; readonly would: string; readonly direction: string }): void;
  firstByte(ms: number): void;
  guard(ms: number): void;
  held(units: number): void;
}

export interface GatewaySettings {
  readonly bodyBytesMax: number;
  readonly bodyMs: number;
  readonly answerBytesMax: number;
  readonly eventUnitsMax: number;
  /** A caller that takes nothing for so long is dropped. */
  readonly clientStallMs: number;
  readonly turnsMax: number;
  /** How long items of answers are kept for references to them; 0: not at all. */
  readonly itemsMs: number;
  /** Output tokens for callers who set no cap of their own. */
  readonly outputTokens: number;
  readonly hygiene: HygieneSettings;
  /** Peers that may say for whom they ask; what anybody else forwards is not read. */
  readonly proxies: TrustedProxies;
  /** Whether records hold the address of the caller beside its name. */
  readonly recordsClientAddress: boolean;
  /** Refusals of one key that are recorded one by one in a minute. */
  readonly refusalsPerMinute: number;
}

export interface GatewayDeps {
  readonly access: AccessDoor;
  readonly ledger: LedgerDoor;
  readonly guards: Guards;
  readonly memo: CleanMemo;
  /** What was blocked lately; absent: nothing is remembered. */
  readonly variants?: VariantMemory;
  /** Counts refusals that are too many to be recorded one by one; absent: each is recorded. */
  readonly refusals?: RefusalCount;
  readonly formats: readonly WireFormat[];
  /** Read anew for each request, so that a reload needs no restart. */
  readonly routes: () => readonly Route[];
  readonly settings: () => GatewaySettings;
  /** Predictive models by name, read anew for each request. */
  readonly predict?: () => PredictModels;
  /** Looks into pictures; absent: they are refused. */
  readonly images?: () => ImageDoor;
  readonly tenantKey: (tenant: string) => KeyObject;
  readonly acceptances: (tenant: string) => AcceptanceDoor;
  /** Names of the models that the caller may use. */
  readonly models: (principal: Caller) => Promise<readonly string[]>;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly metrics: GatewayMetrics;
  readonly yieldLoop: () => Promise<void>;
  /** Runs `then` after a while; returns the way to call it off. */
  readonly after: (ms: number, then: () => void) => () => void;
  /** Told of bugs, never of content. */
  readonly onBug: (error: unknown, requestId: string) => void;
}
