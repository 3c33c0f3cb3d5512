// Syslog over TLS (RFC 5425) with octet counting. The protocol has no acknowledgement: a message counts as taken once the
// connection that carried it has stood for a while after. When it ends before, what it carried lately is sent again.
import { connectStream, type StreamSocket } from '../../io/outbound/stream-socket.ts';
import { toSyslog, type SyslogSender } from './cef.ts';
import type { SyslogSettings } from './settings.ts';
import { ReceiverTrouble, TAKEN, type CheckResult, type Outcome, type Receiver, type ReceiverEvent } from './receiver.ts';

export interface SyslogTools {
  readonly productVersion: string;
  readonly pause: (ms: number) => Promise<void>;
}

export function createSyslogReceiver(settings: SyslogSettings, { productVersion, pause }: SyslogTools): Receiver {
  const sender: SyslogSender = { hostname: settings.hostname, productVersion };
  let socket: StreamSocket | undefined;

  async function connected(): Promise<StreamSocket> {
    if (socket !== undefined && socket.ended === undefined) return socket;
    const { host, port, isTls, tls, timeoutMs } = settings;
    try {
      socket = await connectStream({ host, port, timeoutMs, ...(isTls ? { tls } : {}) });
    } catch (cause) {
      throw trouble(cause);
    }
    // A receiver has nothing to say; what it says all the same must not gather in memory.
    socket.onData(() => undefined);
    return socket;
  }

  return {
    async deliver(events): Promise<Outcome> {
      const open = await connected();
      const late = pause(settings.timeoutMs).then(() => 'late' as const);
      try {
        const written = open.write(Buffer.concat(events.map((one) => framed(one, sender)))).then(() => 'written' as const);
        if ((await Promise.race([written, late])) === 'late') throw new Error(`nothing was taken in ${settings.timeoutMs} ms`);
        await Promise.race([pause(settings.settleMs), open.whenEnded]);
      } catch (cause) {
        open.destroy();
        throw trouble(cause);
      }
      if (open.ended !== undefined) throw trouble(new Error(open.ended));
      return TAKEN;
    },
    async check(): Promise<CheckResult> {
      await connected();
      return settings.isTls
        ? { state: 'ok', detail: 'takes a TLS connection' }
        : { state: 'warn', detail: 'takes a connection without TLS', fix: 'Set tls: true, and ca where its authority is private.' };
    },
    async close() {
      await socket?.end();
    },
  };
}

const trouble = (cause: unknown): ReceiverTrouble =>
  new ReceiverTrouble(`it cannot be reached: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause });

/** RFC 6587 section 3.4.1, and the only framing of RFC 5425: the length in octets, a space, the message. */
export function framed(one: ReceiverEvent, sender: SyslogSender): Buffer {
  const message = Buffer.from(toSyslog(one, sender));
  return Buffer.concat([Buffer.from(`${message.length} `), message]);
}
