// Who stands behind a key.
import type { Principal } from '../../core/types.ts';
import type { Limits } from './limits.ts';

/** `caller` opens the data plane and nothing else; the other three open the admin plane and nothing else. */
export const ROLES = ['caller', 'operator', 'approver', 'auditor'] as const;
export type Role = (typeof ROLES)[number];
export type AdminRole = Exclude<Role, 'caller'>;

/** `global` reaches every tenant; only admin roles can have it. */
export const SCOPES = ['tenant', 'global'] as const;
export type Scope = (typeof SCOPES)[number];

/** A principal with its rights, as of the latest refresh. A new object stands for each change. */
export interface Caller extends Principal {
  readonly role: Role;
  readonly scope: Scope;
  readonly label: string;
  readonly limits: Limits;
  readonly tenantLimits: Limits;
  /** Unix milliseconds; Infinity when the key does not expire. */
  readonly expiresAtMs: number;
}
