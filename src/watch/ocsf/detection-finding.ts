// One event a finding: Detection Finding (2004). https://schema.ocsf.io/1.8.0/classes/detection_finding
import { ATLAS_VERSION, isTaxonomyKey, STRIDE_NAMES, taxonomyOf, TAXONOMY_KEYS, type Taxonomy } from '../../core/taxonomy.ts';
import type { Direction, JsonObject, Severity, TaxonomyKey } from '../../core/types.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { actorOf, modelOf, operationOf, policyOf, sourceOf, type Asked } from './api-activity.ts';
import { isSeverity, toEvent, type OcsfContext } from './event.ts';
import { numberOf, objectOf, objectsOf, presentOf, textOf } from './fields.ts';
import type { OpenedRequest } from './open-requests.ts';
import { isObserving, outcomeOf, type Outcome } from './outcome.ts';

const UNKNOWN = 'unknown';
/** `ai_operation` is not registered for this class before OCSF 1.9; a SIEM that does not know it here ignores two attributes. */
const PROFILES = ['security_control', 'host', 'ai_operation'];

/** Something noticed, and what became of it. */
export interface Noticed {
  readonly nth: number;
  readonly title: string;
  readonly reason: string;
  readonly severity: Severity;
  /** 0 to 1. */
  readonly score: number | undefined;
  readonly rule: string;
  readonly class: string;
  /** Undefined where nothing is claimed about an attacker or a weakness. */
  readonly taxonomy: TaxonomyKey | undefined;
  readonly outcome: Outcome;
  /** Where, never what. */
  readonly evidence: JsonObject;
  /** Where it came from, for what belongs to no request. */
  readonly source?: JsonObject;
  readonly unmapped: JsonObject;
}

/** Findings of a request (in `request.opened`) or of its answer (in `request.closed`). */
export function toFindings(record: LedgerRecord, context: OcsfContext, about: RequestFacts): readonly JsonObject[] {
  const { data } = record.event;
  const listed = objectsOf(objectOf(data, 'findings') ?? {}, 'listed').map((finding, at) => toNoticed(finding, at + 1, about));
  const failure = failureOf(data, about, listed.length + 1);
  return [...listed, ...(failure === undefined ? [] : [failure])].map((noticed) =>
    toFinding(record, context, { noticed, about: about.opened }),
  );
}

export interface RequestFacts {
  readonly direction: Direction;
  readonly opened: OpenedRequest;
  readonly verdict: string | undefined;
}

export function toFinding(
  record: LedgerRecord,
  context: OcsfContext,
  { noticed, about }: { readonly noticed: Noticed; readonly about: OpenedRequest | undefined },
): JsonObject {
  const { nth, severity, reason, outcome, evidence, source, unmapped } = noticed;
  const explained = explainedOf(noticed.taxonomy);
  return toEvent(record, context, {
    head: {
      class: 'finding',
      activity: 1,
      severity,
      message: `${noticed.title}: ${reason}`,
      profiles: about === undefined ? ['security_control'] : PROFILES,
      nth,
    },
    rest: {
      status_id: 1,
      status: 'New',
      ...confidenceOf(noticed.score),
      ...outcome,
      is_alert: severity === 'high' || severity === 'critical' || outcome.action_id === 2,
      finding_info: toFindingInfo(record, context, noticed),
      ...attacksOf(explained),
      evidences: [
        {
          data: evidence,
          ...(about === undefined ? {} : { api: { operation: operationOf(about) }, src_endpoint: sourceOf(about) }),
          ...(source === undefined ? {} : { src_endpoint: source }),
        },
      ],
      ...(about === undefined
        ? {}
        : { actor: actorOf(about), ai_model: modelOf(about), resources: [toResource(about)], ...policyOf(about) }),
      unmapped: { ...unmapped, ...(explained === undefined ? {} : { taxonomy: explained.unmapped }) },
    },
  });
}

const toResource = ({ model = UNKNOWN, upstream = UNKNOWN }: Asked): JsonObject => ({
  name: model,
  type: 'AI model',
  uid: `${upstream}/${model}`,
});

function toNoticed(finding: JsonObject, nth: number, { direction, verdict }: RequestFacts): Noticed {
  const cls = textOf(finding, 'class') ?? UNKNOWN;
  const type = textOf(finding, 'type');
  const action = textOf(finding, 'action');
  const severity = textOf(finding, 'severity');
  return {
    nth,
    title: `${cls}${type === undefined ? '' : ` (${type})`} in ${direction}`,
    reason: textOf(finding, 'reason') ?? 'no reason recorded',
    severity: isSeverity(severity) ? severity : 'medium',
    score: numberOf(finding, 'score'),
    rule: textOf(finding, 'rule') ?? UNKNOWN,
    class: cls,
    taxonomy: taxonomyIn(direction, textOf(finding, 'taxonomy')),
    outcome: outcomeOf(action, isObserving(verdict)),
    evidence: { direction, ...placeOf(finding) },
    unmapped: { action: action ?? UNKNOWN, ...presentOf(finding, ['type', 'family', 'fingerprint']) },
  };
}

function placeOf(finding: JsonObject): JsonObject {
  const [start, end] = [numberOf(finding, 'start') ?? 0, numberOf(finding, 'end') ?? 0];
  return { origin: textOf(finding, 'origin') ?? UNKNOWN, pointer: textOf(finding, 'pointer') ?? '', start, end };
}

/** Who sends personal data of their own attacks nobody: no technique may be claimed for it. */
function taxonomyIn(direction: Direction, key: string | undefined): TaxonomyKey | undefined {
  if (key === 'sensitive-output' && direction === 'input') return 'sensitive-input';
  return key !== undefined && isTaxonomyKey(key) ? key : undefined;
}

/** Failing to look is not finding nothing: it is told as loudly as a finding. */
function failureOf(data: JsonObject, { direction, verdict, opened }: RequestFacts, nth: number): Noticed | undefined {
  const failure = direction === 'input' ? textOf(data, 'failure') : outputFailure(data, opened);
  if (failure === undefined) return undefined;
  return {
    nth,
    title: `guard could not look at ${direction}`,
    reason: failure,
    severity: 'high',
    score: undefined,
    rule: 'guard.failure',
    class: 'policy',
    taxonomy: undefined,
    outcome: outcomeOf(verdict === 'block' ? 'block' : 'record', isObserving(verdict)),
    evidence: { direction, failure },
    unmapped: { action: verdict ?? UNKNOWN },
  };
}

/** A refused request carries the same reason, and was told when it was opened. */
function outputFailure(data: JsonObject, opened: OpenedRequest): string | undefined {
  const reason = textOf(data, 'reason');
  return reason === 'guard_could_not_look' && opened.failure === undefined ? reason : undefined;
}

function confidenceOf(score: number | undefined): JsonObject {
  if (score === undefined) return {};
  const [id, name] = score < 1 / 3 ? [1, 'Low'] : score < 2 / 3 ? [2, 'Medium'] : [3, 'High'];
  return { confidence_score: Math.round(Math.min(1, Math.max(0, score)) * 100), confidence_id: id ?? 0, confidence: name ?? UNKNOWN };
}

function toFindingInfo({ index, event }: LedgerRecord, context: OcsfContext, noticed: Noticed): JsonObject {
  const { rule, title, reason, nth } = noticed;
  const explained = explainedOf(noticed.taxonomy);
  const owner = event.requestId ?? `${context.installation}:${index}`;
  return {
    uid: `${owner}:${event.kind}.${nth}`,
    title,
    desc: reason,
    created_time: event.atMs,
    analytic: { uid: rule, name: rule, type_id: 1, type: 'Rule', category: noticed.class },
    // The class asks for the attacks twice where a security control reports them.
    ...(explained === undefined ? {} : { types: explained.types }),
    ...attacksOf(explained),
  };
}

const attacksOf = (explained: Explained | undefined): JsonObject =>
  explained === undefined || explained.attacks.length === 0 ? {} : { attacks: explained.attacks };

interface Explained {
  readonly attacks: JsonObject[];
  readonly types: string[];
  readonly unmapped: JsonObject;
}

/** Made once for each key: a flood of findings must not cost a flood of objects. */
const EXPLAINED: ReadonlyMap<TaxonomyKey, Explained> = new Map(TAXONOMY_KEYS.map((key) => [key, explain(taxonomyOf(key))]));

const explainedOf = (key: TaxonomyKey | undefined): Explained | undefined => (key === undefined ? undefined : EXPLAINED.get(key));

function explain({ key, owasp, techniques, mitigations, stride, nist }: Taxonomy): Explained {
  const version = ATLAS_VERSION;
  return {
    attacks: [
      ...techniques.map(({ id, name, parent, tactics: [tactic] }): JsonObject => {
        const own = { uid: id, name };
        return {
          version,
          ...(tactic === undefined ? {} : { tactic: { uid: tactic.id, name: tactic.name } }),
          ...(parent === undefined ? { technique: own } : { technique: { uid: parent.id, name: parent.name }, sub_technique: own }),
        };
      }),
      // Mitigations answer the techniques; where no technique is claimed, none is answered.
      ...(techniques.length === 0 ? [] : mitigations.map(({ id, name }) => ({ version, mitigation: { uid: id, name } }))),
    ],
    types: [
      ...owasp.map(({ list, edition, id, title }) => `${list} ${edition} ${id} ${title}`),
      ...stride.map((letter) => `STRIDE ${STRIDE_NAMES[letter]}`),
      ...nist.subcategories.map(({ id }) => `NIST AI RMF 1.0 ${id}`),
      ...nist.risks.map((risk) => `NIST AI 600-1 ${risk}`),
    ],
    unmapped: {
      key,
      owasp: owasp.map((entry) => ({ ...entry })),
      atlas: techniques.map(({ id }) => id),
      mitigations: mitigations.map(({ id }) => id),
      stride: [...stride],
      nist: { subcategories: nist.subcategories.map(({ id }) => id), risks: [...nist.risks] },
    },
  };
}
