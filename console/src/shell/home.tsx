// Where one begins: newcomers with their first steps, everybody else with what happens now.
import { Navigate } from '@tanstack/react-router';
import { useSession } from '../api/queries.ts';

export function Home() {
  const { data } = useSession();
  return <Navigate to={data?.needsFirstRun === true ? '/welcome' : '/live'} replace />;
}
