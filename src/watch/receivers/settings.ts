// Receivers as they are set up, with secrets resolved. The schema of the configuration file makes them.
import type { OutboundTls } from '../../io/outbound/http-sender.ts';

interface Shared {
  /** Names the cursor, the metrics and the log lines. */
  readonly name: string;
  readonly startAt: 'beginning' | 'now';
  readonly tls: OutboundTls;
  readonly timeoutMs: number;
}

interface OverHttp extends Shared {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly gzip: boolean;
}

export interface OcsfHttpSettings extends OverHttp {
  readonly kind: 'http';
  readonly body: 'array' | 'lines';
}

export interface SplunkSettings extends OverHttp {
  readonly kind: 'splunk';
  readonly token: string;
  readonly index: string | undefined;
  readonly sourcetype: string;
  /** How long an acknowledgement may take, where the token asks for one. */
  readonly ackMs: number;
}

export interface ElasticSettings extends OverHttp {
  readonly kind: 'elastic';
  readonly index: string;
  readonly auth: { readonly apiKey: string } | { readonly user: string; readonly password: string } | undefined;
}

export interface OtlpSettings extends OverHttp {
  readonly kind: 'otlp';
  readonly signals: readonly ('logs' | 'traces')[];
}

export interface SyslogSettings extends Shared {
  readonly kind: 'syslog';
  readonly host: string;
  readonly port: number;
  /** Without it everybody on the way can read and change what is sent. */
  readonly isTls: boolean;
  /** Of this machine, for the header. */
  readonly hostname: string;
  readonly settleMs: number;
}

export interface NatsSettings extends Shared {
  readonly kind: 'nats';
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly subject: string;
  readonly auth: { readonly token: string } | { readonly user: string; readonly password: string } | undefined;
}

export type ReceiverSettings = OcsfHttpSettings | SplunkSettings | ElasticSettings | OtlpSettings | SyslogSettings | NatsSettings;
