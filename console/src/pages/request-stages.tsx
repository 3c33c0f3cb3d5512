// The stages that a request went through, what each knew, and where it ended.
import { Link } from '@tanstack/react-router';
import type { Json, JsonObject, Story, StoryStage, Timings } from '../api/types.ts';
import { toCount, toDuration } from '../parts/format.ts';
import { Panel } from '../parts/page.tsx';
import { Inert } from '../parts/text.tsx';

const WORDS: Readonly<Record<string, string>> = {
  read: 'Read: every part, known members only',
  admit: 'Let in: key, limits, stop orders',
  judge: 'Judged: what its parts mean and hold',
  record: 'On record, before anything was asked',
  call: 'The model was asked',
  inspect: 'The answer was looked through',
  answer: 'The answer left',
};

const SAID: Readonly<Partial<Record<StoryStage['state'], string>>> = { ended: 'It ended here.', under_way: 'It is here now.' };

export function RequestStages({ story: { stages, timings } }: { readonly story: Story }) {
  return (
    <Panel title="What happened" acts={<Took timings={timings} />}>
      <ol className="stages">
        {stages.map((stage) => (
          <Stage key={stage.name} stage={stage} />
        ))}
      </ol>
    </Panel>
  );
}

function Took({ timings: { durationMs, firstByteMs } }: { readonly timings: Timings }) {
  if (durationMs === null) return null;
  return (
    <span className="took soft num">
      {firstByteMs !== null && firstByteMs < durationMs && (
        <>
          <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect width="100" height="6" className="held" />
            <rect width={(firstByteMs / Math.max(1, durationMs)) * 100} height="6" className="fill" />
          </svg>
          first byte {toDuration(firstByteMs)},{' '}
        </>
      )}
      {toDuration(durationMs)} in all
    </span>
  );
}

function Stage({ stage: { name, state, facts, findings, record } }: { readonly stage: StoryStage }) {
  const told = factsOf(facts);
  return (
    <li data-state={state}>
      <span className="stage-name">{name}</span>
      <span className="stage-what">
        {state === 'not_reached' ? 'not reached' : (WORDS[name] ?? '')}
        {SAID[state] !== undefined && <strong> {SAID[state]}</strong>}
        {state !== 'not_reached' && (
          <small className="stage-facts">
            {findings > 0 && <span>{findings === 1 ? '1 finding' : `${toCount(findings)} findings`}</span>}
            {told.map(([fact, text]) => (
              <span key={fact}>
                {fact} <Inert text={text} mono />
              </span>
            ))}
          </small>
        )}
      </span>
      {record !== null && state !== 'not_reached' && (
        <Link to="/ledger" search={{ record: String(record) }} className="num" aria-label={`Record ${record} of the stage ${name}`}>
          #{record}
        </Link>
      )}
    </li>
  );
}

/** Commitments and reservations stand in the records below; here they would only be noise. */
const HIDDEN = new Set(['content', 'reservation', 'tries', 'usage', 'durationMs', 'firstByteMs']);
const NAMES: Readonly<Record<string, string>> = { upstreamFormat: 'spoken to as', upstreamModel: 'as model', principal: 'caller' };

const factsOf = (facts: JsonObject): readonly (readonly [string, string])[] =>
  Object.entries(facts).flatMap(([name, value]) => {
    const text = HIDDEN.has(name) ? '' : plain(value);
    return text === '' ? [] : [[NAMES[name] ?? name, text] as const];
  });

const plain = (value: Json): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
