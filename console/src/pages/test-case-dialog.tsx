// A request made into a row of a test set. Its text comes from whoever has it: the gateway kept none.
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { post } from '../api/client.ts';
import type { TestCase } from '../api/types.ts';
import { Button, Copy, Field, Segments } from '../parts/controls.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Failure } from '../parts/states.tsx';

export function TestCaseDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [expected, setExpected] = useState<'attack' | 'harmless'>('attack');
  const make = useMutation({
    mutationFn: () =>
      post<TestCase>(`/api/requests/${encodeURIComponent(id)}/test-case`, {
        expected: expected === 'attack',
        ...(text === '' ? {} : { text }),
      }),
  });
  return (
    <Dialog title="Make a test case" onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <p>A line of JSON for each finding, for your test set: what was found, and whether it should be found again.</p>
        <Segments
          label="What it was"
          value={expected}
          options={[
            ['attack', 'Should be found'],
            ['harmless', 'False alarm'],
          ]}
          onChange={setExpected}
        />
        <Field label="The text, if you have it" hint="It goes into the line and nowhere else. The gateway does not keep it.">
          {(ids) => <textarea {...ids} className="input mono" rows={5} value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        {make.error !== null && <Failure error={make.error} />}
        {make.data !== undefined && (
          <div className="command">
            {/* A region that scrolls must be reachable by keyboard */}
            <pre tabIndex={0} aria-label="Test case">
              {make.data.jsonl === '' ? 'Nothing was found in this request.' : make.data.jsonl}
            </pre>
            <Copy text={make.data.jsonl === '' ? 'Nothing was found in this request.' : make.data.jsonl} label="Copy the line" />
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
