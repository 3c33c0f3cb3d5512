// How far the events file has come: a small file beside it, replaced whole, and only after the lines that it vouches for are on disk.
import { z } from 'zod';
import type { FilePort } from '../../io/files/file-port.ts';
import { readWhole, replaceFile } from '../../io/files/whole-file.ts';

const cursorSchema = z.strictObject({
  version: z.literal(1),
  /** Whose records these are: another ledger begins at its own beginning. */
  ledger: z.string(),
  /** Index of the first record whose lines are not on disk. */
  next: z.int().nonnegative(),
  /** Index of the oldest record that is still needed to understand later ones. */
  warmFrom: z.int().nonnegative(),
  /** Size of the growing file when this was written. */
  bytes: z.int().nonnegative(),
});

export type Cursor = Readonly<z.infer<typeof cursorSchema>>;

const SIZE_BYTES_MAX = 4_096;

export interface CursorPlace {
  readonly files: FilePort;
  readonly folder: string;
  /** Name of the events file. The cursor's begins with a dot, so that shippers that follow `name*` leave it alone. */
  readonly name: string;
}

/**
 * Undefined when there is none, or none that can be read: then everything is written again, under the same uids.
 * The bytes of a cursor that cannot be read vouch for nothing.
 */
export async function readCursor({ files, folder, name }: CursorPlace): Promise<Cursor | undefined> {
  const bytes = await readWhole(files, `${folder}/${cursorName(name)}`, SIZE_BYTES_MAX);
  if (bytes === undefined) return undefined;
  const parsed = cursorSchema.safeParse(parseJson(Buffer.from(bytes).toString('utf8')));
  return parsed.success && parsed.data.warmFrom <= parsed.data.next ? parsed.data : undefined;
}

export async function writeCursor({ files, folder, name }: CursorPlace, cursor: Cursor): Promise<void> {
  await replaceFile(files, { folder, name: cursorName(name), bytes: Buffer.from(`${JSON.stringify(cursor)}\n`) });
}

const cursorName = (name: string): string => `.${name}.cursor`;

/** An absent value stands for unreadable text: the schema does not accept it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
