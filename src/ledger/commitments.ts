// Commitments to content: the record says that a text was seen without saying what it was, and can be made to forget.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { RandomSource } from '../core/ports.ts';
import type { FilePort } from '../io/files/file-port.ts';
import { readWhole, replaceFile } from '../io/files/whole-file.ts';
import { ledgerFault } from './faults.ts';
import { KeyedHash } from './keyed-hash.ts';
import { NONCE_BYTES } from './nonce-store.ts';
import type { NonceStore } from './nonce-store.ts';

/** Goes into the data of an event as it is. */
export type Commitment = {
  /** HMAC-SHA-256(tenant key, nonce || UTF-8 of the text), base64url. */
  readonly hmac: string;
  /** Slot of the 256-bit nonce. */
  readonly nonce: number;
};

/** `differs`: this is not the text. */
export type ContentAnswer = 'proven' | 'differs';

const KEY_NAME = 'commitment-key';
const KEY_BYTES = 32;
/** Tenant keys that are kept derived; another one costs two microseconds. */
const TENANT_KEYS_MAX = 4096;

export class Commitments {
  readonly #key: KeyObject;
  readonly #nonces: NonceStore;
  readonly #random: RandomSource;
  readonly #tenantKeys = new Map<string, KeyedHash>();

  constructor(key: Uint8Array, nonces: NonceStore, random: RandomSource) {
    this.#key = createSecretKey(key);
    this.#nonces = nonces;
    this.#random = random;
  }

  commit(tenant: string, text: string): Commitment {
    const nonce = this.#random.bytes(NONCE_BYTES);
    return { hmac: this.#hashOf(tenant).of(nonce, text), nonce: this.#nonces.add(nonce) };
  }

  /** Throws `nonce_gone` when the nonce was erased. */
  async check(tenant: string, text: string, commitment: Commitment): Promise<ContentAnswer> {
    const expected = Buffer.from(this.#hashOf(tenant).of(await this.#nonces.read(commitment.nonce), text), 'base64url');
    const given = Buffer.from(commitment.hmac, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected) ? 'proven' : 'differs';
  }

  // A key for each tenant: even with the nonces in hand, one tenant's key tells nothing of another's texts.
  #hashOf(tenant: string): KeyedHash {
    const known = this.#tenantKeys.get(tenant);
    if (known !== undefined) return known;
    const made = new KeyedHash(createHmac('sha256', this.#key).update('sallyport ledger commitment v1\0').update(tenant, 'utf8').digest());
    if (this.#tenantKeys.size >= TENANT_KEYS_MAX) this.#tenantKeys.clear();
    this.#tenantKeys.set(tenant, made);
    return made;
  }
}

/** The key from which tenant keys are derived; made at first start. Throws `ledger_damaged` when its file is not a key. */
export async function commitmentKey(files: FilePort, directory: string, random: RandomSource): Promise<Uint8Array> {
  const known = await readWhole(files, `${directory}/${KEY_NAME}`, KEY_BYTES);
  if (known?.length === KEY_BYTES) return known;
  if (known !== undefined)
    throw ledgerFault('ledger_damaged', { what: 'the commitment key is not 32 bytes long', file: KEY_NAME, offset: 0 });
  const key = Uint8Array.from(random.bytes(KEY_BYTES));
  await replaceFile(files, { folder: directory, name: KEY_NAME, bytes: key });
  return key;
}
