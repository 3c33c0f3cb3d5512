// What one route of the admin API is: who may call it, what it takes, what it does.
import type { z } from 'zod';
import type { Fault } from '../../core/fault.ts';
import type { Clock, RandomSource } from '../../core/ports.ts';
import { accessFault } from '../../access/faults.ts';
import type { AdminRole, Caller } from '../../access/keys/caller.ts';
import type { SelfTestResult } from '../../access/kill/self-test.ts';
import type { Guards } from '../../gateway/guards.ts';
import type { RefusalCount } from '../../gateway/refusal-count.ts';
import type { Headers, Incoming, Outgoing } from '../../io/http/exchange.ts';
import type { Address } from '../config/address.ts';
import type { OcsfFile } from '../../watch/ocsf/ocsf-file.ts';
import type { Compiled } from '../config/compile.ts';
import type { Config } from '../config/schema.ts';
import type { ImageDoor } from '../../lens/images/image-door.ts';
import { appFault } from '../faults.ts';
import type { Metrics } from '../serve/metrics.ts';
import type { AskerStatus } from '../serve/second-look-asker.ts';
import type { Rooms } from '../serve/rooms.ts';
import type { Idempotency } from './idempotency.ts';
import type { IndexClient } from './index/index-client.ts';
import type { OidcDoor } from './oidc/oidc-door.ts';
import type { Pages } from './pages.ts';
import type { Sessions } from './session/sessions.ts';
import type { SignInLimit } from './session/sign-in-limit.ts';

/** What the gateway hands to its admin plane. */
export interface AdminSeed {
  readonly rooms: Rooms;
  readonly metrics: Pick<Metrics, 'text'>;
  readonly guards: Guards;
  readonly images: ImageDoor;
  /** How whoever takes second looks is; undefined where none is configured. */
  readonly secondLook: () => AskerStatus | undefined;
  readonly clock: Clock;
  readonly compiled: () => Compiled;
  readonly isDraining: () => boolean;
  /** Reads the configuration anew and takes it over. Throws what is wrong with it, and keeps the old one. */
  readonly reload: (who: string) => void;
  /** What a reload would take. Throws what is wrong with it. */
  readonly readConfig: () => Config;
  readonly testKillSwitch: (who: string) => Promise<SelfTestResult>;
  /** Told of bugs, never of content. */
  readonly onBug: (error: unknown) => void;
  readonly dataFolder: string;
  readonly random: RandomSource;
  /** Where the data plane listens. */
  readonly dataPlane: Address;
  readonly eventFile: OcsfFile['status'];
  readonly refusals: () => RefusalCount['counts'];
  /** Runs something again and again; returns the way to end it. */
  readonly every: (ms: number, then: () => void) => () => void;
}

/** The same with what the admin plane keeps for itself while it runs. */
export interface AdminDeps extends AdminSeed {
  readonly sessions: Sessions;
  readonly signInLimit: SignInLimit;
  readonly pages: Pages;
  readonly index: IndexClient;
  readonly idempotency: Idempotency;
  readonly oidc: OidcDoor;
  readonly startedAtMs: number;
}

export interface ApiCall {
  readonly caller: Caller;
  /** Who calls, for the record. */
  readonly who: string;
  /** The one tenant that this call sees and touches; undefined: all. */
  readonly tenant: string | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** Whether the same call would still be let in: for answers that go on. */
  readonly isStillAllowed: () => boolean;
}

/** JSON to answer with, or a stream. */
export type ApiAnswer = JsonAnswer | StreamAnswer;

interface JsonAnswer {
  readonly status?: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StreamAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** Writes until it is done or the other side is gone. The head is sent already. */
  readonly pump: (outgoing: Outgoing) => Promise<void>;
}

/** A route that needs no role: what it answers to strangers it decides itself. */
export interface OpenRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly about: string;
  readonly body: z.ZodType | undefined;
  readonly answer?: z.ZodType;
  handle(deps: AdminDeps, incoming: Incoming, rawBody: unknown): Promise<JsonAnswer>;
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Segments; one that begins with a colon is a parameter. */
  readonly path: string;
  readonly roles: readonly AdminRole[];
  /** `global`: only keys that reach every tenant. `tenant`: any key, within what it reaches. */
  readonly reach: 'global' | 'tenant';
  /** One sentence for the generated documentation. */
  readonly about: string;
  /** What the body must be, for routes that take one. */
  readonly body: z.ZodType | undefined;
  /** Where a body may be larger than those of other routes. */
  readonly bodyBytesMax?: number;
  /** What the query may be, for routes that say so. */
  readonly query?: z.ZodObject;
  /** What it answers, where that is written down. */
  readonly answer?: z.ZodType;
  /** Media types, for an answer that is a stream. */
  readonly stream?: readonly string[];
  handle(deps: AdminDeps, call: ApiCall, rawBody: unknown): Promise<ApiAnswer>;
}

export const READERS: readonly AdminRole[] = ['operator', 'approver', 'auditor'];
export const OPERATORS: readonly AdminRole[] = ['operator'];
/** Whoever stops something or judges a false alarm need not be the one who makes keys. */
export const DECIDERS: readonly AdminRole[] = ['operator', 'approver'];

type RouteCard = Omit<ApiRoute, 'handle' | 'body'>;

/** A route without a body. */
export function reading(card: RouteCard, handle: (deps: AdminDeps, call: ApiCall) => Promise<ApiAnswer>): ApiRoute {
  return { ...card, body: undefined, handle };
}

/** A route without a body whose query is checked before anything else happens. */
export function asking<Schema extends z.ZodObject>(
  card: Omit<RouteCard, 'query'> & { readonly query: Schema },
  handle: (deps: AdminDeps, call: ApiCall, query: z.output<Schema>) => Promise<ApiAnswer>,
): ApiRoute {
  return { ...card, body: undefined, handle: (deps, call) => handle(deps, call, askedIn(card.query, call.query)) };
}

function askedIn<Schema extends z.ZodObject>(schema: Schema, query: URLSearchParams): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  const what = `${name ?? 'The query'}: ${issue?.code === 'unrecognized_keys' ? 'there is no such parameter' : (issue?.message ?? 'not understood')}.`;
  throw appFault('bad_argument', { what, fix: 'docs/admin-api.md shows what this path takes.' });
}

/** A route whose body is checked before anything else happens. */
export function taking<Schema extends z.ZodType>(
  card: RouteCard & { readonly body: Schema },
  handle: (deps: AdminDeps, call: ApiCall, body: z.output<Schema>) => Promise<ApiAnswer>,
): ApiRoute {
  return { ...card, handle: (deps, call, rawBody) => handle(deps, call, taken(card.body, rawBody)) };
}

/** The body as its schema has it. Throws `bad_argument` with the pointer of what is wrong. */
export function taken<Schema extends z.ZodType>(schema: Schema, rawBody: unknown): z.output<Schema> {
  const parsed = schema.safeParse(rawBody);
  if (parsed.success) return parsed.data;
  throw badBody(parsed.error);
}

function badBody(error: z.ZodError): Fault {
  const issue = error.issues[0];
  const path = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
  const pointer = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  const what = `${path.join('.') || 'The body'}: ${issue?.code === 'unrecognized_keys' ? 'there is no such member' : (issue?.message ?? 'not understood')}.`;
  return appFault('bad_argument', { what, fix: 'docs/admin-api.md shows what this path takes.' }, { pointer });
}

/** Refuses to touch another tenant than the one that the call reaches. */
export function assertReach(call: ApiCall, tenant: string | null): void {
  if (call.tenant === undefined || call.tenant === tenant) return;
  throw accessFault('other_tenant', { id: call.caller.keyId, tenant: tenant ?? 'all tenants' });
}

/** Puts a change of keys, tenants or acceptances into force. Tells whether the ledger holds it already: if not, it will as soon as it can. */
export async function putInForce({ rooms }: AdminDeps): Promise<{ readonly isRecorded: boolean }> {
  await rooms.access.refresh();
  try {
    await rooms.catchUp();
    return { isRecorded: true };
  } catch {
    // Committed with its note for the ledger in one transaction: a revocation must work while the ledger does not.
    return { isRecorded: false };
  }
}

/** A whole number of the query. Throws `bad_argument`. */
export function numberIn(query: URLSearchParams, name: string, bounds: { readonly max: number; readonly otherwise: number }): number {
  const text = query.get(name);
  if (text === null) return bounds.otherwise;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= bounds.max) return number;
  throw appFault('bad_argument', { what: `${name} is a whole number up to ${bounds.max}.`, fix: 'Leave it out for the default.' });
}
