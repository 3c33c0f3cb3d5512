// What `sallyport doctor` asks of the places that get events, and of what they left behind.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../io/clock.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import { systemRandom } from '../../io/random.ts';
import { readReceiverCursor } from '../../watch/receivers/cursor-file.ts';
import { openReceiver } from '../../watch/receivers/open-receiver.ts';
import type { CheckResult } from '../../watch/receivers/receiver.ts';
import { refusedFileName } from '../../watch/receivers/refused-file.ts';
import type { ReceiverSettings } from '../../watch/receivers/settings.ts';
import { RECEIVERS_FOLDER } from '../serve/receivers/start-receivers.ts';
import { VERSION } from '../version.ts';
import { newestCheckpoint } from './ledger-glance.ts';

/** A check is no delivery: a place that takes longer to answer is not well. */
const TIMEOUT_MS = 10_000;
/** Records beyond which a place is behind by more than a pause of the network. */
const BEHIND_WARN = 10_000;

/** One finding a place for itself, and one for what it refused or has not got yet. */
export async function examineReceivers(all: readonly ReceiverSettings[], data: string): Promise<readonly CheckResult[]> {
  const found = await Promise.all(all.map((one) => Promise.all([ask(one), lookBehind(one.name, resolve(data))])));
  return found.flat(2);
}

async function ask(settings: ReceiverSettings): Promise<CheckResult> {
  const { name } = settings;
  try {
    const receiver = openReceiver(
      { ...settings, timeoutMs: Math.min(settings.timeoutMs, TIMEOUT_MS) },
      {
        productVersion: VERSION,
        instance: 'doctor',
        pause: (ms) => pause(ms, undefined, { ref: false }),
        steadyMs: () => systemClock.steadyMs(),
        random: () => systemRandom.bytes(16),
      },
    );
    try {
      const result = await receiver.check();
      return { ...result, detail: `${name} (${settings.kind}) ${result.detail}` };
    } finally {
      await receiver.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    return {
      state: 'fail',
      detail: `${name} (${settings.kind}): ${reason}`,
      fix: 'Mend its settings under events.receivers, or start it.',
    };
  }
}

async function lookBehind(name: string, data: string): Promise<readonly CheckResult[]> {
  const folder = join(data, RECEIVERS_FOLDER);
  const refused = join(folder, refusedFileName(name));
  const covered = (await newestCheckpoint({ files: diskFiles, directory: join(data, 'ledger') }))?.size ?? 0;
  const cursor = await readReceiverCursor({ files: diskFiles, folder, name });
  const behind = typeof cursor === 'string' ? 0 : covered - cursor.next;
  return [
    ...(existsSync(refused) && statSync(refused).size > 0
      ? [
          {
            state: 'warn',
            detail: `${name} has refused events for good`,
            fix: `Read ${refused}, mend what it says, then move it away.`,
          } as const,
        ]
      : []),
    ...(behind > BEHIND_WARN
      ? [
          {
            state: 'warn',
            detail: `${name} is ${behind} records behind`,
            fix: 'Look whether it is slow or away; the log says what it answers.',
          } as const,
        ]
      : []),
  ];
}
