// Step 3 and 4 of a request: every part of every turn is judged, then the policy says what each finding means.
// Text that is cut over several parts or messages is judged joined as well.
import type { Action, FailureCode, Finding, Origin, Report } from '../core/types.ts';
import { TEXT_UNITS_MAX, type DetectContext } from '../detect/detector.ts';
import type { MeaningReport } from '../detect/meaning/judge.ts';
import { stricter, type Policy } from '../policy/policy.ts';
import { decideBoth } from './decide-both.ts';
import { longSpans } from './long-spans.ts';
import { valueOf } from './value-of.ts';
import { maskSpans } from './mask.ts';
import { seamTexts, spokenBy, windowsOf } from './seams.ts';
import type { CleanMemo } from './clean-memo.ts';
import { ATTACKS, BlockedLately } from './blocked-lately.ts';
import { LISTED_MAX } from './record.ts';
import { pieceAt, placeOf, sliceUnits, stretchOf, type Stretch, type StretchPlace } from './stretch.ts';
import type { BlockedText, VariantMemory } from './variant-memory.ts';
import { readOn, withoutStages, type Asked, type Guards, type LongLook, type Look, type Stretch as AskedStretch } from './guards.ts';
import type { Reading, TextPart, Turn } from './wire/walk.ts';

export interface JudgedFinding {
  readonly finding: Finding;
  readonly origin: Origin;
  readonly action: Action;
  /** What the candidate policy would have done, where there is one. */
  readonly would?: Action;
  /** Keyed digest of the matched text, by which an operator can accept it; absent where nothing was done about it. */
  readonly fingerprint?: string;
}

export interface Judgement {
  readonly action: Action;
  /** The same by the candidate policy; absent without one. */
  readonly would?: Action | undefined;
  readonly findings: readonly JudgedFinding[];
  /** What is to be rewritten, by part. */
  readonly masks: ReadonlyMap<TextPart, readonly Finding[]>;
  /** Values of personal data that the caller sent: showing them back discloses nothing. */
  readonly sentValues: ReadonlySet<string>;
  readonly failure: FailureCode | undefined;
  /** Texts that were blocked for what they mean, for whoever remembers them. */
  readonly blocked?: readonly BlockedText[];
}

/** Findings that an operator accepted as false alarms, for the tenant at hand. */
export interface AcceptanceDoor {
  isAccepted(finding: Finding, matched: string): boolean;
  fingerprintOf(matched: string): string;
}

/** What is known of one picture: what was noticed in it, and how to take it out. Its text is judged with the turns. */
export interface JudgedImage {
  readonly pointer: string;
  readonly origin: Origin;
  readonly findings: readonly Finding[];
  /** Names the picture, so that an operator can accept a finding in it. */
  readonly digest: string;
  readonly failure: FailureCode | undefined;
  readonly blank: () => void;
}

export interface SentryInput {
  readonly reading: Reading;
  readonly context: DetectContext;
  readonly policy: Policy;
  readonly tenant: string;
  /** Whether the texts go to an upstream outside the house; absent: they do not. */
  readonly leavesHouse?: boolean;
  readonly acceptances: AcceptanceDoor;
  readonly memo: CleanMemo;
  /** What was blocked lately; absent: nothing is remembered here. */
  readonly variants?: VariantMemory | undefined;
  /** Pictures of the request, as far as they could be looked at. */
  readonly images?: readonly JudgedImage[];
  /** Lets other requests run. */
  yieldLoop(): Promise<void>;
}

/** Judges all text of a request. Never throws for what the text says. */
export async function judgeRequest(guards: Guards, input: SentryInput): Promise<Judgement> {
  const judge = new RequestJudge(guards, input);
  for (const turn of input.reading.turns) {
    const judging = judge.turn(turn);
    if (judging !== undefined) await judging;
  }
  for (const image of input.images ?? []) judge.image(image);
  await judge.seams();
  return judge.result();
}

interface Matched {
  readonly origin: Origin;
  readonly matched: string;
  /** Whether a mask can stand in its place. */
  readonly isMaskable: boolean;
}

type Followed = Look & Required<Pick<Look, 'followers'>>;

interface InTurns {
  readonly meaning: MeaningReport | Promise<MeaningReport>;
  readonly isShort: boolean;
}

class RequestJudge {
  readonly #guards: Guards;
  readonly #input: SentryInput;
  readonly #findings: JudgedFinding[] = [];
  // In most requests nothing is found, and these three are not made.
  #masks: Map<TextPart, Finding[]> | undefined;
  /** Spans that are masked already: part and place. */
  #masked: Map<TextPart, Set<string>> | undefined;
  #sent: Set<string> | undefined;
  readonly #lately: BlockedLately;
  /** Texts at which not everybody looked who should have. */
  #provisional = 0;
  readonly #asked: Asked | undefined;
  #action: Action = 'allow';
  #would: Action = 'allow';
  #failure: FailureCode | undefined;
  /** What is remembered as clean, is so for the stages that looked. */
  readonly #shelf: string;

  constructor(guards: Guards, input: SentryInput) {
    this.#guards = guards;
    this.#input = input;
    this.#lately = new BlockedLately(input);
    const { policy, tenant, leavesHouse } = input;
    this.#asked = policy.lookFor === undefined ? undefined : guards.asked?.(policy.lookFor);
    const without = policy.stagesOff === undefined ? '' : ` without ${policy.stagesOff.join()}`;
    const edition = guards.edition?.() ?? '';
    const asked = this.#asked === undefined ? edition : `${edition} ${this.#asked.id}`;
    // An external judge may be asked about the one and not about the other.
    const outwards = leavesHouse === true ? ' outwards' : '';
    this.#shelf = `${tenant}${outwards}${without}${asked === '' ? '' : ` with ${asked}`}`;
  }

  /** Undefined: it is judged, and there is nothing to wait for. */
  turn(turn: Turn): Promise<void> | undefined {
    return this.#asked === undefined ? this.#stretch(stretchOf(turn.parts, turn.origin, '\n'), 'said') : this.#places(turn);
  }

  /** What the policy asks for may be a matter of what is said alone, and of the name of a model nothing is. */
  async #places({ parts, origin }: Turn): Promise<void> {
    for (const [place, some] of Map.groupBy(parts, placeOf)) await this.#stretch(stretchOf(some, origin, '\n'), place);
  }

  #stretch(stretch: Stretch, place: StretchPlace): Promise<void> | undefined {
    const shelf = this.#shelfOf(place);
    return this.#input.memo.has(shelf, stretch.origin, stretch.text) ? undefined : this.#fresh(stretch, place, shelf);
  }

  async #fresh(stretch: Stretch, place: StretchPlace, shelf: string): Promise<void> {
    const { memo } = this.#input;
    const before = { findings: this.#findings.length, failure: this.#failure, provisional: this.#provisional };
    await this.#judge(stretch, place);
    if (this.#provisional > before.provisional) return;
    if (this.#findings.length === before.findings && this.#failure === before.failure && before.failure === undefined)
      memo.add(shelf, stretch.origin, stretch.text);
  }

  /** What is innocent in one place was not looked at for all that another is looked at for. */
  #shelfOf(place: StretchPlace): string {
    return this.#asked === undefined ? this.#shelf : `${this.#shelf} ${place}`;
  }

  async #judge(stretch: Stretch, place: StretchPlace): Promise<void> {
    const asked = { direction: 'input', origin: stretch.origin, isSaid: place === 'said' } as const;
    const followers = place === 'name' ? [] : (this.#asked?.followers(asked) ?? []);
    const plain = this.#look(stretch.origin);
    const long = followers.length === 0 ? this.#guards.long?.(stretch.text, plain, this.#input.tenant) : undefined;
    const waiting = long === undefined ? this.#onLoop(stretch, { ...plain, followers }) : this.#offLoop(stretch, plain, long);
    if (waiting !== undefined) await waiting;
    if (this.#asked !== undefined && place !== 'name') await this.#watch(stretch, asked);
  }

  /** A thread looks at a long text, for all that is looked for. */
  async #offLoop(stretch: Stretch, look: Look, long: LongLook): Promise<void> {
    const [looked, spans] = await Promise.all([long.meaning, long.spans]);
    this.#means(looked, stretch);
    // Where no thread looked, this one still can.
    this.#take(spans ?? (await this.#longSpans(stretch, look)), stretch);
  }

  /** Undefined: all of it was looked at at once. */
  #onLoop(stretch: Stretch, look: Followed): Promise<void> | undefined {
    const meaning = this.#guards.meaning(stretch.text, look, this.#input.tenant);
    const isShort = stretch.text.length <= (look.followers.length === 0 ? TEXT_UNITS_MAX : sliceUnits(true));
    if (!isShort || meaning instanceof Promise) return this.#inTurns(stretch, look, { meaning, isShort });
    this.#means(meaning, stretch);
    this.#take(this.#guards.spans.inspect(stretch.text, look), stretch);
    return undefined;
  }

  /** While others ask what a text means, this thread looks for spans in it. */
  async #inTurns(stretch: Stretch, look: Followed, { meaning, isShort }: InTurns): Promise<void> {
    const spans = isShort ? this.#guards.spans.inspect(stretch.text, look) : this.#longSpans(stretch, look);
    const [looked, found] = await Promise.all([meaning, spans]);
    this.#means(looked, stretch);
    this.#take(found, stretch);
  }

  /** What a text means, beside what was blocked lately; where it is blocked now, that is noted. */
  #means(looked: MeaningReport, stretch: Stretch): void {
    const { text, origin } = stretch;
    if (looked.isProvisional === true) this.#provisional += 1;
    const { report, like } = this.#lately.recall(looked, text, origin);
    const from = this.#findings.length;
    this.#take(report, stretch);
    this.#lately.note({ text, origin, report, like }, this.#findings.slice(from));
  }

  /** What the policy asks for beyond what always is looked for. It takes longer, so the loop is given back sooner. */
  async #watch(stretch: Stretch, asked: AskedStretch): Promise<void> {
    for (const report of await this.#watched(stretch.text, asked)) this.#take(report, stretch);
  }

  async #watched(text: string, asked: AskedStretch): Promise<readonly Report[]> {
    const reports: Report[] = [];
    const watches = this.#asked?.watches(asked) ?? [];
    if (watches.length === 0) return reports;
    const units = sliceUnits(true);
    for (let at = 0; at < text.length; at += units) {
      const isFinal = at + units >= text.length;
      for (const watch of watches) reports.push(readOn(watch, text.slice(at, at + units), isFinal));
      if (!isFinal) await this.#input.yieldLoop();
    }
    return reports;
  }

  #look(origin: Origin): Look {
    const { context, policy, leavesHouse = false } = this.#input;
    return { direction: 'input', origin, context, leavesHouse, ...withoutStages(policy) };
  }

  #longSpans({ text }: Stretch, look: Look): Promise<Report> {
    const units = sliceUnits((look.followers ?? []).length > 0);
    return longSpans(this.#guards.spans, { text, look, units, yieldLoop: () => this.#input.yieldLoop() });
  }

  image({ pointer, origin, findings, digest, failure, blank }: JudgedImage): void {
    this.#failure ??= failure;
    for (const found of findings) {
      const finding = { ...found, pointer };
      const part = { kind: 'text', pointer, origin, channel: 'content', text: '', blank } as const;
      if (this.#add(finding, { origin, matched: digest, isMaskable: true }) === 'redact') this.#mask(part, finding);
    }
  }

  /** Judges what one kind of speaker said over several parts and messages as if it had been said at once. */
  async seams(): Promise<void> {
    const { turns } = this.#input.reading;
    const byUser = spokenBy(turns, (origin) => origin === 'user');
    if (byUser.length > 1) await this.#seamsOf(byUser, 'user');
    const byTool = spokenBy(turns, (origin) => origin === 'tool' || origin === 'retrieved');
    if (byTool.length > 1) await this.#seamsOf(byTool, 'tool');
  }

  async #seamsOf(parts: readonly TextPart[], origin: Origin): Promise<void> {
    await this.#seamsIn(parts, origin);
    // A part in which something was found, such as a quotation, must not lend its innocence to its neighbours.
    const found = new Set(this.#findings.map(({ finding }) => finding.pointer));
    const rest = parts.filter((part) => !found.has(part.pointer));
    if (rest.length < parts.length) await this.#seamsIn(rest, origin);
  }

  async #seamsIn(parts: readonly TextPart[], origin: Origin): Promise<void> {
    const pointer = parts.at(-1)?.pointer;
    if (parts.length < 2 || pointer === undefined) return;
    // What was found in one part and will be masked there is no longer a piece of anything.
    const texts = parts.map((part) => maskSpans(part.text, this.#masks?.get(part) ?? []));
    for (const text of seamTexts(texts)) {
      for (const window of windowsOf(text)) {
        await this.#seam(window, origin, { pointer, texts });
        if (window !== text) await this.#input.yieldLoop();
      }
    }
  }

  async #seam(text: string, origin: Origin, of: { readonly pointer: string; readonly texts: readonly string[] }): Promise<void> {
    const { memo, tenant } = this.#input;
    const shelf = this.#shelfOf('seam');
    if (memo.has(shelf, origin, text)) return;
    const look = this.#look(origin);
    const looked = await this.#guards.meaning(text, look, tenant);
    const { report: meaning, like } = this.#lately.recall(looked, text, origin);
    const spans = this.#guards.spans.inspect(text, look);
    const seam = { direction: 'input', origin, isSaid: true, isSeam: true } as const;
    const watched = this.#asked === undefined ? [] : await this.#watched(text, seam);
    if ([meaning, spans, ...watched].every(({ state, findings }) => state === 'looked' && findings.length === 0)) {
      if (looked.isProvisional !== true) memo.add(shelf, origin, text);
      return;
    }
    // A weaker finding of the same rule in one part must not hide what the parts say together.
    const known = new Map<string, number>();
    for (const { finding } of this.#findings) known.set(finding.rule, Math.max(finding.score, known.get(finding.rule) ?? 0));
    const isGraver = (finding: Finding): boolean => finding.score > (known.get(finding.rule) ?? 0);
    const from = this.#findings.length;
    this.#takeNews(meaning, isGraver, { text, origin, pointer: of.pointer });
    this.#lately.note({ text, origin, report: meaning, like }, this.#findings.slice(from));
    // A value that stands whole in one part was judged there, with its own neighbours, and masked if it had to be.
    const isWhole = (matched: string): boolean => of.texts.some((one) => one.includes(matched));
    // How sure a passage of a corpus is does not tell one from the other.
    const isNew = (finding: Finding, matched: string): boolean => !isWhole(matched) && (finding.class === 'leak' || isGraver(finding));
    for (const report of watched) this.#takeNews(report, isNew, { text, origin, pointer: of.pointer });
    this.#takeNews(spans, (_finding, matched) => !isWhole(matched), { text, origin, pointer: of.pointer });
  }

  /** Only what no single part shows is news. Its place is no single part, so it cannot be masked: masking becomes blocking. */
  #takeNews(
    report: Report,
    isNews: (finding: Finding, matched: string) => boolean,
    at: { readonly text: string; readonly origin: Origin; readonly pointer: string },
  ): void {
    if (report.state === 'failed') this.#failure ??= report.code;
    for (const finding of report.findings) {
      const matched = at.text.slice(finding.start, finding.end);
      if (isNews(finding, matched)) this.#add({ ...finding, pointer: at.pointer }, { origin: at.origin, matched, isMaskable: false });
    }
  }

  #take(report: Report, stretch: Stretch): void {
    if (report.state === 'failed') this.#failure ??= report.code;
    for (const found of report.findings) {
      const piece = pieceAt(stretch, found.start);
      if (piece === undefined) continue;
      const offset = piece.from - piece.start;
      const isInside = found.end + offset <= piece.part.text.length;
      const finding = {
        ...found,
        start: found.start + offset,
        end: Math.min(found.end + offset, piece.part.text.length),
        pointer: piece.part.pointer,
      };
      const { part } = piece;
      // What cannot be rewritten (an object's key, a number, a match over two parts) cannot be made safe.
      const isMaskable = isInside && (part.holder !== undefined || part.blank !== undefined);
      const matched = stretch.text.slice(found.start, found.end);
      if (this.#add(finding, { origin: stretch.origin, matched, isMaskable }) === 'redact') this.#mask(part, finding);
    }
  }

  #add(finding: Finding, { origin, matched, isMaskable }: Matched): Action {
    if (finding.class === 'personal-data') this.#sent = (this.#sent ?? new Set()).add(valueOf(matched));
    const { policy, acceptances } = this.#input;
    const isListed = this.#findings.length < LISTED_MAX || ATTACKS.has(finding.class);
    const at = { direction: 'input', origin, isSentByCaller: true } as const;
    const decided = decideBoth(policy, finding, { at, matched, acceptances, isListed });
    this.#findings.push({ finding, origin, ...decided });
    // What cannot be masked does not pass.
    const done = (action: Action): Action => (action === 'redact' && !isMaskable ? 'block' : action);
    this.#action = stricter(this.#action, done(decided.action));
    if (decided.would !== undefined) this.#would = stricter(this.#would, done(decided.would));
    return decided.action;
  }

  #mask(part: TextPart, finding: Finding): void {
    const masks = (this.#masks ??= new Map());
    const masked = (this.#masked ??= new Map());
    const places = masked.get(part) ?? new Set();
    const place = `${finding.start} ${finding.end}`;
    if (places.has(place)) return;
    masked.set(part, places.add(place));
    const known = masks.get(part);
    if (known === undefined) masks.set(part, [finding]);
    else known.push(finding);
  }

  result(): Judgement {
    const { policy } = this.#input;
    const isUnseen = this.#failure !== undefined && policy.onFailure.input === 'block';
    const action = isUnseen ? 'block' : this.#action;
    const would = policy.candidate === undefined ? undefined : isUnseen ? 'block' : this.#would;
    return {
      action,
      would,
      findings: this.#findings,
      masks: this.#masks ?? NO_MASKS,
      sentValues: this.#sent ?? NO_VALUES,
      failure: this.#failure,
      blocked: this.#lately.blocked,
    };
  }
}

const NO_MASKS: Judgement['masks'] = new Map();
const NO_VALUES: Judgement['sentValues'] = new Set();
