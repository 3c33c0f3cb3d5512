// A proof, checked step by step in this browser. The server is believed in nothing but the bytes.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { proofOf } from '../api/queries.ts';
import type { LedgerProof } from '../api/types.ts';
import { verifyProof } from '../proof/verify-proof.ts';
import { Field } from '../parts/controls.tsx';
import { toCount } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { Answer } from '../parts/states.tsx';
import { Inert } from '../parts/text.tsx';

export function ProofView({ index, verifierKey }: { readonly index: number; readonly verifierKey: string }) {
  const proof = useQuery({ queryKey: ['ledger', 'proof', index], queryFn: ({ signal }) => proofOf(index, signal), staleTime: Infinity });
  return (
    <div className="pad">
      <Answer of={proof} what="There is no proof of this record yet">
        {(data) => <Checked proof={data} verifierKey={verifierKey} />}
      </Answer>
    </div>
  );
}

function Checked({ proof, verifierKey }: { readonly proof: LedgerProof; readonly verifierKey: string }) {
  const [ownKey, setOwnKey] = useState('');
  const key = ownKey.trim() === '' ? verifierKey : ownKey.trim();
  const checked = useQuery({
    queryKey: ['ledger', 'checked', proof.index, proof.root, key],
    queryFn: () => verifyProof(proof, key),
    staleTime: Infinity,
  });
  return (
    <div className="stack">
      <Answer of={checked} what="This browser could not check the proof">
        {({ isProven, steps, size }) => (
          <>
            <p className="proof-word" data-proven={isProven} role="status">
              <Icon name={isProven ? 'check' : 'close'} />
              {isProven
                ? `Proven: record ${toCount(proof.index)} is one of the ${toCount(size ?? 0)} that were signed.`
                : 'Not proven. Believe the record in nothing.'}
            </p>
            <ol className="proof-steps">
              {steps.map(({ name, state, detail }) => (
                <li key={name} data-state={state}>
                  <Icon name={state === 'holds' ? 'check' : 'close'} />
                  <span>
                    {name}
                    <span className="sr">{state === 'holds' ? ': yes' : ': no'}</span>
                    <small>
                      <Inert text={detail} mono />
                    </small>
                  </span>
                </li>
              ))}
            </ol>
          </>
        )}
      </Answer>
      <Field
        label="Check with your own key"
        hint={
          ownKey === ''
            ? 'The key came from the same server. With one that you kept elsewhere, the proof is yours.'
            : 'Checked with your key.'
        }
      >
        {(ids) => (
          <input
            {...ids}
            className="input mono"
            placeholder="name+hash+key"
            spellCheck={false}
            value={ownKey}
            onChange={(event) => setOwnKey(event.target.value)}
          />
        )}
      </Field>
      <details>
        <summary>The record and the checkpoint</summary>
        {/* A region that scrolls must be reachable by keyboard */}
        <pre className="code" tabIndex={0} aria-label="Record and checkpoint">
          <Inert text={readable(proof.recordBase64)} />
          {'\n\n'}
          <Inert text={proof.checkpoint} />
        </pre>
      </details>
    </div>
  );
}

function readable(base64: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0));
    return JSON.stringify(JSON.parse(new TextDecoder().decode(bytes)), null, 2);
  } catch {
    // Shown as it came: what is wrong with it, the steps above say.
    return base64;
  }
}
