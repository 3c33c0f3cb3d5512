// What was found in a request and in its answer, with its place, its score and the rule that decided.
import { Link } from '@tanstack/react-router';
import type { Story, StoryFinding } from '../api/types.ts';
import { Button } from '../parts/controls.tsx';
import { Score, Severity, Verdict, verdictWord } from '../parts/marks.tsx';
import { Panel } from '../parts/page.tsx';
import { Inert } from '../parts/text.tsx';
import { RuleWords } from './rule-words.tsx';

interface Props {
  readonly story: Story;
  readonly onAccept: ((finding: StoryFinding) => void) | undefined;
}

export function RequestFindings({ story, onAccept }: Props) {
  const { findings } = story;
  return (
    <Panel title={findings.length === 0 ? 'Findings' : `Findings (${findings.length})`}>
      {findings.length === 0 ? (
        <p className="soft pad">No guard noticed anything in it.</p>
      ) : (
        <ul className="findings">
          {findings.map((finding, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- a record's findings have no other name
            <Finding key={at} finding={finding} onAccept={onAccept} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Finding({ finding, onAccept }: { readonly finding: StoryFinding; readonly onAccept: Props['onAccept'] }) {
  const rule = finding.decidedBy?.rule;
  return (
    <li className="finding">
      <div className="finding-head">
        <Verdict verdict={finding.action} />
        <Link to="/findings" search={{ rule: finding.rule }} className="finding-rule">
          <Inert text={finding.rule} mono />
        </Link>
        <Severity severity={finding.severity} />
        <Score score={finding.score} />
      </div>
      <p>
        <Inert text={finding.reason} />
      </p>
      <dl className="finding-facts">
        <Fact name="Where" value={`${finding.direction === 'input' ? 'request' : 'answer'} ${finding.pointer}`} />
        <Fact name="Units" value={`${finding.start}–${finding.end}`} />
        <Fact name="From" value={finding.origin} />
        {finding.would !== undefined && <Fact name="By the candidate" value={verdictWord(finding.would)} />}
        <Fact
          name="Class"
          value={[finding.class, finding.family?.replaceAll('_', ' '), finding.type].filter((text) => text !== undefined).join(' · ')}
        />
      </dl>
      {rule !== undefined && rule !== null && (
        <p className="soft">
          Rule {finding.decidedBy?.index} of the policy: <RuleWords rule={rule} />
        </p>
      )}
      {onAccept !== undefined && finding.fingerprint !== undefined && (
        <Button kind="quiet" onClick={() => onAccept(finding)}>
          Accept as false alarm
        </Button>
      )}
    </li>
  );
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) => (
  <div>
    <dt>{name}</dt>
    <dd>
      <Inert text={value} mono />
    </dd>
  </div>
);
