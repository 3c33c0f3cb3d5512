// A candidate policy of the configuration, judged beside the one in force on the same requests.
import { useCandidate } from '../api/queries.ts';
import type { CandidateAnswer } from '../api/types.ts';
import { Panel } from '../parts/page.tsx';
import { Answer, Empty } from '../parts/states.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { Outcome } from './policy-replay.tsx';

const EXAMPLE = `policy:
  extends: standard
  candidate:
    extends: strict
`;

export function PolicyCandidate() {
  const answer = useCandidate();
  return (
    <Answer of={answer} what="What the candidate did could not be read">
      {(data) => (data.candidates.length === 0 ? <NoCandidate /> : <Tried answer={data} />)}
    </Answer>
  );
}

const NoCandidate = () => (
  <Empty title="No candidate is tried">
    <p>Put rules to try beside those in force. They are judged on every request and answer, are on record, and change nothing:</p>
    <pre className="code" tabIndex={0} aria-label="Example">
      {EXAMPLE}
    </pre>
  </Empty>
);

function Tried({ answer }: { readonly answer: CandidateAnswer }) {
  const { candidates, sinceMs } = answer;
  return (
    <Panel title="What it would have done">
      <ul className="policy-facts">
        {candidates.map(({ models, name, revision }) => (
          <li key={`${models} ${revision}`}>
            <Inert text={name} /> <code className="soft">{revision}</code> for models <Inert text={models} />
          </li>
        ))}
        <li>{sinceMs === null ? 'No request has come since it is tried.' : <Since atMs={sinceMs} />}</li>
      </ul>
      <Outcome of={answer} />
    </Panel>
  );
}

const Since = ({ atMs }: { readonly atMs: number }) => (
  <>
    Tried since <Ago at={atMs} />, as far as the last records reach.
  </>
);
