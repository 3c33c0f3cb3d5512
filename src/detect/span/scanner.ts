// The front door of the span detectors: whole texts in, findings out; or a stream in, decided pieces out.
import assert from 'node:assert/strict';
import type { Direction, Finding, Origin, Report } from '../../core/types.ts';
import type { DetectContext, Sink, SpanDetector, Task } from '../detector.ts';
import { buildAutomata } from './automaton.ts';
import type { Automaton } from './automaton.ts';
import { findingOf } from './finding.ts';
import { ChannelStream } from './stream.ts';
import type { SpanStream } from './piece.ts';
import { drawn } from './unseen.ts';

export interface SpanOptions {
  readonly direction: Direction;
  readonly origin: Origin;
  readonly context: DetectContext;
  /** Only detectors of these tasks; absent = all. */
  readonly tasks?: readonly Task[];
  /** Where the text goes: detectors of that sink look too. */
  readonly sink?: Sink | undefined;
  /** Further detectors, without anchors, that read this text along. */
  readonly followers?: readonly SpanDetector[];
  /** Steps of a stream tell findings, and no pieces. */
  readonly isForFindings?: boolean;
}

export interface SpanScanner {
  /** Looks at a whole text. Linear in its length; on the request loop give it at most `TEXT_UNITS_MAX` units. */
  inspect(text: string, options: SpanOptions): Report;
  /** Looks at one channel of an answer while it arrives. */
  stream(options: SpanOptions): SpanStream;
  /** What makes a matched text harmless where it goes; undefined for rules that only hide. */
  neutral(rule: string, text: string): string | undefined;
}

/** What a stream needs of the detectors that apply to it. */
export interface Setting {
  readonly automaton: Automaton;
  readonly tails: readonly SpanDetector[];
  readonly followers: readonly SpanDetector[];
  readonly direction: Direction;
  readonly context: DetectContext;
  readonly onBug: OnBug | undefined;
  readonly isForFindings: boolean;
}

/** Told of what a detector threw: the text counts as not looked at, and whoever runs it wants to know why. */
export type OnBug = (error: unknown) => void;

type Engine = Pick<Setting, 'automaton' | 'tails' | 'followers'> & { readonly wholes: readonly SpanDetector[] };

function buildEngines(detectors: readonly SpanDetector[], choices: readonly (readonly SpanDetector[])[]): readonly Engine[] {
  const automata = buildAutomata(
    detectors,
    choices.map((choice) => new Set(choice)),
  );
  return automata.map((automaton, index) => engineOf(automaton, choices[index] ?? []));
}

function engineOf(automaton: Automaton, detectors: readonly SpanDetector[]): Engine {
  return {
    automaton,
    tails: detectors.filter((detector) => detector.tail !== undefined),
    followers: detectors.filter((detector) => detector.follow !== undefined),
    wholes: detectors.filter((detector) => detector.whole !== undefined),
  };
}

type Choosing = Pick<SpanOptions, 'direction' | 'tasks' | 'sink'>;

const DIRECTIONS: readonly Direction[] = ['input', 'output'];

/** Builds a scanner; the automata for each direction and choice of tasks are built once, at first use. */
export function createSpanScanner(detectors: readonly SpanDetector[], onBug?: OnBug): SpanScanner {
  const engines = new Map<string, Engine>();
  const neutrals = new Map(detectors.map(({ id, neutral }) => [id, neutral]));
  const chosen = ({ direction, tasks, sink }: Choosing): readonly SpanDetector[] =>
    detectors.filter(
      (detector) =>
        detector.directions.includes(direction) &&
        (tasks === undefined || tasks.includes(detector.task)) &&
        (detector.sink === undefined || detector.sink === sink),
    );
  const engineFor = (options: SpanOptions): Engine => {
    const { direction, tasks, sink } = options;
    const where = sink === undefined ? direction : `${direction} to ${sink}`;
    const key = tasks === undefined ? where : `${where} ${[...tasks].sort().join(' ')}`;
    const known = engines.get(key);
    if (known !== undefined) return known;
    // Nearly the same is looked for both ways, where nothing narrower is asked for.
    if (key === direction)
      for (const [index, engine] of buildEngines(
        detectors,
        DIRECTIONS.map((way) => chosen({ direction: way })),
      ).entries())
        engines.set(DIRECTIONS[index] ?? direction, engine);
    const engine = engines.get(key) ?? buildEngines(detectors, [chosen(options)])[0];
    assert(engine !== undefined, 'one choice of detectors makes one engine');
    engines.set(key, engine);
    return engine;
  };
  const open = (options: SpanOptions): ChannelStream => {
    const { direction, context, followers = [], isForFindings = false } = options;
    const engine = engineFor(options);
    return new ChannelStream({ ...engine, direction, context, followers: [...engine.followers, ...followers], onBug, isForFindings });
  };
  return {
    stream: open,
    neutral: (rule, text) => neutrals.get(rule)?.(drawn(text)),
    inspect(text, options) {
      const { findings, failed } = open({ ...options, isForFindings: true }).all(text);
      if (failed !== undefined) return { state: 'failed', code: failed, findings };
      return { state: 'looked', findings: [...findings, ...disguised({ text, options, findings, detectors: engineFor(options).wholes })] };
    },
  };
}

interface Whole {
  readonly text: string;
  readonly options: SpanOptions;
  readonly findings: readonly Finding[];
  readonly detectors: readonly SpanDetector[];
}

/** What only the whole shows. Asked for by naming the task, because a stream cannot tell it and would then differ. */
function disguised({ text, options, findings, detectors }: Whole): readonly Finding[] {
  if (options.tasks === undefined) return [];
  return detectors.flatMap((detector) => {
    const found = findings.some((finding) => finding.rule === detector.id) ? undefined : detector.whole?.(text, options.context);
    return found === undefined ? [] : [findingOf(detector, found, found)];
  });
}
