// A new key: asked for, made, and shown this once.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { useSession } from '../api/queries.ts';
import type { Limits, MadeKey } from '../api/types.ts';
import { Button, Copy, Field } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/states.tsx';
import { isGlobal, usePrincipal } from '../shell/principal.ts';
import { LimitFields } from './limit-fields.tsx';

const ROLES = [
  ['caller', 'Caller: asks models'],
  ['auditor', 'Auditor: reads this console'],
  ['approver', 'Approver: stops, judges false alarms'],
  ['operator', 'Operator: does everything'],
] as const;

export function KeyDialog({ tenant: chosen, onClose }: { readonly tenant: string | undefined; readonly onClose: () => void }) {
  const principal = usePrincipal();
  const [tenant, setTenant] = useState(chosen ?? principal.tenant ?? 'default');
  const [role, setRole] = useState('caller');
  const [label, setLabel] = useState('');
  const [limits, setLimits] = useState<Limits>({});
  const make = useMutation({ mutationFn: () => post<MadeKey>('/api/keys', { tenant, role, label, limits }) });
  if (make.data !== undefined) return <Made made={make.data} onClose={onClose} />;
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Field label="Tenant" hint="A new name makes a new tenant.">
          {(ids) => (
            <input
              {...ids}
              className="input"
              required
              maxLength={64}
              value={tenant}
              readOnly={!isGlobal(principal)}
              onChange={(event) => setTenant(event.target.value)}
            />
          )}
        </Field>
        <Field label="Role">
          {(ids) => (
            <select {...ids} className="select" value={role} onChange={(event) => setRole(event.target.value)}>
              {ROLES.map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Label" hint="What it is for, so that you know it again.">
          {(ids) => <input {...ids} className="input" maxLength={200} value={label} onChange={(event) => setLabel(event.target.value)} />}
        </Field>
        <LimitFields limits={limits} onChange={setLimits} />
        {make.error !== null && <Failure error={make.error} />}
        <div className="dialog-acts">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="main" disabled={make.isPending}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Made({ made, onClose }: { readonly made: MadeKey; readonly onClose: () => void }) {
  const { data } = useSession();
  return (
    <Dialog title="The key" onClose={onClose}>
      <div className="stack">
        <p>It is shown this once. Only its fingerprint is kept.</p>
        <div className="command">
          {/* A region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0} aria-label="Key">
            {made.key}
          </pre>
          <Copy text={made.key} label="Copy the key" />
        </div>
        {data !== undefined && (
          <p className="soft">
            Base URL for OpenAI clients: <code>{data.dataPlane.url}/v1</code>
          </p>
        )}
        {!made.isRecorded && (
          <p className="tone" data-tone="redact">
            The key works. The ledger cannot record just now; the record follows by itself.
          </p>
        )}
        <div className="dialog-acts">
          <Button kind="main" onClick={onClose}>
            I have it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
