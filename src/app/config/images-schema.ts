// Pictures in the configuration file: how many, how large, and from where.
import { z } from 'zod';
import { isProxyEntry } from '../../io/http/trusted-proxies.ts';

export const imagesSchema = z
  .strictObject({
    perRequest: z.number().int().min(1).max(100).default(20).describe('Most pictures of one request; each is looked into.'),
    pixelsMax: z
      .number()
      .int()
      .min(1_000)
      .max(100_000_000)
      .default(24_000_000)
      .describe('Width times height of a picture, as its header declares them. Decoding takes about eight bytes a pixel.'),
    remoteHosts: z
      .array(z.string().regex(/^[a-z0-9.-]{1,253}(?::\d{1,5})?$/, 'use a host name in lower case, with its port where it is not 443'))
      .max(100)
      .default([])
      .describe(
        'Hosts from which pictures are fetched that a request names by URL: https, public addresses; with a port where it is not 443. None: such requests are refused.',
      ),
    remoteNetworks: z
      .array(z.string().refine(isProxyEntry, 'use an address or a CIDR block'))
      .max(100)
      .default([])
      .describe(
        'Networks of your own in which hosts of images.remoteHosts may stand, for example 10.20.0.0/16. Link-local addresses, where clouds keep credentials, stay shut.',
      ),
    remoteCa: z.string().optional().describe('Path of a PEM bundle of a private certificate authority of those hosts.'),
  })
  .prefault({})
  .describe('Pictures in requests (docs/images.md).');

export type ImageSettings = z.infer<typeof imagesSchema>;
