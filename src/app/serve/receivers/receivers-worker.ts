// The thread that sends events to a SIEM: it reads the ledger's files by itself, so that neither slow places nor large batches
// cost the request path anything.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../io/clock.ts';
import { diskFiles } from '../../../io/files/disk-files.ts';
import { systemRandom } from '../../../io/random.ts';
import { ReceiverFollower } from '../../../watch/receivers/follower.ts';
import { openReceiver } from '../../../watch/receivers/open-receiver.ts';
import type { ReceiverSettings } from '../../../watch/receivers/settings.ts';
import type { FromReceivers, ReceiversStart, ToReceivers } from './messages.ts';

const STATUS_EVERY_MS = 250;

const parseStart = (data: unknown): ReceiversStart => data as ReceiversStart;
const start = parseStart(workerData);
const { ledgerFolder, folder, installation, productVersion, restores } = start;

const tell = (message: FromReceivers): void => parentPort?.postMessage(message);

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const chance = (): number => (systemRandom.bytes(1)[0] ?? 0) / 255;

function follow(settings: ReceiverSettings): Promise<ReceiverFollower> {
  const { name, startAt } = settings;
  return ReceiverFollower.start(
    {
      name,
      startAt,
      receiver: openReceiver(settings, {
        productVersion,
        instance: installation,
        pause,
        steadyMs: () => systemClock.steadyMs(),
        random: () => systemRandom.bytes(16),
      }),
      files: diskFiles,
      ledgerFolder,
      folder,
      context: { installation, productVersion, restores },
      clock: systemClock,
      pause,
      chance,
      onTrouble: (what) => tell({ kind: 'trouble', receiver: name, what }),
    },
    start.durableCount,
  );
}

// Commands of the gateway may come while the followers open: they wait for them.
const opening = Promise.all(start.receivers.map(follow));
let told = '';

async function onMessage(message: ToReceivers): Promise<void> {
  const followers = await opening;
  if (message.kind === 'durable') return followers.forEach((one) => one.wake(message.count));
  await Promise.all(followers.map((one) => one.close(message.graceMs)));
  tell({ kind: 'closed' });
}

function tellStatus(followers: readonly ReceiverFollower[]): void {
  const receivers = followers.map((one) => one.status());
  const text = JSON.stringify(receivers);
  // Nothing new, nothing said: an idle gateway stays idle.
  if (text === told) return;
  told = text;
  tell({ kind: 'status', receivers });
}

parentPort?.on('message', (message: ToReceivers) => void onMessage(message));
const followers = await opening;
setInterval(() => tellStatus(followers), STATUS_EVERY_MS);
