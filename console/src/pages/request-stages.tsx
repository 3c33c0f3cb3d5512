// The stages that a request went through, and where it ended.
import type { Story, StoryStage } from '../api/types.ts';
import { toDuration } from '../parts/format.ts';
import { Panel } from '../parts/page.tsx';
import { Inert } from '../parts/text.tsx';
import { verdictOf } from './story.ts';

const WORDS: Readonly<Record<string, string>> = {
  admit: 'Who, and may it: key, limits, stop orders',
  read: 'Read: every part, known members only',
  judge: 'Judged: what the parts mean and hold',
  record: 'Recorded',
  call: 'The model was asked',
  inspect: 'The answer was inspected',
  answer: 'The answer left',
  answered: 'The answer left',
  stopped: 'Stopped by an order',
  process: 'The gateway ended',
};

/** The way of a request that nothing stops, for records of gateways that do not tell it. */
const WAY = ['admit', 'read', 'judge', 'record', 'call', 'inspect', 'answered'] as const;

export function RequestStages({ story }: { readonly story: Story }) {
  const stages = story.stages ?? wayOf(story);
  const longest = Math.max(1, ...stages.map(({ ms }) => ms ?? 0));
  const last = stages.length - 1;
  const ended = story.reason !== undefined || verdictOf(story) === 'block';
  return (
    <Panel title="What happened">
      <ol className="stages">
        {stages.map((stage, at) => (
          <Stage
            key={`${stage.stage}-${at}`}
            stage={stage}
            longest={longest}
            isEnd={ended && (stage.state === undefined ? at === last : isStop(stage.state))}
          />
        ))}
      </ol>
    </Panel>
  );
}

const isStop = (state: string): boolean => !['ok', 'passed', 'done', 'allow', 'record', 'answered', 'skipped', 'redact'].includes(state);

function Stage({ stage, longest, isEnd }: { readonly stage: StoryStage; readonly longest: number; readonly isEnd: boolean }) {
  return (
    <li data-end={isEnd}>
      <span className="stage-name">{stage.stage}</span>
      <span className="stage-what">
        <Inert text={stage.detail ?? WORDS[stage.stage] ?? ''} />
        {isEnd && <strong> It ended here.</strong>}
      </span>
      {typeof stage.ms === 'number' && (
        <span className="stage-time">
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect width={Math.max(1, (stage.ms / longest) * 100)} height="4" />
          </svg>
          <span className="num">{toDuration(stage.ms)}</span>
        </span>
      )}
    </li>
  );
}

function wayOf({ stage }: Story): readonly StoryStage[] {
  const end = WAY.findIndex((one) => one === stage);
  const way: StoryStage[] = WAY.slice(0, end < 0 ? 1 : end + 1).map((one) => ({ stage: one }));
  return end < 0 ? [...way, { stage }] : way;
}
