// An order to stop: what, why, what it will cut, and the word that confirms it.
import { useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useKeys, useRefresh, useTenants, useFacets } from '../api/queries.ts';
import type { KillAnswer, KillScope } from '../api/types.ts';
import { TypedWord } from '../parts/act-dialog.tsx';
import { Button, Field, Segments } from '../parts/controls.tsx';
import { Panel } from '../parts/page.tsx';
import { Failure } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';
import { isGlobal, usePrincipal } from '../shell/principal.ts';
import { WillCut } from './will-cut.tsx';

const SCOPES = [
  ['model', 'Model'],
  ['key', 'Key'],
  ['tenant', 'Tenant'],
  ['upstream', 'Upstream'],
  ['everything', 'Everything'],
] as const satisfies readonly (readonly [KillScope, string])[];

const OWN_SCOPES = SCOPES.filter(([scope]) => scope === 'key' || scope === 'tenant');

export function KillForm() {
  const all = isGlobal(usePrincipal());
  const { scope: asked, subject: given = '' } = useSearch({ from: '/kill' });
  const scope: KillScope = asked ?? (all ? 'model' : 'key');
  const navigate = useNavigate();
  const go = (change: { readonly scope?: KillScope; readonly subject?: string }): void =>
    void navigate({ to: '/kill', search: { scope, subject: given, ...change }, replace: true });
  const subject = scope === 'everything' ? '' : given;
  return (
    <Panel title="Stop something">
      <div className="stack pad">
        <Segments label="What" value={scope} options={all ? SCOPES : OWN_SCOPES} onChange={(next) => go({ scope: next, subject: '' })} />
        {scope !== 'everything' && <Subject scope={scope} value={given} onChange={(next) => go({ subject: next })} />}
        {(scope === 'everything' || subject !== '') && <WillCut scope={scope} subject={subject} />}
        <Confirm key={`${scope} ${subject}`} scope={scope} subject={subject} />
      </div>
    </Panel>
  );
}

/** Begins anew for each subject: what was typed for one confirms no other. */
function Confirm({ scope, subject }: { readonly scope: KillScope; readonly subject: string }) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const refresh = useRefresh();
  const word = scope === 'everything' ? 'everything' : subject;
  const kill = useMutation({
    mutationFn: () => post<KillAnswer>('/api/kill', { scope, subject, reason: reason.trim() }),
    onSuccess: async () => {
      setTyped('');
      setReason('');
      await refresh('kill', 'requests');
    },
  });
  const isReady = word !== '' && typed === word && reason.trim() !== '';
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) kill.mutate();
      }}
    >
      <Field label="Reason" hint="It stands in the record, with your name.">
        {(ids) => (
          <input {...ids} className="input" required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        )}
      </Field>
      {word !== '' && <TypedWord word={word} typed={typed} onType={setTyped} />}
      {kill.error !== null && <Failure error={kill.error} what="Not stopped" />}
      {kill.data !== undefined && <Done answer={kill.data} />}
      <Button type="submit" kind="danger" icon="kill" disabled={!isReady || kill.isPending}>
        <span>
          Stop {scope} <Inert text={subject} />
        </span>
      </Button>
    </form>
  );
}

function Done({ answer: { isKnown, inFlightBefore, inFlightAfter } }: { readonly answer: KillAnswer }) {
  return (
    <p role="status" className="done">
      Stopped. {Math.max(0, inFlightBefore - inFlightAfter)} requests under way were cut.
      {isKnown === false && <strong> Nothing here has that name: is it mistyped? The order stands all the same.</strong>}
    </p>
  );
}

interface SubjectProps {
  readonly scope: KillScope;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const LABELS: Readonly<Record<KillScope, string>> = {
  everything: '',
  upstream: 'Upstream, by the name in the configuration',
  model: 'Model; a trailing * stands for any ending',
  tenant: 'Tenant',
  key: 'Key id',
};

function Subject({ scope, value, onChange }: SubjectProps) {
  const known = useKnown(scope);
  return (
    <Field label={LABELS[scope]}>
      {(ids) => (
        <>
          <input
            {...ids}
            className="input mono"
            list="kill-subjects"
            required
            maxLength={256}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id="kill-subjects">
            {known.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

/** Names that were seen; others can be typed. */
function useKnown(scope: KillScope): readonly string[] {
  const [from] = useState(() => Date.now() - 86_400_000);
  const keys = useKeys(undefined);
  const tenants = useTenants();
  const facets = useFacets({ from }, ['kill']);
  if (scope === 'key') return keys.data?.keys.filter(({ revokedAtMs }) => revokedAtMs === null).map(({ id }) => id) ?? [];
  if (scope === 'tenant') return tenants.data?.tenants.map(({ id }) => id) ?? [];
  return facets.data?.[scope === 'model' ? 'models' : 'upstreams']?.map(({ value }) => value) ?? [];
}
