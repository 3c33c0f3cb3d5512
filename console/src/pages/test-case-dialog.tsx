// A request made into a row of a test set. Its text comes from whoever has it: the gateway kept none.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import { Button, Copy, Field } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/states.tsx';

export function TestCaseDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const make = useMutation({
    mutationFn: () => post<unknown>(`/api/requests/${encodeURIComponent(id)}/test-case`, text === '' ? {} : { text }),
  });
  const line = make.data === undefined ? '' : toLine(make.data);
  return (
    <Dialog title="Make a test case" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <p>One line of JSON for your test set: what was found, and whether it should be found again.</p>
        <Field label="The text, if you have it" hint="It goes into the line and nowhere else. The gateway does not keep it.">
          {(ids) => <textarea {...ids} className="input mono" rows={5} value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        {make.error !== null && <Failure error={make.error} />}
        {line !== '' && (
          <div className="command">
            {/* A region that scrolls must be reachable by keyboard */}
            <pre tabIndex={0} aria-label="Test case">
              {line}
            </pre>
            <Copy text={line} label="Copy the line" />
          </div>
        )}
        <div className="dialog-acts">
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" kind="main" disabled={make.isPending}>
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The answer may hold the line as text or as the row itself. */
function toLine(answer: unknown): string {
  const rows: readonly unknown[] =
    typeof answer === 'object' && answer !== null ? ['jsonl', 'line', 'row'].flatMap((name) => valueOf(answer, name)) : [];
  const [row = answer] = rows;
  return typeof row === 'string' ? row.trim() : JSON.stringify(row);
}

const valueOf = (answer: object, name: string): readonly unknown[] =>
  Object.entries(answer)
    .filter(([key]) => key === name)
    .map(([, value]: [string, unknown]) => value);
