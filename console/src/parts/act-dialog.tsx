// A change that asks for its reason first, and for a word to be typed where it cannot be undone with one press.
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Button, Field } from './controls.tsx';
import { Dialog } from './dialog.tsx';
import { Failure } from './states.tsx';
import { Inert } from './text.tsx';

interface ActDialogProps {
  readonly title: string;
  readonly act: string;
  readonly kind?: 'main' | 'danger';
  readonly children?: ReactNode;
  /** To be typed exactly. */
  readonly word?: string;
  readonly reasonMax?: number;
  readonly onAct: (reason: string) => Promise<unknown>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function ActDialog({ title, act, kind = 'main', children, word, reasonMax = 150, onAct, onDone, onClose }: ActDialogProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const change = useMutation({ mutationFn: () => onAct(reason.trim()), onSuccess: onDone });
  const isReady = reason.trim() !== '' && (word === undefined || typed === word);
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (isReady) change.mutate();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={onSubmit} className="stack">
        {children}
        <Field label="Reason" hint="It stands in the record, with your name.">
          {(ids) => (
            <input
              {...ids}
              className="input"
              data-first
              required
              maxLength={reasonMax}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {word !== undefined && <TypedWord word={word} typed={typed} onType={setTyped} />}
        {change.error !== null && <Failure error={change.error} />}
        <div className="dialog-acts">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind={kind} disabled={!isReady || change.isPending}>
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function TypedWord({
  word,
  typed,
  onType,
}: {
  readonly word: string;
  readonly typed: string;
  readonly onType: (text: string) => void;
}) {
  return (
    <div className="field">
      <label htmlFor="typed-word">
        Type <Inert text={word} mono /> to confirm
      </label>
      <input
        id="typed-word"
        className="input mono"
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
        required
        value={typed}
        onChange={(event) => onType(event.target.value)}
      />
    </div>
  );
}
