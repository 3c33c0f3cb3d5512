// A page that broke: what is known of it, and a way on. The rest of the console stays.
import type { ErrorComponentProps } from '@tanstack/react-router';
import { Failure } from '../parts/states.tsx';

export const PageFailure = ({ error, reset }: ErrorComponentProps) => <Failure error={error} what="This page failed" onRetry={reset} />;
