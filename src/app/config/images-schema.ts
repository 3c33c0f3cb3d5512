// Pictures in the configuration file: how many, how large, and from where.
import { z } from 'zod';

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
      .array(z.string().regex(/^[a-z0-9.-]{1,253}$/, 'use a host name in lower case, without a port'))
      .max(100)
      .default([])
      .describe(
        'Hosts from which pictures are fetched that a request names by URL: https, public addresses only. None: such requests are refused.',
      ),
  })
  .prefault({})
  .describe('Pictures in requests (docs/images.md).');

export type ImageSettings = z.infer<typeof imagesSchema>;
