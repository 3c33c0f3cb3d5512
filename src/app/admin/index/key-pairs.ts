// Which pseudonym in the records stands for which key: known to whoever holds the pepper.
import type { KeyPair } from '../../../watch/request-index/key-names.ts';
import type { Rooms } from '../../serve/rooms.ts';

/** A pseudonym costs 11 µs the first time; a hundred thousand of them must not hold up the requests. */
const KEYS_A_TURN = 100;

/** Of the keys with these ids, or of all. */
export async function keyPairs(
  { keyStore, keyring }: Pick<Rooms, 'keyStore' | 'keyring'>,
  ids?: readonly string[],
): Promise<readonly KeyPair[]> {
  const wanted = ids ?? (await keyStore.listKeys()).map(({ id }) => id);
  const pairs: KeyPair[] = [];
  for (const [at, id] of wanted.entries()) {
    const caller = keyring.callerOf(id);
    if (caller !== undefined) pairs.push([caller.pseudonym, id]);
    if (at % KEYS_A_TURN === KEYS_A_TURN - 1) await turn();
  }
  return pairs;
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
