// What `sallyport doctor` asks of the servers that replicas share: PostgreSQL and Valkey. It changes nothing in them.
import { Fault } from '../../core/fault.ts';
import { systemClock } from '../../io/clock.ts';
import { lookAtValkey } from '../../io/shared/look-at-valkey.ts';
import { MIGRATIONS } from '../../io/state/migrate.ts';
import { lookAtPostgres } from '../../io/state/open-postgres.ts';
import { behind, fail, ok, warn, type Finding } from './doctor-checks.ts';

/** Every request waits for Valkey, and some for the database. */
const VALKEY_SLOW_MS = 20;
const DATABASE_SLOW_MS = 100;
/** Records carry the time of this machine; limits and days go by the servers' whatever it shows. */
const SKEW_WARN_MS = 2_000;

export const examineDatabase = (url: string): Promise<readonly Finding[]> =>
  told(async () => {
    const { file, version, known, roundTripMs, aheadMs, isStandby } = await lookAtPostgres({
      url,
      clock: systemClock,
      migrations: MIGRATIONS,
    });
    if (isStandby) return fail(`${file} is a standby and takes no changes`, 'Let DATABASE_URL name the primary server.');
    const took = `in ${Math.ceil(roundTripMs)} ms`;
    return [
      ...(version === 0 ? ok(`${file} answers ${took} and is empty: the first start fills it`) : []),
      ...(version === known ? ok(`${file} answers ${took} and is whole`) : []),
      ...(version > 0 && version < known ? behind(file, { version, known }) : []),
      ...(roundTripMs > DATABASE_SLOW_MS
        ? warn(`${file} took ${took.slice(3)} to answer`, 'Bring it closer, or find out what keeps it busy.')
        : []),
      ...(Math.abs(aheadMs) > SKEW_WARN_MS
        ? warn(`the clock of ${file} is ${skewText(aheadMs)} of the clock of this machine`, 'Set the clocks of both (NTP).')
        : []),
    ];
  });

export const examineValkey = (url: string): Promise<readonly Finding[]> =>
  told(async () => {
    const { place, version, roundTripMs, isPrimary, isCluster, evicts } = await lookAtValkey(url);
    const what = `Valkey ${version} at ${place}`;
    if (!isPrimary) return fail(`${what} follows another server and takes no counts`, 'Let VALKEY_URL name the primary server.');
    if (isCluster) return fail(`${what} is a cluster, over which one step cannot count`, 'Use a server that is not in cluster mode.');
    return [
      ...ok(`${what} answers in ${Math.ceil(roundTripMs)} ms`),
      ...(roundTripMs > VALKEY_SLOW_MS
        ? warn(`${what} is slow: every request of a key with a rate waits for it`, 'Bring it closer, or find out what keeps it busy.')
        : []),
      ...(evicts === '' || evicts === 'noeviction'
        ? []
        : warn(
            `${what} forgets keys when its memory is full (${evicts}), and with them what was counted`,
            'Set maxmemory-policy noeviction.',
          )),
    ];
  });

const skewText = (aheadMs: number): string => `${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;

async function told(look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Fault) return fail(error.message, error.fix);
    throw error;
  }
}
