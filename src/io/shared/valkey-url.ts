// Where a Valkey is: an address with a password in it, which no message may show.
import { isIP } from 'node:net';
import type { RedisOptions } from 'iovalkey';
import { sharedFault } from './faults.ts';

export interface Address {
  readonly place: string;
  readonly options: RedisOptions;
}

/** Throws `shared_url_refused`. */
export function parseUrl(url: string): Address {
  if (!URL.canParse(url)) throw sharedFault('shared_url_refused');
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  if (!/^(?:redis|valkey)s?:$/.test(protocol) || hostname === '' || !/^\/?\d*$/.test(pathname)) throw sharedFault('shared_url_refused');
  const host = hostname.replace(/^\[|\]$/g, '');
  const number = port === '' ? 6379 : Number(port);
  return {
    place: `${host}:${number}`,
    options: {
      host,
      port: number,
      db: Number(pathname.slice(1) || 0),
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' || protocol === 'valkeys:' ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    },
  };
}
