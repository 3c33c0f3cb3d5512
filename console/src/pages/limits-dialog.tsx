// The limits of a key or a tenant, replaced as a whole.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { put } from '../api/client.ts';
import type { Limits } from '../api/types.ts';
import { Button } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/states.tsx';
import { LimitFields } from './limit-fields.tsx';

interface LimitsDialogProps {
  readonly title: string;
  readonly path: string;
  readonly limits: Limits;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function LimitsDialog({ title, path, limits: before, onDone, onClose }: LimitsDialogProps) {
  const [limits, setLimits] = useState(before);
  const change = useMutation({ mutationFn: () => put(path, { limits }), onSuccess: onDone });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <LimitFields limits={limits} onChange={setLimits} />
        {change.error !== null && <Failure error={change.error} />}
        <div className="dialog-acts">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="main" disabled={change.isPending}>
            Save the limits
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
