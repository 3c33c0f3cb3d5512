// Places of the configuration, before anything is sent there: what is wrong with one is said when the file is read.
import { assertOutboundHost, outboundUrl, OutboundRefusal } from '../../io/outbound/guard.ts';
import { appFault } from '../faults.ts';

const HTTP = ['http', 'https'];

/** Throws `outbound_refused`. */
export const assertOutboundUrl = (setting: string, url: string): void => assertPlace(setting, () => outboundUrl(url, HTTP));

/** Throws `outbound_refused`. */
export const assertOutboundPlace = (setting: string, host: string): void => assertPlace(setting, () => assertOutboundHost(host));

function assertPlace(setting: string, look: () => unknown): void {
  try {
    look();
  } catch (cause) {
    if (cause instanceof OutboundRefusal) throw appFault('outbound_refused', { setting, reason: cause.message }, { cause });
    throw cause;
  }
}
