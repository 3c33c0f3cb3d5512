// Who is it? Without a session the sign-in, with one the console.
import { Outlet } from '@tanstack/react-router';
import { useSession } from '../api/queries.ts';
import { Failure, Waiting } from '../parts/states.tsx';
import { Frame } from './frame.tsx';
import { PrincipalContext } from './principal.ts';
import { SignIn } from './sign-in.tsx';

export function Root() {
  const session = useSession();
  if (session.data === undefined) {
    return session.error === null ? (
      <Waiting label="Opening the console" />
    ) : (
      <main className="alone">
        <Failure error={session.error} what="The console could not be opened" onRetry={() => void session.refetch()} />
      </main>
    );
  }
  const { principal } = session.data;
  if (principal === null) return <SignIn session={session.data} />;
  return (
    <PrincipalContext value={principal}>
      <Frame session={session.data}>
        <Outlet />
      </Frame>
    </PrincipalContext>
  );
}
