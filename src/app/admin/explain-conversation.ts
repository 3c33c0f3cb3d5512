// A conversation through the guards, stage by stage, as a request with it would go: what each stage saw, found and took how long for.
import type { Action, Finding, Origin } from '../../core/types.ts';
import { TEXT_UNITS_MAX, type StageScore } from '../../detect/detector.ts';
import { CleanMemo } from '../../gateway/clean-memo.ts';
import { withoutStages, type Guards } from '../../gateway/guards.ts';
import { maskSpans } from '../../gateway/mask.ts';
import { judgeRequest, type AcceptanceDoor, type JudgedImage, type Judgement } from '../../gateway/sentry.ts';
import type { Reading, TextPart, Turn as SpokenTurn } from '../../gateway/wire/walk.ts';
import { decide, type Policy, type PolicyRule } from '../../policy/policy.ts';
import { explainPictures, type PictureTools, type Shown } from './explain-pictures.ts';

export interface Said {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** Default: what the role implies. */
  readonly origin?: Origin;
  /** A picture said with it, in base64. */
  readonly image?: string;
}

export interface ExplainTools extends PictureTools {
  readonly guards: Guards;
  readonly acceptances: AcceptanceDoor;
  readonly clock: { steadyMs(): number };
}

export interface ExplainedStage {
  readonly stage: 'walk' | 'pictures' | 'meaning' | 'spans' | 'together' | 'decide' | 'shield';
  readonly says: string;
  readonly ms: number;
  readonly findings: readonly ExplainedConversationFinding[];
  /** What each stage of the cascade thinks of each turn, where that is what this stage is about. */
  readonly scores?: readonly TurnScores[];
  /** The turns as they leave this stage. */
  readonly turns: readonly { readonly pointer: string; readonly role: string; readonly origin: Origin; readonly text: string }[];
}

/** From 0 to 1; absent where nothing judged the turn. */
interface TurnScores {
  readonly pointer: string;
  readonly score: number | undefined;
  readonly stages: readonly StageScore[];
}

interface ExplainedConversationFinding {
  readonly finding: Finding;
  readonly action: Action;
  readonly because: number;
  readonly rule: PolicyRule | undefined;
}

export interface ExplainedConversation {
  readonly action: Action;
  readonly policy: string;
  readonly mode: Policy['mode'];
  readonly failure: string | null;
  readonly stages: readonly ExplainedStage[];
}

const ORIGIN_OF: Readonly<Record<Said['role'], Origin>> = {
  system: 'operator',
  developer: 'operator',
  user: 'user',
  assistant: 'model',
  tool: 'tool',
};

interface Turn {
  readonly role: Said['role'];
  readonly origin: Origin;
  readonly part: TextPart;
}

/** Takes at most 200 turns, as the schema of its route says. Nothing of it is kept. */
export async function explainConversation(tools: ExplainTools, said: readonly Said[]): Promise<ExplainedConversation> {
  const walked = await timed(tools, () => said.map(turnOf));
  const pictures = await timed(tools, () => explainPictures(tools, picturesOf(said)));
  const { gallery, says: seen } = pictures.value;
  const turns = [...walked.value, ...(gallery?.turns ?? []).flatMap(readTurns)];
  const shown = (mask: (part: TextPart) => string = ({ text }) => text): ExplainedStage['turns'] =>
    turns.map(({ role, origin, part }) => ({ pointer: part.pointer, role, origin, text: mask(part) }));
  const stage = (
    name: ExplainedStage['stage'],
    says: string,
    rest: Partial<ExplainedStage> & Pick<ExplainedStage, 'ms'>,
  ): ExplainedStage => ({ stage: name, says, findings: [], turns: shown(), ...rest });
  const explained = (findings: readonly Finding[]): ExplainedStage['findings'] =>
    findings.map((finding) => explain(tools.policy, finding, turns));
  const before = [
    stage('walk', 'Each text with its place and how far it is trusted.', { ms: walked.ms }),
    ...(said.some(({ image }) => image !== undefined)
      ? [stage('pictures', seen, { ms: pictures.ms, findings: explained(pictures.value.findings) })]
      : []),
  ];
  const head = { policy: `${tools.policy.name}@${tools.policy.revision}`, mode: tools.policy.mode };
  // As in the gateway: what is no picture that may pass ends the request before anything else is judged.
  if (gallery === undefined) return { ...head, action: 'block', failure: null, stages: before };
  const scores: TurnScores[] = [];
  const meaning = await timed(tools, () => eachTurn(turns, (turn) => meaningOf(tools, turn, scores)));
  const spans = await timed(tools, () => eachTurn(turns, async (turn) => spansOf(tools, turn)));
  const judged = await timed(tools, () => judge(tools, turns, gallery.images));
  const judgement = judged.value;
  const single = new Set([...pictures.value.findings, ...meaning.value, ...spans.value].map(keyOf));
  const together = judgement.findings.filter(({ finding }) => !single.has(keyOf(finding)));
  const isMasking = judgement.action !== 'block' && tools.policy.mode === 'enforce';
  return {
    ...head,
    action: judgement.action,
    failure: judgement.failure ?? null,
    stages: [
      ...before,
      stage('meaning', 'What each turn means, over all its decoded readings. What was blocked lately is not remembered here.', {
        ms: meaning.ms,
        findings: explained(meaning.value),
        scores,
      }),
      stage('spans', 'Exact places of secrets, personal data and links.', { ms: spans.ms, findings: explained(spans.value) }),
      stage('together', 'What one kind of speaker said over several turns, as if it had been said at once.', {
        ms: Math.max(0, judged.ms - meaning.ms - spans.ms),
        findings: explained(together.map(({ finding }) => finding)),
      }),
      stage('decide', 'The first rule of the policy that speaks of a finding; accepted findings pass.', {
        ms: 0,
        findings: judgement.findings.map(({ finding, action }) => ({ ...explain(tools.policy, finding, turns), action })),
      }),
      stage(
        'shield',
        isMasking ? 'Masks in the place of what must not pass.' : 'Nothing is masked: the request is blocked, or only observed.',
        {
          ms: 0,
          turns: shown((part) => (isMasking ? maskSpans(part.text, judgement.masks.get(part) ?? []) : part.text)),
        },
      ),
    ],
  };
}

function turnOf({ role, text, origin }: Said, at: number): Turn {
  const from = origin ?? ORIGIN_OF[role];
  const holder = { object: { content: text }, at: 'content' };
  return { role, origin: from, part: { kind: 'text', text, pointer: `/messages/${at}/content`, origin: from, channel: 'content', holder } };
}

const picturesOf = (said: readonly Said[]): readonly Shown[] =>
  said.flatMap(({ role, origin = ORIGIN_OF[role], image }, at) =>
    image === undefined ? [] : [{ origin, pointer: `/messages/${at}/image`, base64: image }],
  );

/** What was read in pictures, as turns of their own. */
const readTurns = ({ origin, parts }: SpokenTurn): readonly Turn[] => parts.map((part) => ({ role: 'user', origin, part }));

async function timed<Value>(
  { clock }: ExplainTools,
  work: () => Value | Promise<Value>,
): Promise<{ readonly value: Value; readonly ms: number }> {
  const from = clock.steadyMs();
  const value = await work();
  return { value, ms: Math.round((clock.steadyMs() - from) * 1000) / 1000 };
}

async function eachTurn(turns: readonly Turn[], look: (turn: Turn) => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const turn of turns) for (const finding of await look(turn)) found.push({ ...finding, pointer: turn.part.pointer });
  return found;
}

const lookOf = ({ origin }: Turn) => ({ direction: 'input', origin, context: {} }) as const;

async function meaningOf({ guards, policy, tenant }: ExplainTools, turn: Turn, scores: TurnScores[]): Promise<readonly Finding[]> {
  const report = await guards.meaning(turn.part.text, { ...lookOf(turn), ...withoutStages(policy) }, tenant);
  scores.push({ pointer: turn.part.pointer, score: report.score, stages: report.stages ?? [] });
  return report.findings;
}

/** A long text is looked at as the gateway does it: as a stream. */
function spansOf({ guards }: ExplainTools, turn: Turn): readonly Finding[] {
  const { text } = turn.part;
  if (text.length <= TEXT_UNITS_MAX) return guards.spans.inspect(text, lookOf(turn)).findings;
  const stream = guards.spans.stream(lookOf(turn));
  return [...stream.push(text).findings, ...stream.end().findings];
}

function judge(
  { guards, policy, tenant, acceptances }: ExplainTools,
  turns: readonly Turn[],
  images: readonly JudgedImage[],
): Promise<Judgement> {
  const reading: Reading = { turns: turns.map(({ origin, part }) => ({ origin, parts: [part] })), media: [] };
  const yieldLoop = (): Promise<void> =>
    new Promise((resolve) => {
      setImmediate(resolve);
    });
  return judgeRequest(guards, { reading, images, context: {}, policy, tenant, acceptances, memo: new CleanMemo(), yieldLoop });
}

const keyOf = ({ rule, pointer, start, end, score }: Finding): string => [rule, pointer, start, end, score].join(' ');

function explain(policy: Policy, finding: Finding, turns: readonly Turn[]): ExplainedConversationFinding {
  const origin = turns.find(({ part }) => part.pointer === finding.pointer)?.origin ?? 'user';
  const { action, because } = decide(policy, finding, { direction: 'input', origin, isSentByCaller: true });
  return { finding, action, because, rule: policy.rules[because] };
}
