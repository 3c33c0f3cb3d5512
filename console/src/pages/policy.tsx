// The policy: what is in force, what the file on disk would change, and what a draft would have done.
import { useSearch } from '@tanstack/react-router';
import { usePolicies } from '../api/queries.ts';
import type { EffectivePolicy } from '../api/types.ts';
import { PageHead, Panel, Tabs } from '../parts/page.tsx';
import { Answer } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { PolicyCandidate } from './policy-candidate.tsx';
import { PolicyChange } from './policy-change.tsx';
import { PolicyReplay } from './policy-replay.tsx';
import { RuleWords } from './rule-words.tsx';

const TABS = [
  [undefined, 'In force'],
  ['diff', 'Change on disk'],
  ['replay', 'Try a draft'],
  ['candidate', 'On live traffic'],
] as const;

export function PolicyPage() {
  const { tab } = useSearch({ from: '/policy' });
  return (
    <div className="page">
      <PageHead title="Policy" about="The first rule that speaks of a finding decides." />
      <Tabs label="Policy" tabs={TABS} />
      {tab === undefined && <InForce />}
      {tab === 'diff' && <PolicyChange />}
      {tab === 'replay' && <PolicyReplay />}
      {tab === 'candidate' && <PolicyCandidate />}
    </div>
  );
}

function InForce() {
  const policies = usePolicies();
  return (
    <Answer of={policies} what="The policy could not be read">
      {({ policies: all }) => (
        <div className="stack">
          {all.map((policy) => (
            <OnePolicy key={policy.at} policy={policy} />
          ))}
        </div>
      )}
    </Answer>
  );
}

function OnePolicy({ policy }: { readonly policy: EffectivePolicy }) {
  const { name, revision, models, sink, mode, onFailure, media, weakenings, rules } = policy;
  return (
    <Panel
      title={
        <>
          <Inert text={name} /> <small className="soft">for models {models}</small>
        </>
      }
      acts={<code className="soft">{revision}</code>}
    >
      <ul className="policy-facts">
        <li>
          {mode === 'enforce'
            ? 'It enforces: what a rule says is done.'
            : 'It only watches: nothing is changed, and what would have happened is recorded.'}
        </li>
        <li>
          A text that a guard could not look at is {passed(onFailure['input'])} on its way in, and {passed(onFailure['output'])} on its way
          out.
        </li>
        {sink !== undefined && (
          <li>Answers go to {sink}: what is unsafe there is made harmless or refused, as the rule of the sink says.</li>
        )}
        <li>
          Images, audio and files:{' '}
          {media === 'block' ? 'refused where no guard can look into them' : 'let pass even where no guard can look into them'}.
        </li>
      </ul>
      {weakenings.length > 0 && (
        <ul className="weakenings">
          {weakenings.map((weakening) => (
            <li key={JSON.stringify(weakening)}>
              <strong>Opened:</strong> <Inert text={weakening.what} />, by <Inert text={weakening.author} /> until {weakening.expires}:{' '}
              <Inert text={weakening.reason} />
            </li>
          ))}
        </ul>
      )}
      <ol className="rules">
        {rules.map(({ index, from, rule }) => (
          <li key={index}>
            <span className="num faint">{index}</span>
            <RuleWords rule={rule} />
            <small className="faint">
              <Inert text={from} />
            </small>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

const passed = (choice: string | undefined): string => (choice === 'allow' ? 'let pass' : 'blocked');
