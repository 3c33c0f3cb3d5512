// The door: an admin key, or the identity provider of the house.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { post } from '../api/client.ts';
import type { Session } from '../api/types.ts';
import { Button, Field } from '../parts/controls.tsx';
import { Failure } from '../parts/states.tsx';
import { Mark } from './mark.tsx';

/** The provider sends people back here with a code; what it means is said here, because the page that knew more is gone. */
const REASONS: Readonly<Record<string, string>> = {
  oidc_refused: 'The provider refused, or the way back took too long. Begin again.',
  oidc_not_granted: 'Your account is known, and none of its groups may come in here. Ask whoever runs Sallyport to grant one of them.',
  oidc_unavailable: 'The provider did not answer. Try again in a minute, or sign in with an admin key.',
  oidc_not_configured: 'No provider is configured any more. Sign in with an admin key.',
  sign_in_limited: 'Too many tries from this address. Wait a minute.',
};
const CODE = /^[a-z_]{1,64}$/;

function failedBefore(): string | undefined {
  const code = new URLSearchParams(window.location.search).get('error');
  return code !== null && CODE.test(code) ? code : undefined;
}

/** Read once, at the start: the router tidies the address. */
const failed = failedBefore();

export function SignIn({ session }: { readonly session: Session }) {
  const { key: byKey, oidc } = session.signIn;
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <Mark />
        <h1>Sign in to Sallyport</h1>
        {failed !== undefined && (
          <div className="failure" role="alert">
            <p>
              <strong>Not signed in. </strong>
              {REASONS[failed] ?? 'Something went wrong on the way. Begin again.'}
            </p>
            <p className="failure-foot">
              <code>{failed}</code>
            </p>
          </div>
        )}
        {oidc !== null && (
          <a className="button" data-kind="main" href="/auth/oidc/start">
            {oidc.label}
          </a>
        )}
        {oidc !== null && byKey && <p className="or">or</p>}
        {byKey && <KeyForm />}
      </div>
      <p className="sign-in-foot">Sallyport {session.version}</p>
    </main>
  );
}

function KeyForm() {
  const client = useQueryClient();
  const [key, setKey] = useState('');
  const signIn = useMutation({
    mutationFn: () => post('/api/session', { key: key.trim() }),
    onSuccess: async () => {
      setKey('');
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      await client.invalidateQueries({ queryKey: ['session'] });
    },
  });
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="stack">
      {/* Keepers of passwords file a key under a name. */}
      <input type="text" name="username" autoComplete="username" value="sallyport admin" readOnly hidden />
      <Field
        label="Admin key"
        hint={
          <>
            It was shown at the first start, or lies in <code>admin.key</code> in the data folder. Lost?{' '}
            <code>sallyport keys recover-admin</code>
          </>
        }
      >
        {(ids) => (
          <input
            {...ids}
            type="password"
            className="input mono"
            autoComplete="current-password"
            spellCheck={false}
            autoFocus
            required
            value={key}
            onChange={(event) => setKey(event.target.value)}
          />
        )}
      </Field>
      {signIn.error !== null && <Failure error={signIn.error} />}
      <Button type="submit" kind="main" disabled={signIn.isPending}>
        {signIn.isPending ? 'Checking…' : 'Sign in'}
      </Button>
    </form>
  );
}
