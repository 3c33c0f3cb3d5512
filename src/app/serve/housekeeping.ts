// What has to happen now and then, whoever calls.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Logger } from 'pino';
import type { RefusalCount } from '../../gateway/refusal-count.ts';
import type { OcsfFile } from '../../watch/ocsf/ocsf-file.ts';
import type { Receivers } from './receivers/start-receivers.ts';
import { rarely } from './rarely.ts';
import type { Rooms } from './rooms.ts';

const OFTEN_MS = 250;
const SELDOM_MS = 30_000;

export interface Household {
  readonly rooms: Rooms;
  readonly events: OcsfFile;
  readonly receivers: Receivers;
  readonly refusals: RefusalCount;
  readonly log: Logger;
}

/** Returns the way to end it. */
export function keepHouse({ rooms, events, receivers, refusals, log }: Household): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const unwatch = rooms.access.killSwitch.watch();
  const trouble = (what: string) => (error: unknown) => log.error({ err: error }, `could not ${what}`);
  const often = {
    ledger: rarely(trouble('tend the ledger')),
    events: rarely(trouble('tend the event file')),
    changes: rarely(trouble('take over changes')),
  };
  let isCatching = false;
  const look = setInterval(() => {
    rooms.access.observeLoad(delay.percentile(99) / 1e6);
    delay.reset();
    rooms.access.budgets.sweep();
    rooms.ledger.tick().catch(often.ledger);
    events.tick().catch(often.events);
    receivers.tick();
    rooms.shared?.tick();
    // A database that does not answer must not be asked four times a second by as many who wait.
    if (isCatching) return;
    isCatching = true;
    rooms
      .catchUp()
      .catch(often.changes)
      .finally(() => (isCatching = false));
  }, OFTEN_MS);
  const seldom = setInterval(() => {
    // In this order: whoever starts reads the record from where the budgets were kept, and has to see there what is being counted.
    const telling = rooms.saveBudgets().catch(trouble('keep the budgets'));
    void telling.then(() => refusals.tell()).catch(trouble('record how many requests were refused'));
  }, SELDOM_MS);
  return () => {
    clearInterval(look);
    clearInterval(seldom);
    unwatch();
    delay.disable();
  };
}
