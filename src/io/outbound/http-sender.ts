// Whole HTTP requests to places of the operator: small answers, one deadline, no redirects, no cookies, connections kept open.
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { guardedLookup, outboundHost } from './guard.ts';

export interface OutboundTls {
  /** PEM bundle of a private certificate authority. */
  readonly ca?: string;
  /** PEM of our own certificate and key, for places that ask for one. */
  readonly cert?: string;
  readonly key?: string;
}

export interface HttpSenderOptions {
  /** Scheme, host and port; its path is the caller's business. As `outboundUrl` gives it. */
  readonly url: URL;
  readonly tls?: OutboundTls;
  /** For the whole exchange. */
  readonly timeoutMs: number;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface HttpSender {
  /** Rejects with the system's error, or with an Error that says what took too long or was too large. */
  send(request: OutboundRequest): Promise<OutboundAnswer>;
  close(): void;
}

/** An answer to a batch names each of its items at most. */
const ANSWER_BYTES_MAX = 8_388_608;
const CONNECTIONS_MAX = 2;

export function createHttpSender({ url, tls = {}, timeoutMs }: HttpSenderOptions): HttpSender {
  const isTls = url.protocol === 'https:';
  const shared = { keepAlive: true, maxSockets: CONNECTIONS_MAX, lookup: guardedLookup };
  const agent = isTls ? new HttpsAgent({ ...shared, ...tls, minVersion: 'TLSv1.2' }) : new HttpAgent(shared);
  const target = { host: outboundHost(url), port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port), agent };
  const start = isTls ? httpsRequest : httpRequest;
  return {
    send: ({ method, path, headers, body }) =>
      new Promise((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(body.length) };
        const request = start({ ...target, method, path, headers: { ...headers, ...length } });
        const timer = setTimeout(() => request.destroy(new Error(`no whole answer in ${timeoutMs} ms`)), timeoutMs);
        request.once('close', () => clearTimeout(timer));
        request.once('error', reject);
        request.once('response', (response) => void readAnswer(request, response).then(resolve, reject));
        request.end(body);
      }),
    close: () => agent.destroy(),
  };
}

function readAnswer(request: ClientRequest, response: IncomingMessage): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) request.destroy(new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`));
      else chunks.push(chunk);
    });
    response.once('error', reject);
    response.once('close', () => {
      if (!response.complete) return reject(new Error('the answer broke off'));
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
