// A draft of a policy, tried on what was really found: which requests would have ended otherwise.
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import type { Comparison, Replay } from '../api/types.ts';
import { Button, Field } from '../parts/controls.tsx';
import { toCount } from '../parts/format.ts';
import { Verdict } from '../parts/marks.tsx';
import { Panel } from '../parts/page.tsx';
import { Failure } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';

const DRAFT = `extends: standard
rules:
  - on: input
    class: personal-data
    do: block
`;

export function PolicyReplay() {
  const [yaml, setYaml] = useState(DRAFT);
  const replay = useMutation({ mutationFn: () => post<Replay>('/api/policy/replay', { yaml }) });
  return (
    <div className="two even">
      <Panel title="Draft">
        <form
          className="stack pad"
          onSubmit={(event) => {
            event.preventDefault();
            replay.mutate();
          }}
        >
          <Field label="The policy member of the configuration, in YAML" hint="Nothing here changes what is in force.">
            {(ids) => (
              <textarea
                {...ids}
                className="input mono"
                rows={14}
                spellCheck={false}
                value={yaml}
                onChange={(event) => setYaml(event.target.value)}
              />
            )}
          </Field>
          <Button type="submit" kind="main" disabled={replay.isPending}>
            {replay.isPending ? 'Trying…' : 'Try it on recorded findings'}
          </Button>
        </form>
      </Panel>
      <Panel title="What it would have done">
        {replay.error !== null && <Failure error={replay.error} what="Not tried" />}
        {replay.data === undefined ? (
          <p className="soft pad">Requests that the draft would have judged otherwise stand here.</p>
        ) : (
          <Outcome of={replay.data} />
        )}
      </Panel>
    </div>
  );
}

const ACTIONS = ['allow', 'redact', 'block'] as const;

/** What was done and what would have been, verdict by verdict and request by request. */
export function Outcome({ of: { requests, changed, changedCount, counts } }: { readonly of: Comparison }) {
  return (
    <div className="stack pad">
      <p>
        <strong className="num">{toCount(changedCount)}</strong> of <span className="num">{toCount(requests)}</span> requests would have
        ended otherwise.
      </p>
      <table className="table plain">
        <thead>
          <tr>
            <th scope="col">Verdict</th>
            <th scope="col" className="end">
              Was
            </th>
            <th scope="col" className="end">
              Would be
            </th>
          </tr>
        </thead>
        <tbody>
          {ACTIONS.map((action) => (
            <tr key={action}>
              <td>
                <Verdict verdict={action} />
              </td>
              <td className="end num">{countIn(counts.before, action)}</td>
              <td className="end num">{countIn(counts.after, action)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <ul className="changed">
        {changed.map(({ id, before, after, rule }) => (
          <li key={id}>
            <Link to="/requests/$id" params={{ id }}>
              <code>{id}</code>
            </Link>
            <span>
              <Verdict verdict={before} /> → <Verdict verdict={after} />
            </span>
            {rule !== '' && <Inert text={rule} mono />}
          </li>
        ))}
      </ul>
    </div>
  );
}

const countIn = (counts: Readonly<Record<string, number>>, action: string): string => toCount(counts[action] ?? 0);
