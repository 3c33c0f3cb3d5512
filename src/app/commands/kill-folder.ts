// The kill switch of a data directory for commands, which must work with the database locked or gone.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KILL_MARK } from '../../access/open-access.ts';
import type { KillScope } from '../../access/kill/order.ts';
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
  const mark = Number(ask(dataFolder, 'select value from meta where name = ?', KILL_MARK)?.['value']);
  return Number.isSafeInteger(mark) && mark > 0 ? mark : 0;
}

const WHERE: Readonly<Partial<Record<KillScope, string>>> = {
  tenant: 'select count(*) as count from tenants where id = ?',
  key: 'select count(*) as count from keys where id = ?',
};

/** Whether the database knows the tenant or key. Undefined where it cannot be asked, and for subjects that it does not hold. */
export function isKnownSubject(dataFolder: string, scope: KillScope, subject: string): boolean | undefined {
  const query = WHERE[scope];
  const count = query === undefined ? undefined : ask(dataFolder, query, subject)?.['count'];
  return count === undefined ? undefined : count !== 0;
}

/** Locked, damaged or gone: a stop must work all the same. A running gateway remembers the mark itself. */
function ask(dataFolder: string, query: string, value: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const database = new DatabaseSync(join(dataFolder, 'state.db'), { readOnly: true, timeout: BUSY_MS });
    try {
      return database.prepare(query).get(value);
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
