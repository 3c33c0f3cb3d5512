// Once a day the kill switch proves itself on a canary that no request ever matches. The result is on record, and a failure is loud.
import type { Logger } from 'pino';
import { KillSwitch } from '../../access/kill/kill-switch.ts';
import { testKillSwitch } from '../../access/kill/self-test.ts';
import type { Clock, RandomSource } from '../../core/ports.ts';
import { openKillFiles } from '../../io/state/kill-files.ts';
import type { Rooms } from './rooms.ts';

const DAY_MS = 86_400_000;
/** The first test waits until the start is over. */
const FIRST_MS = 60_000;
const CUT_MS_MAX = 1_000;

export interface SelfTestTools {
  readonly rooms: Rooms;
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly log: Logger;
}

export function testKillSwitchDaily(tools: SelfTestTools): () => void {
  const run = (): void => {
    runSelfTest(tools).catch((error: unknown) => tools.log.error({ err: error }, 'the self-test of the kill switch could not be recorded'));
  };
  const first = setTimeout(run, FIRST_MS);
  const daily = setInterval(run, DAY_MS);
  return () => {
    clearTimeout(first);
    clearInterval(daily);
  };
}

/** Runs the test now and records the result. */
export async function runSelfTest({ rooms, dataFolder, clock, random, log }: SelfTestTools) {
  const { killSwitch, inFlight } = rooms.access;
  const ordering = new KillSwitch({ files: openKillFiles(dataFolder, random), clock, highWater: killSwitch.status().sequence });
  const deadline = (): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, CUT_MS_MAX);
    });
  const result = await testKillSwitch({ serving: killSwitch, ordering, inFlight, clock, deadline });
  if (result.state === 'failed') log.error({ reason: result.reason }, 'the self-test of the kill switch FAILED');
  await rooms.ledger.append({ kind: 'kill.self_test', atMs: clock.nowMs(), data: { ...result } }).durable;
  return result;
}
