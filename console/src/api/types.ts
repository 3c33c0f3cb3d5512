// What the admin API answers with, as far as the console reads it. docs/admin-api.md is the page about it.
import type { Action, Json, JsonObject, Origin } from '../../../src/core/types.ts';
import type { KeyCard } from '../../../src/access/keys/key-store.ts';
import type { Limits } from '../../../src/access/keys/limits.ts';
import type { CandidateAnswer } from '../../../src/app/admin/candidate-view.ts';
import type { EffectivePolicy } from '../../../src/app/admin/effective-policies.ts';
import type { FindingGroup } from '../../../src/app/admin/finding-groups.ts';
import type { Comparison } from '../../../src/app/admin/outcomes.ts';
import type { RequestStage, RequestTimings } from '../../../src/app/admin/request-stages.ts';
import type { RequestStory, StoryFinding } from '../../../src/app/admin/request-story.ts';
import type { Replay } from '../../../src/app/admin/policy-replay.ts';
import type { PolicyRule } from '../../../src/policy/policy.ts';
import type { Bucket } from '../../../src/watch/request-index/series.ts';

export type { CandidateAnswer, Comparison };
export type Story = RequestStory;
export type StoryStage = RequestStage;
export type Timings = RequestTimings;
export type { Bucket, EffectivePolicy, FindingGroup, Json, JsonObject, KeyCard, Limits, Origin, PolicyRule, Replay, StoryFinding };

export type KillScope = 'everything' | 'upstream' | 'model' | 'tenant' | 'key';

export interface KillOrder {
  readonly sequence: number;
  readonly scope: KillScope;
  readonly subject: string;
  readonly who: string;
  readonly atMs: number;
  readonly reason: string;
}

export type Role = 'operator' | 'approver' | 'auditor';

export interface Principal {
  readonly role: Role;
  readonly scope: 'global' | 'tenant';
  readonly tenant: string | null;
  readonly label: string;
  readonly via: 'key' | 'oidc';
}

export interface Session {
  readonly principal: Principal | null;
  readonly signIn: { readonly key: boolean; readonly oidc: { readonly label: string } | null };
  readonly version: string;
  readonly dataPlane: { readonly url: string };
  readonly needsFirstRun: boolean;
}

export interface RequestRow {
  readonly id: string;
  readonly at: number;
  readonly tenant: string;
  readonly keyId: string | null;
  readonly model: string | null;
  readonly upstream: string | null;
  readonly route: string | null;
  readonly format: string | null;
  readonly streamed: boolean | null;
  readonly verdict: string;
  readonly because: string | null;
  readonly status: number | null;
  readonly findings: number;
  readonly topRule: string | null;
  readonly classes: readonly string[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly microUnits: number | null;
  readonly ms: number | null;
  readonly firstByteMs: number | null;
}

export interface RequestPage {
  readonly items: readonly RequestRow[];
  readonly nextCursor: string | null;
  readonly indexedUpTo: number;
  readonly behind: number;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}
export type Facets = Readonly<Partial<Record<string, readonly FacetValue[]>>>;

export interface TestCase {
  readonly rows: readonly JsonObject[];
  /** The same, a row a line. */
  readonly jsonl: string;
}

export interface Acceptance {
  readonly id: string;
  readonly rule: string;
  readonly tenant: string | null;
  readonly fingerprint: string;
  readonly author: string;
  readonly reason: string;
  readonly expiresAtMs: number;
}

export interface MadeKey {
  readonly id: string;
  readonly key: string;
  readonly isRecorded: boolean;
}

export interface TenantCard {
  readonly id: string;
  readonly state: 'active' | 'suspended';
  readonly limits: Limits;
  readonly usage: Readonly<Record<'day' | 'month', Usage>>;
}

export interface Cost {
  readonly microUnits: number;
  readonly tokens: number;
}

export interface Usage {
  readonly period: string;
  readonly spent: Cost;
  readonly reserved: Cost;
}

export interface Budget {
  readonly tenant: string;
  readonly keyId: string | null;
  readonly window: 'day' | 'month';
  readonly limitMicro: number | null;
  readonly spentMicro: number;
  readonly reservedMicro: number;
  readonly resetsAt: number;
  readonly series?: readonly { readonly at: number; readonly microUnits: number }[];
}

export interface KillStatus {
  readonly state: 'trusted' | 'untrusted';
  readonly reason?: string;
  readonly sequence: number;
  /** A wider order shows a tenant's key neither its reason nor its author. */
  readonly standing: readonly (Pick<KillOrder, 'sequence' | 'scope' | 'subject' | 'atMs'> & Partial<KillOrder>)[];
}

export interface KillAnswer {
  readonly order: KillOrder;
  readonly isKnown: boolean | null;
  readonly inFlightBefore: number;
  readonly inFlightAfter: number;
}

export interface SelfTest {
  readonly state: string;
  readonly cutMs?: number;
  readonly reason?: string;
}

export interface PolicyDiff {
  readonly changed: boolean;
  readonly valid: boolean;
  readonly problems: readonly { readonly line?: number | null; readonly message: string }[];
  readonly lines: readonly { readonly kind: 'same' | 'add' | 'remove'; readonly text: string }[];
}

export interface ExplainedFinding {
  readonly finding: {
    readonly rule: string;
    readonly class: string;
    readonly family?: string;
    readonly type?: string;
    readonly severity: string;
    readonly score: number;
    readonly start: number;
    readonly end: number;
    readonly reason: string;
    readonly pointer?: string;
  };
  readonly action: Action;
  readonly because: number;
  readonly rule?: PolicyRule;
}

export interface LedgerStatus {
  readonly state: string;
  readonly durableCount: number;
  readonly waiting: number;
  readonly checkpoint?: { readonly origin: string; readonly size: number; readonly root: string };
  readonly publishOwed: number;
  readonly publishFailures: number;
  readonly reason: { readonly code: string; readonly message: string; readonly fix: string } | null;
  readonly verifierKey: string;
}

export interface LedgerRow {
  readonly index: number;
  readonly kind: string;
  readonly atMs: number;
  readonly tenant?: string;
  readonly requestId?: string;
  readonly data: JsonObject;
}

export interface LedgerPage {
  readonly items: readonly LedgerRow[];
  readonly nextCursor: string | null;
}

export interface LedgerProof {
  readonly index: number;
  readonly size: number;
  readonly recordBase64: string;
  readonly leafHash: string;
  readonly path: readonly string[];
  readonly root: string;
  readonly checkpoint: string;
  readonly publicKey: string;
}

export interface Room {
  readonly name: string;
  readonly state: 'ok' | 'degraded' | 'down';
  readonly detail?: string | null;
  readonly since?: number | null;
}

export interface Health {
  readonly rooms: readonly Room[];
  readonly memoryMb: number;
  readonly uptimeS: number;
  readonly eventLoopP99Ms: number | null;
  readonly inFlight: number;
  readonly capacity: number;
  readonly refusals: { readonly recorded: number; readonly counted: number; readonly untold: number; readonly lost: number };
}
