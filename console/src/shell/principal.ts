// Who has signed in, and what that role may do. The server decides; the console only leaves out what would be refused.
import { createContext, use } from 'react';
import type { Principal } from '../api/types.ts';

export const PrincipalContext = createContext<Principal | undefined>(undefined);

export function usePrincipal(): Principal {
  const principal = use(PrincipalContext);
  if (principal === undefined) throw new Error('This page needs somebody who has signed in.');
  return principal;
}

/** Operators change things. */
export const mayOperate = ({ role }: Principal): boolean => role === 'operator';
/** Operators and approvers stop things and judge false alarms. */
export const mayDecide = ({ role }: Principal): boolean => role === 'operator' || role === 'approver';
export const isGlobal = ({ scope }: Principal): boolean => scope === 'global';
