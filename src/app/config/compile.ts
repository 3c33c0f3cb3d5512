// From configuration to what the rooms take: routes, upstreams, policies, limits. Refuses what is unsafe, with a reason.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Clock } from '../../core/ports.ts';
import type { Json } from '../../core/types.ts';
import { ACCESS_DEFAULTS, type AccessSettings } from '../../access/settings.ts';
import { toMicroUnits, type Limits } from '../../access/keys/limits.ts';
import type { GatewaySettings } from '../../gateway/deps.ts';
import type { Route, Upstream, UpstreamKind } from '../../gateway/routes.ts';
import type { VariantSettings } from '../../gateway/variant-memory.ts';
import type { WireFormat } from '../../gateway/wire/format.ts';
import type { PredictModels } from '../../gateway/predict/model.ts';
import { parseTrustedProxies } from '../../io/http/trusted-proxies.ts';
import { createUpstreamClient, type UpstreamClient } from '../../io/http/upstream-client.ts';
import type { Candidate, OnFailure, Policy, PolicyRule } from '../../policy/policy.ts';
import { shippedRules } from '../../policy/shipped.ts';
import type { ReceiverSettings } from '../../watch/receivers/settings.ts';
import { appFault } from '../faults.ts';
import type { Config, PolicyConfig, UpstreamConfig } from './schema.ts';
import { isLoopbackHost, parseAddress } from './address.ts';
import { assertAdminListener } from './admin-listener.ts';
import { receiverSettings } from './receiver-settings.ts';
import { compileImages, type ImagePlaces } from './images.ts';
import { compilePredict } from './predict.ts';
import { sinkOf, withSink } from './sink-policy.ts';
import { compileReplicas, type Replicas } from './replicas.ts';
import { assertOutboundUrl } from './outbound.ts';
import { compileSecondLook, type SecondLookSettings } from './second-look.ts';
import { currentStages, stagesOff, stageWeakenings } from './stages.ts';
import { compileTargets } from './targets.ts';

export interface Compiled {
  readonly config: Config;
  readonly routes: readonly Route[];
  readonly predict: PredictModels;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly policy: Policy;
  /** Who looks again at texts in doubt. */
  readonly secondLook: SecondLookSettings | undefined;
  readonly access: AccessSettings;
  readonly replicas: Replicas;
  readonly gateway: GatewaySettings;
  readonly images: ImagePlaces;
  /** How much is remembered of what was blocked, and for how long. */
  readonly variants: VariantSettings;
  /** What this gateway shows to its OpenID provider. */
  readonly oidcSecret: string | undefined;
  /** Places that get every event. */
  readonly receivers: readonly ReceiverSettings[];
}

export interface CompileTools {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly demo: () => UpstreamClient;
}

const BUILT_IN_URL: Readonly<Record<string, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
};

const BUILT_IN_SPEAKS = {
  openai: ['openai'],
  anthropic: ['anthropic'],
  'openai-compatible': ['openai', 'anthropic'],
  demo: ['openai', 'anthropic'],
  'open-inference': [],
} as const satisfies Record<UpstreamKind, readonly WireFormat['provider'][]>;

/** Throws the faults of `app` for settings that are well-formed and still cannot work. */
export function compile(config: Config, tools: CompileTools): Compiled {
  assertListeners(config);
  const replicas = compileReplicas(config, tools.environment, (reference) => readSecret(reference, tools.environment));
  const policy = compilePolicy(config.policy, tools.clock);
  const configured = Object.entries(config.upstreams);
  const entries: readonly (readonly [string, UpstreamConfig | undefined])[] = configured.length > 0 ? configured : [['demo', undefined]];
  const upstreams = new Map(entries.map(([name, upstream]) => [name, compileUpstream(name, upstream, tools)]));
  const listed =
    config.routes.length > 0
      ? config.routes
      : [...upstreams.values()]
          .filter(({ speaks }) => speaks.size > 0)
          .map(({ name: upstream }) => ({ models: '*', upstream, envelope: 'delimit', blockAs: 'error' }) as const);
  const routes = listed.map((route): Route => {
    const asked = compileTargets(route, upstreams);
    const sink = sinkOf('sink' in route ? route.sink : undefined);
    const shared = { models: route.models, envelope: route.envelope, blockAs: route.blockAs, ...(sink === undefined ? {} : { sink }) };
    return { ...shared, ...asked, policy: policyOf(route, { config, policy, clock: tools.clock, onExpired: 'refuse' }) };
  });
  const receivers = receiverSettings(config.events.receivers, (reference) => readSecret(reference, tools.environment));
  const oidcKey = config.admin.oidc?.clientSecret;
  const oidcSecret = oidcKey === undefined ? undefined : readSecret(oidcKey, tools.environment);
  return {
    config,
    routes,
    upstreams,
    policy,
    predict: compilePredict(config.predict, upstreams, policy),
    secondLook: compileSecondLook(config.secondLook, (reference) => readSecret(reference, tools.environment)),
    access: compileAccess(config),
    replicas,
    gateway: compileGateway(config),
    variants: { rememberedMax: config.limits.attack.rememberedMax, rememberMinutes: config.limits.attack.rememberMinutes },
    images: compileImages(config.images, (reference) => readSecret(reference, tools.environment)),
    oidcSecret,
    receivers,
  };
}

/** The same with every weakening taken out that has ended meanwhile, or the same object where none has. */
export function endWeakenings(compiled: Compiled, clock: Clock): Compiled {
  const { config } = compiled;
  const policy = compilePolicy(config.policy, clock, 'drop');
  const routes = compiled.routes.map((route, at) => ({
    ...route,
    policy: policyOf(config.routes[at] ?? {}, { config, policy, clock, onExpired: 'drop' }),
  }));
  const isSame =
    policy.revision === compiled.policy.revision &&
    routes.every((route, at) => route.policy.revision === compiled.routes[at]?.policy.revision);
  return isSame ? compiled : { ...compiled, policy, routes, predict: compilePredict(config.predict, compiled.upstreams, policy) };
}

interface Whole {
  readonly config: Config;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly onExpired: OnExpired;
}

/** The policy of a route: its own or that of the whole, with what its sink asks for. */
export function policyOf({ policy: own, sink }: Partial<Config['routes'][number]>, { config, policy, clock, onExpired }: Whole): Policy {
  if (own === undefined && sink === undefined) return policy;
  return compilePolicy(withSink(own ?? config.policy, sink), clock, onExpired);
}

function assertListeners(config: Config): void {
  const data = parseAddress(config.listen);
  if (config.auth === 'none' && !isLoopbackHost(data.host)) throw appFault('auth_none_beyond_loopback', { listen: config.listen });
  assertAdminListener(config);
}

/** A weakening past its last day stops a start or a reload; in a running gateway it merely ends. */
export type OnExpired = 'refuse' | 'drop';

/** The effective policy. Weakenings past their last day are refused, so that nobody runs open by forgetting. */
export function compilePolicy(given: PolicyConfig, clock: Clock, onExpired: OnExpired = 'refuse'): Policy {
  const config = onExpired === 'drop' ? withoutExpired(given, clock) : given;
  assertCurrent(config, clock);
  const { onFailure, media, shadow, lookFor } = config;
  const failure = {
    input: 'block',
    output: 'block',
    ...(onFailure === 'block' ? {} : { input: onFailure.input, output: onFailure.output }),
  } satisfies Record<string, OnFailure>;
  const parts = {
    rules: [...parseRules(config.rules), ...shippedRules(config.extends)],
    onFailure: failure,
    media: media === 'block' ? 'block' : 'allow',
    ...stagesOff(config),
    mode: config.extends === 'observe' || shadow !== undefined ? 'observe' : 'enforce',
    ...(lookFor === undefined ? {} : { lookFor }),
  } as const;
  const { candidate } = config;
  return {
    name: config.extends,
    revision: revisionOf(parts),
    ...parts,
    ...(candidate === undefined ? {} : { candidate: compileCandidate(candidate) }),
  };
}

function compileCandidate(config: NonNullable<PolicyConfig['candidate']>): Candidate {
  const rules = [...parseRules(config.rules), ...shippedRules(config.extends)];
  return { name: config.extends, revision: revisionOf({ rules }), rules };
}

const revisionOf = (parts: object): string =>
  createHash('sha256')
    .update(canonicalJson(parseJson(parts)))
    .digest('hex')
    .slice(0, 12);

const todayOf = (clock: Clock): string => new Date(clock.nowMs()).toISOString().slice(0, 10);

function assertCurrent(config: PolicyConfig, clock: Clock): void {
  const { onFailure, media, shadow } = config;
  const weakenings = { 'policy.onFailure': onFailure, 'policy.media': media, 'policy.shadow': shadow, ...stageWeakenings(config) };
  for (const [what, weakening] of Object.entries(weakenings)) {
    if (typeof weakening === 'object' && weakening.expires < todayOf(clock))
      throw appFault('weakening_expired', { what, expires: weakening.expires });
  }
}

function withoutExpired(config: PolicyConfig, clock: Clock): PolicyConfig {
  const isOver = (weakening: unknown): boolean =>
    typeof weakening === 'object' && weakening !== null && 'expires' in weakening && String(weakening.expires) < todayOf(clock);
  const { shadow, ...rest } = config;
  return {
    ...rest,
    stages: currentStages(config.stages, isOver),
    ...(isOver(config.onFailure) ? { onFailure: 'block' } : {}),
    ...(isOver(config.media) ? { media: 'block' } : {}),
    ...(shadow === undefined || isOver(shadow) ? {} : { shadow }),
  };
}

const parseJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

// The schema has checked them; classes and types are open words there, so that a new detector needs no new schema.
const parseRules = (rules: PolicyConfig['rules']): readonly PolicyRule[] => rules as readonly PolicyRule[];

function compileUpstream(name: string, config: UpstreamConfig | undefined, tools: CompileTools): Upstream {
  return config === undefined ? demoUpstream(name, tools) : configuredUpstream(name, config, tools);
}

function demoUpstream(name: string, tools: CompileTools): Upstream {
  return {
    name,
    kind: 'demo',
    speaks: new Set(BUILT_IN_SPEAKS.demo),
    basePath: '/v1',
    query: '',
    headers: { openai: {}, anthropic: {} },
    passFields: new Set(),
    trust: 'self-hosted',
    models: [],
    client: tools.demo(),
    totalMs: 600_000,
  };
}

function configuredUpstream(name: string, config: UpstreamConfig, tools: CompileTools): Upstream {
  const { kind, trust, models } = config;
  if (kind === 'demo') return { ...demoUpstream(name, tools), totalMs: config.timeouts.totalMs };
  const url = config.url ?? BUILT_IN_URL[kind];
  if (url === undefined) throw appFault('upstream_url_missing', { upstream: name });
  assertOutboundUrl(`upstreams.${name}`, url);
  const { origin, pathname } = new URL(url);
  return {
    name,
    kind,
    speaks: new Set(config.speaks ?? BUILT_IN_SPEAKS[kind]),
    basePath: pathname === '/' && kind !== 'open-inference' ? '/v1' : pathname.replace(/\/+$/, ''),
    query: new URLSearchParams(config.query).toString(),
    headers: upstreamHeaders(config, tools.environment),
    passFields: new Set(config.passFields),
    trust,
    models,
    client: upstreamClient(config, origin, tools.environment),
    totalMs: config.timeouts.totalMs,
  };
}

function upstreamHeaders(config: UpstreamConfig, environment: CompileTools['environment']): Upstream['headers'] {
  const own = Object.fromEntries(Object.entries(config.headers).map(([header, value]) => [header, readSecret(value, environment)]));
  if (config.key === undefined) return { openai: own, anthropic: { 'anthropic-version': '2023-06-01', ...own } };
  const key = readSecret(config.key, environment);
  if (config.keyHeader !== undefined) {
    const headers = { ...own, [config.keyHeader]: key };
    return { openai: headers, anthropic: { 'anthropic-version': '2023-06-01', ...headers } };
  }
  return { openai: { ...own, authorization: `Bearer ${key}` }, anthropic: { 'anthropic-version': '2023-06-01', ...own, 'x-api-key': key } };
}

function upstreamClient(config: UpstreamConfig, origin: string, environment: CompileTools['environment']): UpstreamClient {
  const { ca, clientCertificate, proxy } = config;
  return createUpstreamClient({
    origin,
    timeouts: config.timeouts,
    connectionsMax: config.connections,
    ...(ca === undefined ? {} : { ca: readSecret(`file:${ca}`, environment) }),
    ...(clientCertificate === undefined
      ? {}
      : {
          clientCertificate: {
            cert: readSecret(`file:${clientCertificate.cert}`, environment),
            key: readSecret(`file:${clientCertificate.key}`, environment),
          },
        }),
    ...(proxy === undefined ? {} : { proxy }),
  });
}

/** Resolves `env:NAME` and `file:/path`. Throws `secret_missing` with the reference, never the value. */
export function readSecret(reference: string, environment: CompileTools['environment']): string {
  if (reference.startsWith('env:')) {
    const value = environment[reference.slice(4)];
    if (value === undefined || value === '') throw appFault('secret_missing', { reference });
    return value;
  }
  if (!reference.startsWith('file:')) return reference;
  try {
    return readFileSync(reference.slice(5), 'utf8').trim();
  } catch (cause) {
    throw appFault('secret_missing', { reference }, { cause });
  }
}

function compileAccess(config: Config): AccessSettings {
  const { limits } = config;
  return {
    ...ACCESS_DEFAULTS,
    auth: config.auth,
    limits: { perMinute: limits.perMinute, concurrent: limits.concurrent, ...purses(limits.budgets) },
    tenantLimits: purses(limits.tenantBudgets),
    tiers: Object.fromEntries(
      Object.entries(limits.tiers).map(([name, { perMinute, concurrent, budgets }]) => [
        name,
        { ...(perMinute === undefined ? {} : { perMinute }), ...(concurrent === undefined ? {} : { concurrent }), ...purses(budgets) },
      ]),
    ),
    attack: { ...ACCESS_DEFAULTS.attack, blockedShare: limits.attack.blockedShare, samplesMin: limits.attack.samplesMin },
    failedKeysPerMinute: limits.failedKeysPerMinute,
    recordsClientAddress: config.events.clientAddress,
    prices: config.prices,
    onCounterLoss: config.replicas.onCounterLoss ?? 'refuse',
    onKillLoss: config.replicas.onKillLoss ?? 'refuse',
    load: { ...ACCESS_DEFAULTS.load, inFlightMax: limits.inFlight },
  };
}

function purses(budgets: Config['limits']['budgets']): Limits {
  const { day, month, dayTokens, monthTokens } = budgets;
  return {
    microUnits: {
      ...(day === undefined ? {} : { day: toMicroUnits(day) }),
      ...(month === undefined ? {} : { month: toMicroUnits(month) }),
    },
    tokens: { ...(dayTokens === undefined ? {} : { day: dayTokens }), ...(monthTokens === undefined ? {} : { month: monthTokens }) },
  };
}

function compileGateway(config: Config): GatewaySettings {
  const { http } = config;
  return {
    bodyBytesMax: http.bodyBytesMax,
    bodyMs: http.bodyMs,
    answerBytesMax: http.answerBytesMax,
    eventUnitsMax: http.eventCharsMax,
    clientStallMs: http.clientStallMs,
    turnsMax: http.turnsMax,
    itemsMs: http.itemsMs,
    outputTokens: config.limits.outputTokens,
    hygiene: {
      allowedHosts: new Set(config.allowedHosts.map((host) => host.toLowerCase())),
      isLoopback: isLoopbackHost(parseAddress(config.listen).host),
    },
    proxies: parseTrustedProxies(http.trustedProxies),
    recordsClientAddress: config.events.clientAddress,
    refusalsPerMinute: config.ledger.refusalsPerMinute,
  };
}
