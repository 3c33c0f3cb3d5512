// How far a receiver has got: two slots that are written in turn, each within a sector of the disk. A write is in the kernel at once, so
// that the death of this process repeats next to nothing; a power cut leaves at least the older slot.
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { FilePort, OpenFile } from '../../io/files/file-port.ts';

export interface ReceiverCursor {
  /** Whose records these are: another ledger begins at its own beginning. */
  readonly ledger: string;
  /** Index of the first record whose events are not delivered. */
  readonly next: number;
  /** Index of the oldest record that is still needed to understand later ones. */
  readonly warmFrom: number;
}

export interface CursorFilePlace {
  readonly files: FilePort;
  readonly folder: string;
  /** Of the receiver. */
  readonly name: string;
}

const SLOT_BYTES = 512;
const slotSchema = z.strictObject({
  version: z.literal(1),
  /** Grows with every write: the slot with the larger one is the newer. */
  count: z.int().positive(),
  ledger: z.string().max(300),
  next: z.int().nonnegative(),
  warmFrom: z.int().nonnegative(),
});

type Slot = Readonly<z.output<typeof slotSchema>>;

const pathOf = ({ folder, name }: CursorFilePlace): string => `${folder}/.${name}.cursor`;
const fileName = (name: string): string => `.${name}.cursor`;

/** `none`: there is no file. `unreadable`: there is one that says nothing; what was delivered is not known. */
export type FoundCursor = ReceiverCursor | 'none' | 'unreadable';

export async function readReceiverCursor(place: CursorFilePlace): Promise<FoundCursor> {
  if (!(await place.files.list(place.folder)).includes(fileName(place.name))) return 'none';
  const file = await place.files.open(pathOf(place), 'read');
  try {
    return newestOf(await readSlots(file)) ?? 'unreadable';
  } finally {
    await file.close();
  }
}

export class CursorFile {
  readonly #file: OpenFile;
  #count: number;

  private constructor(file: OpenFile, count: number) {
    this.#file = file;
    this.#count = count;
  }

  /** Opens or makes it. What is made survives a power cut, name included: without it nobody knows that there was a beginning. */
  static async open(place: CursorFilePlace, first: ReceiverCursor): Promise<CursorFile> {
    const file = await place.files.open(pathOf(place), 'ensure');
    try {
      const slots = await readSlots(file);
      const made = new CursorFile(file, Math.max(0, ...slots.map((slot) => slot?.count ?? 0)));
      const newest = newestOf(slots);
      if (newest?.ledger !== first.ledger || newest.next !== first.next) {
        await made.write(first);
        await made.sync();
        await place.files.syncFolder(place.folder);
      }
      return made;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** In the kernel when it resolves. */
  async write({ ledger, next, warmFrom }: ReceiverCursor): Promise<void> {
    const slot: Slot = { version: 1, count: this.#count + 1, ledger, next, warmFrom };
    await this.#file.write(toBytes(slot), (slot.count % 2) * SLOT_BYTES);
    this.#count = slot.count;
  }

  sync(): Promise<void> {
    return this.#file.syncData();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** The check comes first, then JSON, then spaces up to the end of the slot. */
function toBytes(slot: Slot): Buffer {
  const json = JSON.stringify(slot);
  const bytes = Buffer.alloc(SLOT_BYTES, ' ');
  if (bytes.write(`${checkOf(json)} ${json}`) > SLOT_BYTES - 1) throw new RangeError('the name of this ledger is too long for a cursor');
  bytes.write('\n', SLOT_BYTES - 1);
  return bytes;
}

const checkOf = (json: string): string => crc32(json).toString(16).padStart(8, '0');

async function readSlots(file: OpenFile): Promise<readonly (Slot | undefined)[]> {
  const bytes = Buffer.from(await file.read(0, SLOT_BYTES * 2));
  return [0, SLOT_BYTES].map((at) => parseSlot(bytes.toString('utf8', at, at + SLOT_BYTES)));
}

function parseSlot(text: string): Slot | undefined {
  const [, check, json = ''] = /^([0-9a-f]{8}) (\{.*\}) *\n$/.exec(text) ?? [];
  if (check !== checkOf(json)) return undefined;
  const parsed = slotSchema.safeParse(JSON.parse(json));
  return parsed.success && parsed.data.warmFrom <= parsed.data.next ? parsed.data : undefined;
}

function newestOf(slots: readonly (Slot | undefined)[]): Slot | undefined {
  return slots.filter((slot) => slot !== undefined).toSorted((left, right) => right.count - left.count)[0];
}
