// What a page shows when there is nothing, when it waits, and when something failed: never a blank.
import type { ReactNode } from 'react';
import { Problem } from '../api/client.ts';
import { Button } from './controls.tsx';
import { Inert } from './text.tsx';

export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Says what failed, why, and the way out, in the words of the gateway. */
export function Failure({ error, onRetry, what }: { readonly error: unknown; readonly onRetry?: () => void; readonly what?: string }) {
  const problem = error instanceof Problem ? error : undefined;
  const words = problem?.message ?? (error instanceof Error ? error.message : 'Something failed that has no name.');
  return (
    <div className="failure" role="alert">
      <p>
        {what !== undefined && <strong>{what}: </strong>}
        <Inert text={words} />
      </p>
      {problem !== undefined && problem.fix !== '' && (
        <p className="soft">
          <Inert text={problem.fix} />
        </p>
      )}
      <p className="failure-foot">
        {problem !== undefined && <Code problem={problem} />}
        {onRetry !== undefined && <Button onClick={onRetry}>Try again</Button>}
      </p>
    </div>
  );
}

function Code({ problem: { status, code, pointer } }: { readonly problem: Problem }) {
  return (
    <code>
      {status === 0 ? '' : `${status} `}
      <Inert text={code} />
      {pointer !== undefined && pointer !== '' && (
        <>
          {' '}
          at <Inert text={pointer} />
        </>
      )}
    </code>
  );
}

export const Waiting = ({ label = 'Loading' }: { readonly label?: string }) => (
  <div className="waiting" role="status">
    <span className="bar" aria-hidden="true" />
    <span className="sr">{label}</span>
  </div>
);

interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** The answer to a query, or why there is none. */
export function Answer<Data>({
  of,
  what,
  children,
}: {
  readonly of: Asked<Data>;
  readonly what: string;
  readonly children: (data: Data) => ReactNode;
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error !== null && of.error !== undefined) return <Failure error={of.error} what={what} onRetry={() => void of.refetch()} />;
  return <Waiting label={`Loading: ${what}`} />;
}
