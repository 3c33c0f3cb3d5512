// What all receivers over HTTP share: a sender for their origin, a path below their URL, compression.
import { gzip } from 'node:zlib';
import { outboundUrl } from '../../io/outbound/guard.ts';
import { createHttpSender, type HttpSender, type OutboundAnswer, type OutboundTls } from '../../io/outbound/http-sender.ts';
import { sendTo } from './http-answer.ts';

export interface HttpPlaceOptions {
  readonly url: string;
  readonly tls: OutboundTls;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
}

export class HttpPlace {
  readonly #options: HttpPlaceOptions;
  readonly #sender: HttpSender;
  readonly #path: string;

  /** Throws `OutboundRefusal`. */
  constructor(options: HttpPlaceOptions) {
    const url = outboundUrl(options.url, ['http', 'https']);
    this.#options = options;
    this.#path = `${url.pathname.replace(/\/+$/, '')}${url.search}`;
    this.#sender = createHttpSender({ url, tls: options.tls, timeoutMs: options.timeoutMs });
  }

  /** Path of the URL, without a slash at its end. */
  get path(): string {
    return this.#path;
  }

  /** Throws `ReceiverTrouble` when there is no whole answer. */
  async post(path: string, text: string, headers: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
    const plain = Buffer.from(text);
    const body = this.#options.gzip ? await zipped(plain) : plain;
    const encoding: Readonly<Record<string, string>> = this.#options.gzip ? { 'content-encoding': 'gzip' } : {};
    return sendTo(this.#sender, { method: 'POST', path, headers: { ...headers, ...this.#options.headers, ...encoding }, body });
  }

  get(path: string, headers: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
    return sendTo(this.#sender, { method: 'GET', path, headers: { ...headers, ...this.#options.headers } });
  }

  close(): void {
    this.#sender.close();
  }
}

const zipped = (bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    gzip(bytes, { level: 6 }, (error, made) => (error === null ? resolve(made) : reject(error)));
  });
