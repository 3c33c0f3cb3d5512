// Calls to upstream model servers through undici: pooled, bounded in time, never redirected, never decompressed.
import { createRequire } from 'node:module';
import type * as Undici from 'undici';
import type { Dispatcher } from 'undici';
// By its own path: the index loads fetch, WebSocket and caches too, which a gateway never runs but keeps in memory.
import Pool from 'undici/lib/dispatcher/pool.js';
import { guardedLookup } from '../outbound/guard.ts';
import type { Headers } from './exchange.ts';

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** Until the status line arrives. */
  readonly firstByteMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
}

export interface UpstreamClientOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly timeouts: UpstreamTimeouts;
  readonly connectionsMax: number;
  /** PEM bundle of a private certificate authority. */
  readonly ca?: string;
  readonly clientCertificate?: { readonly cert: string; readonly key: string };
  /** URL of an outbound HTTP proxy. */
  readonly proxy?: string;
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export type UpstreamFailure = 'unreachable' | 'timeout' | 'broken' | 'aborted';

/** Told in this order: `onHead`, any number of `onData`, then exactly one of `onEnd` and `onFailure`. */
export interface UpstreamListener {
  onHead(status: number, headers: Headers): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onFailure(failure: UpstreamFailure, cause: unknown): void;
}

/** A call under way. */
export interface UpstreamCall {
  /** Closes the socket; `onFailure('aborted')` follows unless the call has ended. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export interface UpstreamClient {
  call(request: UpstreamRequest, listener: UpstreamListener): UpstreamCall;
  close(): Promise<void>;
}

export function createUpstreamClient(options: UpstreamClientOptions): UpstreamClient {
  const dispatcher = makeDispatcher(options);
  return {
    call: (request, listener) => dispatch(dispatcher, { origin: options.origin, request, listener }),
    close: () => dispatcher.destroy(),
  };
}

function makeDispatcher(options: UpstreamClientOptions): Dispatcher {
  const { timeouts, ca, clientCertificate } = options;
  const tls = { ...(ca === undefined ? {} : { ca }), ...clientCertificate };
  const shared = {
    headersTimeout: timeouts.firstByteMs,
    bodyTimeout: timeouts.idleMs,
    connections: options.connectionsMax,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    maxHeaderSize: 65_536,
  };
  if (options.proxy !== undefined)
    return new (wholeUndici().ProxyAgent)({ ...shared, uri: options.proxy, requestTls: { ...tls, timeout: timeouts.connectMs } });
  const connect = { timeout: timeouts.connectMs, lookup: guardedLookup, ...tls };
  return new Pool(options.origin, { ...shared, connect });
}

/** The index gives dispatchers the methods that tunnels are made with; only a gateway behind a proxy pays for it. */
const wholeUndici = (): typeof Undici => createRequire(import.meta.url)('undici') as typeof Undici;

interface Dispatched {
  readonly origin: string;
  readonly request: UpstreamRequest;
  readonly listener: UpstreamListener;
}

function dispatch(dispatcher: Dispatcher, { origin, request, listener }: Dispatched): UpstreamCall {
  let controller: Dispatcher.DispatchController | undefined;
  let isAborted = false;
  let isOver = false;
  dispatcher.dispatch(
    { origin, method: request.method, path: request.path, headers: request.headers, body: request.body },
    {
      onRequestStart(started) {
        controller = started;
        if (isAborted) started.abort(new Error('aborted by the gateway'));
      },
      onResponseStart(_controller, status, headers) {
        // 1xx answers are progress, not an answer (RFC 9110 section 15.2).
        if (status >= 200) listener.onHead(status, parseHeaders(headers));
      },
      onResponseData(_controller, chunk) {
        if (!isAborted) listener.onData(chunk);
      },
      onResponseEnd() {
        isOver = true;
        if (!isAborted) listener.onEnd();
      },
      onResponseError(_controller, error) {
        isOver = true;
        listener.onFailure(isAborted ? 'aborted' : failureOf(error), error);
      },
    },
  );
  return {
    abort() {
      if (isOver || isAborted) return;
      isAborted = true;
      controller?.abort(new Error('aborted by the gateway'));
    },
    pause: () => controller?.pause(),
    resume: () => controller?.resume(),
  };
}

function parseHeaders(headers: Record<string, string | string[] | undefined>): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]));
}

const UNREACHABLE = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
]);

function failureOf(error: Error & { readonly code?: string }): UpstreamFailure {
  const code = error.code ?? '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'timeout';
  return UNREACHABLE.has(code) ? 'unreachable' : 'broken';
}
