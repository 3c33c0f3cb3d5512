// Each stage's view of a conversation.
import type { Explained, ExplainedStage } from '../api/explain.ts';
import type { ExplainedFinding } from '../api/types.ts';
import { toDuration } from '../parts/format.ts';
import { Score, Severity, Verdict } from '../parts/marks.tsx';
import { Inert } from '../parts/text.tsx';
import { RuleWords } from './rule-words.tsx';

export function PlaygroundResult({ explained: { action, policy, mode, failure, stages, findings } }: { readonly explained: Explained }) {
  return (
    <div className="stack pad">
      <div className="outcome" data-tone={action} role="status">
        <Verdict verdict={mode === 'observe' && action !== 'allow' ? `would-${action}` : action} />
        <p>
          by policy <Inert text={policy} mono />
          {typeof failure === 'string' && (
            <>
              . A guard could not look: <Inert text={failure} mono />
            </>
          )}
        </p>
      </div>
      <ol className="views">
        {(stages.length > 0 ? stages : [{ stage: 'judge', findings }]).map((stage, at) => (
          // oxlint-disable-next-line react/no-array-index-key -- stages stand in their order
          <View key={at} stage={stage} />
        ))}
      </ol>
    </div>
  );
}

function View({ stage: { stage, ms, findings, text } }: { readonly stage: ExplainedStage }) {
  return (
    <li>
      <header className="spread">
        <h3>
          <Inert text={stage} />
        </h3>
        {typeof ms === 'number' && <span className="num soft">{toDuration(ms)}</span>}
      </header>
      {findings.length === 0 ? (
        <p className="faint">nothing noticed</p>
      ) : (
        <ul className="findings">
          {findings.map((one, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- findings have no other name
            <Noticed key={at} one={one} />
          ))}
        </ul>
      )}
      {text !== undefined && (
        // A region that scrolls must be reachable by keyboard
        <pre className="code" tabIndex={0} aria-label={`Text after ${stage}`}>
          <Inert text={text} />
        </pre>
      )}
    </li>
  );
}

function Noticed({ one: { finding, action, rule } }: { readonly one: ExplainedFinding }) {
  return (
    <li className="finding">
      <div className="finding-head">
        <Verdict verdict={action} />
        <Inert text={finding.rule} mono />
        <Severity severity={finding.severity} />
        <Score score={finding.score} />
      </div>
      <p>
        <Inert text={finding.reason} />{' '}
        <span className="faint num">
          units {finding.start}–{finding.end}
        </span>
      </p>
      {rule !== undefined && rule !== null && (
        <p className="soft">
          <RuleWords rule={rule} />
        </p>
      )}
    </li>
  );
}
