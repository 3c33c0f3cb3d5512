// What a backup says of itself: its last file.
import { z } from 'zod';

export const MANIFEST_NAME = 'manifest.json';

export const manifestSchema = z.strictObject({
  format: z.literal('sallyport-backup-1'),
  /** Version of the program that made it. */
  version: z.string().max(64),
  createdAtMs: z.int().nonnegative(),
  /** The signed checkpoint up to which the record is in it; null where there was no record yet. */
  checkpoint: z.string().max(16_384).nullable(),
  verifierKey: z.string().max(1_024).nullable(),
  /** `elsewhere`: in a database that has a backup of its own. */
  state: z.enum(['included', 'elsewhere', 'none']),
  files: z.array(
    z.strictObject({ name: z.string().max(100), sizeBytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export type Manifest = Readonly<z.output<typeof manifestSchema>>;
