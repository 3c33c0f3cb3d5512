// Remembers what was blocked as injection or jailbreak, as sketches and never as text, so that whoever edits a blocked text until it
// passes is judged by all that was tried. Of one process, by tenant; forgotten after a while.
import type { Clock, RandomSource } from '../core/ports.ts';
import type { Family, Finding, FindingClass, Origin, TaxonomyKey } from '../core/types.ts';
import { EXCERPT_UNITS_MAX, TEXT_UNITS_MAX, type View } from '../detect/detector.ts';
import type { MeaningReport } from '../detect/meaning/judge.ts';
import { SCORE_HIGH, severityOf } from '../detect/meaning/weigh.ts';
import { viewsOf } from '../detect/normalise/views.ts';
import { jointScore, ownScoreMin, TOLD_FROM, weightOf } from '../detect/variant/joint-score.ts';
import type { Policy } from '../policy/policy.ts';
import { VariantReader, type Sketch, type Stretch } from '../detect/variant/sketch.ts';

export const VARIANT_RULE = 'injection.variant';

/** Over all tenants; one takes less than a kilobyte. */
const SKETCHES_MAX = 8_192;
/** Readings of one text in which a sketch is looked for. */
const VIEWS_MAX = 4;
/** Remembered on both sides of the worst place of a longer text, and of one that was fetched: its surroundings are somebody else's. */
const MARGIN_UNITS = 120;
const PAGE_MARGIN_UNITS = 30;
/** One request of many messages must not fill the memory. */
const TEXTS_OF_A_REQUEST_MAX = 4;
/** Of a word on average, with the blank behind it. */
const WORD_UNITS = { min: 3, max: 14 } as const;
const MINUTE_MS = 60_000;

export interface VariantSettings {
  /** Sketches of one tenant. */
  readonly rememberedMax: number;
  readonly rememberMinutes: number;
}

export interface VariantTools {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly settings: () => VariantSettings;
  /** Whether somebody accepted what was found, as a false alarm, meanwhile. */
  readonly isAccepted: (tenant: string, rule: string, fingerprint: string) => boolean;
  /** Sketches over all tenants; absent: 8,192. */
  readonly sketchesMax?: number;
}

/** What was found in a text that was blocked for it. */
interface Found {
  readonly finding: Finding;
  readonly fingerprint?: string;
}

export interface BlockedText {
  readonly text: string;
  readonly origin: Origin;
  readonly report: MeaningReport;
  readonly findings: readonly Found[];
  /** What it resembled. */
  readonly like?: Remembered | undefined;
}

/** The request that was blocked. */
interface BlockedBy {
  readonly id: string;
  readonly route: { readonly policy: Policy };
}

/** One blocked text. */
export interface Remembered {
  readonly name: number;
  /** Of the text as it stands, and of what the stages read in it. */
  readonly sketches: readonly Sketch[];
  readonly requestId: string;
  readonly kind: { readonly class: FindingClass; readonly family?: Family; readonly taxonomy: TaxonomyKey };
  /** Rules that found something, and what an acceptance would name. */
  readonly accepted: readonly { readonly rule: string; readonly fingerprint: string }[];
  /** What it was blocked for resembling; absent where it stood for itself. */
  readonly root?: Remembered;
  readonly untilMs: number;
}

export interface Recalled {
  readonly report: MeaningReport;
  readonly like?: Remembered;
}

interface Match {
  readonly remembered: Remembered;
  likeness: number;
  start: number;
  end: number;
}

export class VariantMemory {
  readonly #tools: VariantTools;
  readonly #reader: VariantReader;
  /** By tenant, oldest first. A tenant of which nothing is remembered is not in it. */
  readonly #tenants = new Map<string, Map<number, Remembered>>();
  #size = 0;
  #compared = 0;
  #raised = 0;

  constructor(tools: VariantTools) {
    this.#tools = tools;
    this.#reader = new VariantReader(Buffer.from(tools.random.bytes(4)).readInt32LE());
  }

  /** Sketches that are held, texts that were compared with them, and texts that were high for no other reason. */
  get counts(): { readonly held: number; readonly compared: number; readonly raised: number } {
    return { held: this.#size, compared: this.#compared, raised: this.#raised };
  }

  /** The report on a text, with what the memory adds to it: the same object where it adds nothing. */
  recall(tenant: string, text: string, report: MeaningReport): Recalled {
    const known = this.#tenants.get(tenant);
    if (known === undefined) return { report };
    this.#forgetOld(tenant, known);
    const own = ownScoreOf(report);
    if (known.size === 0 || own >= SCORE_HIGH || own < ownScoreMin(known.size)) return { report };
    this.#compared += 1;
    const at = partOf(text, report);
    return this.#weighed(report, this.#matches(tenant, known, at), at);
  }

  #weighed(report: MeaningReport, matches: readonly Match[], { text, offset }: Part): Recalled {
    let best: Match | undefined;
    let mass = 0;
    for (const match of matches) {
      mass += weightOf(match.likeness);
      if (match.likeness > (best?.likeness ?? 0)) best = match;
    }
    if (best === undefined) return { report };
    const own = ownScoreOf(report);
    const score = jointScore(own, weightOf(best.likeness), mass);
    if (score < TOLD_FROM) return { report };
    if (score >= SCORE_HIGH) this.#raised += 1;
    const { remembered, start, end } = best;
    const finding: Finding = {
      rule: VARIANT_RULE,
      ...remembered.kind,
      type: 'variant',
      severity: severityOf(score),
      score,
      start: offset + start,
      end: offset + Math.min(end, text.length),
      reason: `resembles what was blocked in ${remembered.requestId}`,
    };
    return { report: { ...report, findings: [...report.findings, finding], score: Math.max(score, own) }, like: remembered };
  }

  #matches(tenant: string, known: Map<number, Remembered>, { text }: Part): readonly Match[] {
    const matches = new Map<Remembered, Match>();
    for (const view of viewsOf(text).views.slice(0, VIEWS_MAX)) {
      this.#reader.read(view.text, (stretch) => {
        for (const remembered of known.values()) {
          const likeness = likenessOf(stretch, remembered);
          if (weightOf(likeness) <= weightOf(matches.get(remembered)?.likeness ?? 0)) continue;
          matches.set(remembered, { remembered, likeness, ...placeIn(view, stretch, text) });
        }
      });
    }
    const gone = [...matches.keys()].filter((one) => this.#isAccepted(tenant, one));
    for (const one of gone) this.#forget(tenant, known, one);
    return gone.length === 0 ? [...matches.values()] : [...matches.values()].filter(({ remembered }) => known.has(remembered.name));
  }

  #isAccepted(tenant: string, { accepted }: Remembered): boolean {
    return accepted.some(({ rule, fingerprint }) => this.#tools.isAccepted(tenant, rule, fingerprint));
  }

  /** Remembers texts that were blocked in one request; what was blocked for no injection or jailbreak is left out by the caller. */
  remember(tenant: string, { id, route: { policy } }: BlockedBy, blocked: readonly BlockedText[]): void {
    if (blocked.length === 0 || policy.stagesOff?.includes('memory') === true) return;
    for (const one of blocked.slice(0, TEXTS_OF_A_REQUEST_MAX)) {
      const fresh = this.#entryOf(id, one);
      if (fresh !== undefined) this.#remember(tenant, fresh);
    }
  }

  #remember(tenant: string, fresh: Remembered): void {
    const { rememberedMax } = this.#tools.settings();
    const known = this.#tenants.get(tenant) ?? new Map<number, Remembered>();
    this.#tenants.set(tenant, known);
    // The same text again is no further try, and is younger than before.
    if (known.delete(fresh.name)) this.#size -= 1;
    known.set(fresh.name, fresh);
    this.#size += 1;
    for (const oldest of known.values()) {
      if (known.size <= rememberedMax) break;
      this.#drop(tenant, known, oldest);
    }
    if (this.#size > (this.#tools.sketchesMax ?? SKETCHES_MAX)) this.#shrinkLargest();
  }

  /** Undefined for a text that is too brief to be told from others. */
  #entryOf(requestId: string, blocked: BlockedText): Remembered | undefined {
    const { findings, like } = blocked;
    const sketches = this.#sketchesOf(blocked);
    const [sketch] = sketches;
    const [gravest] = findings.toSorted((one, other) => other.finding.score - one.finding.score);
    if (sketch === undefined || gravest === undefined) return undefined;
    const { class: kind, family, taxonomy } = gravest.finding;
    const standsForItself = like === undefined || findings.some(({ finding }) => finding.rule !== VARIANT_RULE);
    return {
      name: nameOf(sketch),
      sketches,
      requestId,
      kind: { class: kind, ...(family === undefined ? {} : { family }), taxonomy },
      accepted: findings.flatMap(({ finding: { rule }, fingerprint }) => (fingerprint === undefined ? [] : [{ rule, fingerprint }])),
      ...(standsForItself ? {} : { root: like.root ?? like }),
      untilMs: this.#tools.clock.steadyMs() + this.#tools.settings().rememberMinutes * MINUTE_MS,
    };
  }

  /** Of the text around its worst place and, where the stages read something else there, of that too; of that alone where it was in code. */
  #sketchesOf({ text, origin, report: { worst } }: BlockedText): readonly Sketch[] {
    const plain = viewsOf(remembered(text, origin, worst)).views[0]?.text ?? '';
    const readings =
      worst?.reading === undefined || worst.reading === plain ? [plain] : [...(isWritten(plain) ? [plain] : []), worst.reading];
    return readings.flatMap((reading) => this.#reader.sketch(reading) ?? []);
  }

  /** Who remembers most makes room, so that one tenant's attacker does not make the others forget. */
  #shrinkLargest(): void {
    const [tenant, known] = [...this.#tenants].reduce((most, one) => (one[1].size > most[1].size ? one : most));
    const [oldest] = known.values();
    if (oldest !== undefined) this.#drop(tenant, known, oldest);
  }

  #forgetOld(tenant: string, known: Map<number, Remembered>): void {
    const nowMs = this.#tools.clock.steadyMs();
    for (const oldest of known.values()) {
      if (oldest.untilMs > nowMs) break;
      this.#drop(tenant, known, oldest);
    }
  }

  /** What somebody accepted takes along what was blocked for resembling it. */
  #forget(tenant: string, known: Map<number, Remembered>, accepted: Remembered): void {
    for (const one of known.values()) if (one === accepted || one.root === accepted) this.#drop(tenant, known, one);
  }

  #drop(tenant: string, known: Map<number, Remembered>, { name }: Remembered): void {
    if (!known.delete(name)) return;
    this.#size -= 1;
    if (known.size === 0) this.#tenants.delete(tenant);
  }
}

/** Whether the policy looks at all, and at texts of this origin: what the operator wrote is no try. */
export const isRecalled = ({ stagesOff }: Policy, origin: Origin): boolean =>
  origin !== 'operator' && stagesOff?.includes('memory') !== true;

/** What is compared of a text, and where it begins. */
interface Part {
  readonly text: string;
  readonly offset: number;
}

/** Of a text that was judged in a thread, what stands around its worst place. */
function partOf(text: string, { worst }: MeaningReport): Part {
  if (text.length <= TEXT_UNITS_MAX) return { text, offset: 0 };
  const middle = worst === undefined ? 0 : (worst.start + worst.end) >> 1;
  const offset = Math.max(0, Math.min(middle - TEXT_UNITS_MAX / 2, text.length - TEXT_UNITS_MAX));
  return { text: text.slice(offset, offset + TEXT_UNITS_MAX), offset };
}

function likenessOf(stretch: Stretch, { sketches }: Remembered): number {
  let most = 0;
  for (const sketch of sketches) most = Math.max(most, stretch.likeness(sketch));
  return most;
}

/** Whether a text is made of words: what is spelled out, or written in a code, looks like everything else that is. */
function isWritten(text: string): boolean {
  const mean = text.length / text.split(' ').length;
  return mean >= WORD_UNITS.min && mean <= WORD_UNITS.max;
}

/** What belongs to an attack: of what somebody says, all but what is long; of a page, what stands next to the worst place. */
function remembered(text: string, origin: Origin, worst: MeaningReport['worst']): string {
  const isFetched = origin === 'retrieved' || origin === 'tool';
  const { start, end } = worst ?? { start: 0, end: 0 };
  if (worst === undefined || (text.length <= EXCERPT_UNITS_MAX && !isFetched)) return text.slice(0, EXCERPT_UNITS_MAX);
  const margin = isFetched ? PAGE_MARGIN_UNITS : MARGIN_UNITS;
  const from = Math.max(0, start - margin);
  return text.slice(from, Math.min(from + EXCERPT_UNITS_MAX, end + margin));
}

/** A text that is one stretch is told whole: its place must not change with what is remembered, so that it can be accepted. */
function placeIn(view: View, { start, end }: Pick<Match, 'start' | 'end'>, text: string): Pick<Match, 'start' | 'end'> {
  if (start === 0 && end === view.text.length) return { start: 0, end: text.length };
  const [from, to] = [view.originalAt(start), view.originalAt(end)];
  return { start: Math.min(from, to), end: Math.max(from, to) };
}

const ownScoreOf = ({ score, findings }: MeaningReport): number =>
  score ?? findings.reduce((highest, finding) => Math.max(highest, finding.score), 0);

function nameOf({ words, letters }: Sketch): number {
  let [one, two] = [words.size, letters.size];
  for (const { values } of [words, letters]) {
    for (const value of values) {
      one = (Math.imul(one, 0x01000193) ^ value) >>> 0;
      two = (Math.imul(two, 0x5bd1e995) + value) >>> 0;
    }
  }
  return one * 2 ** 21 + (two >>> 11);
}
