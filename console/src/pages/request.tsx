// One request, from its first byte to its last: what happened, what was found, and which rule decided.
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useStory } from '../api/queries.ts';
import type { Story, StoryFinding } from '../api/types.ts';
import { Button, Copy } from '../parts/controls.tsx';
import { PageHead, Panel } from '../parts/page.tsx';
import { Answer } from '../parts/states.tsx';
import { Ago, Inert } from '../parts/text.tsx';
import { Verdict } from '../parts/marks.tsx';
import { mayDecide, usePrincipal } from '../shell/principal.ts';
import { AcceptDialog } from './accept-dialog.tsx';
import { RequestFacts } from './request-facts.tsx';
import { RequestFindings } from './request-findings.tsx';
import { RequestRecords } from './request-records.tsx';
import { RequestStages } from './request-stages.tsx';
import { RuleWords } from './rule-words.tsx';
import { dataOf, deciderOf, textIn, verdictOf } from './story.ts';
import { TestCaseDialog } from './test-case-dialog.tsx';

export function RequestPage() {
  const { id } = useParams({ from: '/requests/$id' });
  const story = useStory(id);
  return (
    <div className="page">
      {story.data === undefined && <PageHead title={`Request ${id}`} />}
      <Answer of={story} what="This request could not be opened">
        {(data) => <Opened story={data} />}
      </Answer>
    </div>
  );
}

type Over = { readonly kind: 'accept'; readonly finding: StoryFinding } | { readonly kind: 'case' };

function Opened({ story }: { readonly story: Story }) {
  const [over, setOver] = useState<Over>();
  const principal = usePrincipal();
  const decider = deciderOf(story);
  const first = story.records[0];
  return (
    <>
      <PageHead
        title={`Request ${story.id}`}
        about={
          <>
            {first !== undefined && <Ago at={first.atMs} />}
            {story.tenant !== undefined && (
              <>
                {' '}
                by tenant <Inert text={story.tenant} />
              </>
            )}
          </>
        }
      >
        <Copy text={location.href} label="Copy link" />
        <Button onClick={() => setOver({ kind: 'case' })}>Make a test case</Button>
        {decider?.fingerprint !== undefined && mayDecide(principal) && (
          <Button onClick={() => setOver({ kind: 'accept', finding: decider })}>Accept as false alarm</Button>
        )}
      </PageHead>
      <Outcome story={story} decider={decider} />
      <div className="two">
        <div className="stack">
          <RequestStages story={story} />
          <RequestFindings story={story} onAccept={mayDecide(principal) ? (finding) => setOver({ kind: 'accept', finding }) : undefined} />
          <RequestRecords story={story} />
        </div>
        <Panel title="Facts">
          <RequestFacts story={story} />
        </Panel>
      </div>
      <Back />
      {over?.kind === 'accept' && <AcceptDialog story={story} finding={over.finding} onClose={() => setOver(undefined)} />}
      {over?.kind === 'case' && <TestCaseDialog id={story.id} onClose={() => setOver(undefined)} />}
    </>
  );
}

/** The one sentence that somebody who is woken at night needs. */
function Outcome({ story, decider }: { readonly story: Story; readonly decider: StoryFinding | undefined }) {
  const verdict = verdictOf(story);
  const rule = decider?.decidedBy?.rule;
  return (
    <section className="outcome" data-tone={verdict.replace(/^would-/, '')} aria-label="Verdict">
      <Verdict verdict={verdict} />
      <div>
        <p className="outcome-why">
          <Why story={story} decider={decider} />
        </p>
        {rule !== undefined && rule !== null && decider !== undefined && (
          <p className="soft">
            Policy <Inert text={textIn(dataOf(story, 'request.opened'), 'policy') ?? ''} />, rule {decider.decidedBy?.index}:{' '}
            <RuleWords rule={rule} />. <Link to="/policy">See the policy</Link>
          </p>
        )}
        {decider === undefined && story.fix !== undefined && story.fix !== '' && (
          <p className="soft">
            <Inert text={story.fix} />
          </p>
        )}
      </div>
    </section>
  );
}

function Why({ story, decider }: { readonly story: Story; readonly decider: StoryFinding | undefined }) {
  if (decider !== undefined) {
    return (
      <>
        <Inert text={decider.rule} mono /> found {decider.class} {decider.direction === 'input' ? 'in what' : 'in the answer that'}{' '}
        <Inert text={whose(decider)} />
        {decider.pointer !== '' && (
          <>
            {' '}
            at <Inert text={decider.pointer} mono />
          </>
        )}
        , with a score of <span className="num">{decider.score.toFixed(2)}</span>: <Inert text={decider.reason} />.
      </>
    );
  }
  if (story.meaning !== undefined) return <Inert text={story.meaning} />;
  if (story.stage === 'under way') return <>It is still under way. This page follows it.</>;
  return <>Nothing was found that the policy acts on. It passed as it was.</>;
}

const WHOSE: Readonly<Record<string, string>> = {
  user: 'the user wrote',
  operator: 'the operator wrote',
  model: 'the model wrote',
  retrieved: 'a document brought in',
  tool: 'a tool brought in',
};

const whose = ({ origin }: StoryFinding): string => WHOSE[origin] ?? `came from ${origin}`;

function Back() {
  const navigate = useNavigate();
  return (
    <p className="back">
      <Button kind="quiet" onClick={() => void navigate({ to: '/requests' })}>
        All requests
      </Button>
    </p>
  );
}
