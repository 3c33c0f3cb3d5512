// Each stage's view of a conversation: what it noticed and where, what was decided, and what goes on to the model.
import type { Explained, ExplainedStage, ExplainedTurn, TurnScores } from '../api/explain.ts';
import type { ExplainedFinding } from '../api/types.ts';
import { toDuration } from '../parts/format.ts';
import { Marked } from '../parts/marked.tsx';
import { Score, Severity, Verdict } from '../parts/marks.tsx';
import { Inert } from '../parts/text.tsx';
import { RuleWords } from './rule-words.tsx';

export function PlaygroundResult({ explained: { action, policy, mode, failure, stages } }: { readonly explained: Explained }) {
  return (
    <div className="stack pad">
      <div className="outcome" data-tone={action} role="status">
        <Verdict verdict={mode === 'observe' && action !== 'allow' ? `would-${action}` : action} />
        <p>
          by policy <Inert text={policy} mono />
          {failure !== null && (
            <>
              . A guard could not look: <Inert text={failure} mono />
            </>
          )}
        </p>
      </div>
      <ol className="views">
        {stages.map((stage) => (
          <View key={stage.stage} stage={stage} />
        ))}
      </ol>
    </div>
  );
}

/** Stages that look, the stage that decides, and the one whose texts the model sees. */
function View({ stage: { stage, says, ms, findings, scores, turns } }: { readonly stage: ExplainedStage }) {
  const looks = stage === 'pictures' || stage === 'meaning' || stage === 'spans' || stage === 'together';
  return (
    <li>
      <header className="spread">
        <h3>{stage}</h3>
        {ms > 0 && <span className="num soft">{toDuration(ms)}</span>}
      </header>
      <p className="soft">{says}</p>
      <Cascade scores={scores} />
      {looks && findings.length === 0 && <p className="faint">Nothing noticed.</p>}
      {findings.length > 0 && (
        <ul className="findings">
          {findings.map((one, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- findings have no other name
            <li key={at} className="finding">
              {looks ? <Noticed one={one} /> : <Decided one={one} />}
            </li>
          ))}
        </ul>
      )}
      {looks && findings.length > 0 && (
        <Turns turns={turns.filter(({ pointer }) => findings.some(({ finding }) => finding.pointer === pointer))} findings={findings} />
      )}
      {stage === 'shield' && <Turns turns={turns} findings={[]} />}
    </li>
  );
}

/** What each stage thinks by itself: the second look only where it was asked. */
function Cascade({ scores = [] }: { readonly scores: readonly TurnScores[] | undefined }) {
  const judged = scores.filter(({ stages }) => stages.length > 0);
  if (judged.length === 0) return undefined;
  return (
    <ul className="findings">
      {judged.map(({ pointer, stages }) => (
        <li key={pointer} className="finding-head">
          <code className="faint">{pointer}</code>
          {stages.map(({ stage, score }) => (
            <span key={stage} className="soft">
              {stage} <Score score={score} />
            </span>
          ))}
        </li>
      ))}
    </ul>
  );
}

const Noticed = ({ one: { finding } }: { readonly one: ExplainedFinding }) => (
  <>
    <div className="finding-head">
      <Inert text={finding.rule} mono />
      <Severity severity={finding.severity} />
      <Score score={finding.score} />
    </div>
    <p className="soft">
      <Inert text={finding.reason} />
    </p>
  </>
);

const Decided = ({ one: { finding, action, because, rule } }: { readonly one: ExplainedFinding }) => (
  <>
    <div className="finding-head">
      <Verdict verdict={action} />
      <Inert text={finding.rule} mono />
    </div>
    <p className="soft">
      {rule === undefined || rule === null ? (
        'No rule speaks of it: it is recorded, and changes nothing.'
      ) : (
        <>
          Rule {because}: <RuleWords rule={rule} />
        </>
      )}
    </p>
  </>
);

function Turns({ turns, findings }: { readonly turns: readonly ExplainedTurn[]; readonly findings: readonly ExplainedFinding[] }) {
  // A picture can be said without a word.
  const said = turns.filter(({ text }) => text !== '');
  return said.map(({ pointer, origin, text }) => (
    <figure key={`${pointer} ${origin}`} className="said">
      <figcaption className="faint">
        {origin} <code>{pointer}</code>
      </figcaption>
      {/* A region that scrolls must be reachable by keyboard. */}
      <pre className="code" tabIndex={0} aria-label={`Text at ${pointer}`}>
        <Marked
          text={text}
          places={findings
            .filter(({ finding }) => finding.pointer === pointer)
            .map(({ finding: { start, end, rule } }) => ({ start, end, name: rule }))}
        />
      </pre>
    </figure>
  ));
}
