// The database remembers by which secret its keys are known, so that a gateway with another one is told instead of refusing every key.
import { stateFault } from '../../io/state/faults.ts';
import type { State } from '../../io/state/open-state.ts';
import { deriveSecret } from '../../io/state/seed-secrets.ts';

const FINGERPRINT = 'replica_secret';

/** A database whose keys are known by another secret must not be used with this one. Throws `secret_differs`. */
export async function assertSameSecret(state: State, secret: string): Promise<void> {
  const wanted = deriveSecret(secret, FINGERPRINT).toString('hex');
  await state.transact(async (transaction) => {
    const row = await transaction.selectFrom('meta').select('value').where('name', '=', FINGERPRINT).executeTakeFirst();
    if (row === undefined) await transaction.insertInto('meta').values({ name: FINGERPRINT, value: wanted }).execute();
    else if (row.value !== wanted) throw stateFault('secret_differs', { path: state.file });
  });
}
