// Receivers of the configuration with their secrets and certificates read.
import { hostname } from 'node:os';
import type { OutboundTls } from '../../io/outbound/http-sender.ts';
import type { ReceiverSettings } from '../../watch/receivers/settings.ts';
import { assertOutboundPlace, assertOutboundUrl } from './outbound.ts';
import type { ReceiverConfig } from './receivers-schema.ts';

/** Throws `secret_missing`, `outbound_refused`. */
export function receiverSettings(receivers: Readonly<Record<string, ReceiverConfig>>, read: Read): readonly ReceiverSettings[] {
  return Object.entries(receivers).map(([name, receiver]) => toSettings(name, receiver, read));
}

/** Resolves `env:NAME` and `file:/path`. */
type Read = (reference: string) => string;

function toSettings(name: string, receiver: ReceiverConfig, read: Read): ReceiverSettings {
  const setting = `events.receivers.${name}`;
  if ('url' in receiver) assertOutboundUrl(setting, receiver.url);
  else assertOutboundPlace(setting, receiver.host);
  const shared = { name, startAt: receiver.startAt, tls: tlsOf(receiver, read), timeoutMs: receiver.timeoutMs };
  switch (receiver.kind) {
    case 'syslog':
      return {
        ...shared,
        kind: 'syslog',
        host: receiver.host,
        port: receiver.port,
        isTls: receiver.tls,
        settleMs: receiver.settleMs,
        hostname: hostname(),
      };
    case 'nats':
      return {
        ...shared,
        kind: 'nats',
        host: receiver.host,
        port: receiver.port,
        isTls: receiver.tls,
        subject: receiver.subject,
        auth: loginOf(receiver.auth, read),
      };
    default:
      return { ...shared, ...overHttp(receiver, read) };
  }
}

type HttpReceiver = Exclude<ReceiverConfig, { kind: 'syslog' | 'nats' }>;
type HttpSettings = Exclude<ReceiverSettings, { kind: 'syslog' | 'nats' }>;
type Own<Settings> = Settings extends unknown ? Omit<Settings, 'name' | 'startAt' | 'tls' | 'timeoutMs'> : never;

function overHttp(receiver: HttpReceiver, read: Read): Own<HttpSettings> {
  const headers = Object.fromEntries(Object.entries(receiver.headers).map(([header, value]) => [header, read(value)]));
  const common = { url: receiver.url, headers, gzip: receiver.gzip };
  switch (receiver.kind) {
    case 'http':
      return { ...common, kind: 'http', body: receiver.body };
    case 'splunk': {
      const { index, sourcetype, ackMs } = receiver;
      return { ...common, kind: 'splunk', token: read(receiver.token), index, sourcetype, ackMs };
    }
    case 'elastic':
      return { ...common, kind: 'elastic', index: receiver.index, auth: elasticAuth(receiver.auth, read) };
    case 'otlp':
      return { ...common, kind: 'otlp', signals: receiver.signals };
  }
}

function tlsOf({ ca, clientCertificate }: ReceiverConfig, read: Read): OutboundTls {
  return {
    ...(ca === undefined ? {} : { ca: read(`file:${ca}`) }),
    ...(clientCertificate === undefined
      ? {}
      : { cert: read(`file:${clientCertificate.cert}`), key: read(`file:${clientCertificate.key}`) }),
  };
}

type NatsAuth = Extract<ReceiverConfig, { kind: 'nats' }>['auth'];
type ElasticAuth = Extract<ReceiverConfig, { kind: 'elastic' }>['auth'];

function loginOf(auth: NatsAuth, read: Read): Extract<ReceiverSettings, { kind: 'nats' }>['auth'] {
  if (auth === undefined) return undefined;
  return 'token' in auth ? { token: read(auth.token) } : { user: auth.user, password: read(auth.password) };
}

function elasticAuth(auth: ElasticAuth, read: Read): Extract<ReceiverSettings, { kind: 'elastic' }>['auth'] {
  if (auth === undefined) return undefined;
  return 'apiKey' in auth ? { apiKey: read(auth.apiKey) } : { user: auth.user, password: read(auth.password) };
}
