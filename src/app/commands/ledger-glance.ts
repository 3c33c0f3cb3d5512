// A quick look at a ledger on disk, without reading its records.
import { CheckpointStore } from '../../ledger/checkpoint-store.ts';
import { parseCheckpointText, parseNote, type Checkpoint } from '../../ledger/note.ts';
import type { LedgerPlace } from '../../ledger/prove.ts';
import { listSegments, type SegmentName } from '../../ledger/segment.ts';

/** What the newest checkpoint says. Its signature is for `ledger verify`. */
export async function newestCheckpoint({ files, directory }: LedgerPlace): Promise<Checkpoint | undefined> {
  const note = await new CheckpointStore(files, directory).newestNote();
  return note === undefined ? undefined : parseCheckpointText(parseNote(note)?.text ?? '');
}

export const segmentsOf = ({ files, directory }: LedgerPlace): Promise<readonly SegmentName[]> => listSegments(files, directory);
