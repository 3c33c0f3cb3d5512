// The admin plane beyond loopback: what must stand in the configuration before anybody else can reach it.
import { appFault } from '../faults.ts';
import { isLoopbackHost, parseAddress } from './address.ts';
import type { Config } from './schema.ts';

/** Throws `admin_without_tls`, `admin_without_oidc`, `oidc_issuer_insecure`. */
export function assertAdminListener({ admin: { listen, tls, oidc } }: Pick<Config, 'admin'>): void {
  const isReachable = listen !== undefined && !isLoopbackHost(parseAddress(listen).host);
  if (isReachable && tls === undefined) throw appFault('admin_without_tls', { listen });
  if (isReachable && oidc === undefined) throw appFault('admin_without_oidc', { listen });
  if (oidc === undefined) return;
  const { protocol, hostname } = new URL(oidc.issuer);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol === 'http:' && !isLoopbackHost(host)) throw appFault('oidc_issuer_insecure', { issuer: oidc.issuer });
}
