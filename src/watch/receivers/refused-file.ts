// Where events are kept that a place refuses for good: one JSON object a line, on the disk before the cursor passes them.
import type { FilePort } from '../../io/files/file-port.ts';
import type { RefusedEvent } from './batch-delivery.ts';

export interface RefusedFileOptions {
  readonly files: FilePort;
  readonly folder: string;
  /** Name of the receiver. */
  readonly name: string;
  readonly nowMs: () => number;
}

/** A place that refuses so much is misunderstood: somebody has to look before more is given up. */
const BYTES_MAX = 67_108_864;
const NEWLINE = 0x0a;

export const refusedFileName = (name: string): string => `${name}.refused.jsonl`;

/** Resolves when they would survive a power cut. Rejects when the file is full, or the disk says no. */
export async function keepRefused({ files, folder, name, nowMs }: RefusedFileOptions, refused: readonly RefusedEvent[]): Promise<void> {
  const path = `${folder}/${refusedFileName(name)}`;
  const lines = refused.map(({ event, reason }) => `${JSON.stringify({ atMs: nowMs(), uid: event.uid, reason, event: event.event })}\n`);
  const file = await files.open(path, 'ensure');
  try {
    await files.syncFolder(folder);
    const sizeBytes = await file.sizeBytes();
    const last = sizeBytes === 0 ? undefined : await file.read(sizeBytes - 1, 1);
    // A line that a power cut tore is closed, so that it spoils itself only.
    const bytes = Buffer.from(`${last === undefined || last[0] === NEWLINE ? '' : '\n'}${lines.join('')}`);
    if (sizeBytes + bytes.length > BYTES_MAX) throw new Error(`${path} holds all that it may: look into it, then move it away`);
    await file.write(bytes, sizeBytes);
    await file.syncData();
  } finally {
    await file.close();
  }
}
