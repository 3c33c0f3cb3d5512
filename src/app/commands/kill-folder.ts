// The kill switch of a data directory for commands, which must work with the database locked or gone.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KILL_MARK } from '../../access/open-access.ts';
import { KillSwitch } from '../../access/kill/kill-switch.ts';
import { systemClock } from '../../io/clock.ts';
import { systemRandom } from '../../io/random.ts';
import { openKillFiles } from '../../io/state/kill-files.ts';

const BUSY_MS = 100;

/** Opens the orders of a directory that a gateway has used. Faults: `private_path_refused`. */
export const openKillSwitch = (dataFolder: string): KillSwitch =>
  new KillSwitch({ files: openKillFiles(dataFolder, systemRandom), clock: systemClock, highWater: rememberedOrder(dataFolder) });

/** The latest order that the database knows of: without it, orders that were deleted from the end would not be missed here. */
function rememberedOrder(dataFolder: string): number {
  try {
    const database = new DatabaseSync(join(dataFolder, 'state.db'), { readOnly: true, timeout: BUSY_MS });
    try {
      const row = database.prepare('select value from meta where name = ?').get(KILL_MARK);
      const mark = Number(row?.['value']);
      return Number.isSafeInteger(mark) && mark > 0 ? mark : 0;
    } finally {
      database.close();
    }
  } catch {
    // Locked, damaged or gone: a stop must work all the same. A running gateway remembers the mark itself.
    return 0;
  }
}
