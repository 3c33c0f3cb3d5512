// Addresses to listen on, as people write them.
import { appFault } from '../faults.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` and `[v6]:port`. Throws `address_invalid`. */
export function parseAddress(listen: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535)) throw appFault('address_invalid', { listen });
  return { host, port };
}

/** Only names that cannot leave this machine. */
export const isLoopbackHost = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

export const showAddress = ({ host, port }: Address): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
