// For tests of the kill switch: orders in a temporary folder.
import { join } from 'node:path';
import { systemClock } from '../io/clock.ts';
import { systemRandom } from '../io/random.ts';
import { openKillFiles } from '../io/state/kill-files.ts';
import { KillSwitch } from './kill/kill-switch.ts';
import type { KillOrder, KillScope } from './kill/order.ts';

export const SUBJECT = { tenant: 'acme', keyId: 'k1', model: 'gpt-4o', upstream: 'main' };
export const BY = { who: 'ann', reason: 'data leak' };

export const openKill = (folder: string, highWater = 0): KillSwitch =>
  new KillSwitch({ files: openKillFiles(folder, systemRandom), clock: systemClock, highWater });

export const stop = (kill: KillSwitch, scope: KillScope = 'everything', subject = ''): KillOrder => kill.order({ scope, subject, ...BY });
export const go = (kill: KillSwitch, scope: KillScope = 'everything', subject = ''): KillOrder =>
  kill.resume({ scope, subject, ...BY, reason: 'fixed' });
export const orderFile = (folder: string, sequence: number): string => join(folder, 'kill', `${String(sequence).padStart(12, '0')}.json`);
