// Calls the admin API of a running gateway for the command line.
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { Fault } from '../../core/fault.ts';
import { ADMIN_KEY_VARIABLE, adminKeyFile } from '../admin/admin-key.ts';
import { runningGateway } from '../admin/presence.ts';
import { appFault } from '../faults.ts';

export interface ApiPlace {
  readonly data: string;
  /** Base address of the admin plane; default: that of the gateway that runs on the data directory. */
  readonly url?: string;
}

const CALL_MS = 60_000;

const problemSchema = z.object({ code: z.string().max(64), detail: z.string().max(4_096), fix: z.string().max(4_096) });

/** Throws the fault that the gateway answered with, or `gateway_unreachable`. The key comes from the environment or the data directory. */
export async function callApi(place: ApiPlace, method: string, path: string): Promise<unknown> {
  const url = (place.url ?? runningGateway(place.data)?.admin)?.replace(/\/+$/, '');
  if (url === undefined) throw appFault('gateway_unreachable', { url: `the data directory ${place.data}` });
  const key = adminKey(place.data);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    redirect: 'error',
    signal: AbortSignal.timeout(CALL_MS),
  }).catch((cause: unknown) => {
    throw appFault('gateway_unreachable', { url }, { cause });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;
  const problem = problemSchema.safeParse(body);
  if (!problem.success) throw appFault('gateway_unreachable', { url: `${url} (it answered ${response.status})` });
  const { code, detail, fix } = problem.data;
  throw new Fault(code, { status: response.status, message: detail, fix });
}

/** Whether a key is at hand without asking anybody. */
export const hasAdminKey = (data: string): boolean => (process.env[ADMIN_KEY_VARIABLE] ?? '') !== '' || existsSync(adminKeyFile(data));

function adminKey(data: string): string {
  const preset = process.env[ADMIN_KEY_VARIABLE];
  if (preset !== undefined && preset !== '') return preset;
  if (existsSync(adminKeyFile(data))) return readFileSync(adminKeyFile(data), 'utf8').trim();
  throw appFault('bad_argument', {
    what: 'No admin key is at hand.',
    fix: `Set ${ADMIN_KEY_VARIABLE}; "sallyport keys recover-admin" makes a new key.`,
  });
}
