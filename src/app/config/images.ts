// What the image door is told of the configuration: limits, and from where pictures may be fetched.
import { parseTrustedProxies } from '../../io/http/trusted-proxies.ts';
import type { Reach } from '../../io/outbound/fetch-public.ts';
import type { ImageSettings } from './images-schema.ts';

export interface ImagePlaces extends Pick<ImageSettings, 'perRequest' | 'pixelsMax' | 'remoteHosts'> {
  readonly reach: Reach;
}

/** Throws what `read` throws for a file that cannot be read. */
export function compileImages(settings: ImageSettings, read: (reference: string) => string): ImagePlaces {
  const { perRequest, pixelsMax, remoteHosts, remoteNetworks, remoteCa } = settings;
  const opened = parseTrustedProxies(remoteNetworks);
  const ca = remoteCa === undefined ? undefined : read(`file:${remoteCa}`);
  return { perRequest, pixelsMax, remoteHosts, reach: { isOpened: (address) => opened.has(address), ca } };
}
