// Reads the files that TLS needs.
import type { TlsSettings } from '../../io/http/listener.ts';
import { readSecret } from '../config/compile.ts';

/** Throws `secret_missing` with the path that cannot be read. */
export function readTls(config: { readonly cert: string; readonly key: string; readonly clientCa?: string | undefined }): TlsSettings {
  const read = (path: string): string => readSecret(`file:${path}`, {});
  return { cert: read(config.cert), key: read(config.key), ...(config.clientCa === undefined ? {} : { clientCa: read(config.clientCa) }) };
}
