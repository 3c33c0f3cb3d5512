// A page that broke: what is known of it, and a way on. The rest of the console stays.
import type { ErrorComponentProps } from '@tanstack/react-router';
import { PageHead } from '../parts/page.tsx';
import { Failure } from '../parts/states.tsx';

export const PageFailure = ({ error, reset }: ErrorComponentProps) => (
  <div className="page">
    <PageHead title="This page failed" />
    <Failure error={error} onRetry={reset} />
  </div>
);
