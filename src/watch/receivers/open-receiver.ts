// From settings to a receiver.
import { createElasticReceiver } from './elastic-bulk.ts';
import { createNatsReceiver } from './nats-receiver.ts';
import { createOcsfHttpReceiver } from './ocsf-http.ts';
import { createOtlpReceiver } from './otlp-receiver.ts';
import type { ReceiverSettings } from './settings.ts';
import type { Receiver } from './receiver.ts';
import { createSplunkReceiver } from './splunk-hec.ts';
import { createSyslogReceiver } from './syslog-receiver.ts';

export interface ReceiverTools {
  readonly productVersion: string;
  /** Names this gateway among others. */
  readonly instance: string;
  readonly pause: (ms: number) => Promise<void>;
  readonly steadyMs: () => number;
  /** Sixteen bytes that nobody else has. */
  readonly random: () => Uint8Array;
}

/** Throws `OutboundRefusal` where the settings name a place that nothing may be sent to. */
export function openReceiver(settings: ReceiverSettings, tools: ReceiverTools): Receiver {
  switch (settings.kind) {
    case 'http':
      return createOcsfHttpReceiver(settings);
    case 'splunk':
      return createSplunkReceiver(settings, { ...tools, channel: uuidOf(tools.random()) });
    case 'elastic':
      return createElasticReceiver(settings);
    case 'otlp':
      return createOtlpReceiver(settings, tools);
    case 'syslog':
      return createSyslogReceiver(settings, tools);
    case 'nats':
      return createNatsReceiver(settings, { ...tools, inbox: `_INBOX.${Buffer.from(tools.random()).toString('hex')}` });
  }
}

/** RFC 9562 section 5.4 */
function uuidOf(bytes: Uint8Array): string {
  const made = Buffer.from(bytes);
  made[6] = ((made[6] ?? 0) & 0x0f) | 0x40;
  made[8] = ((made[8] ?? 0) & 0x3f) | 0x80;
  return made.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
