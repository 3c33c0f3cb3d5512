// The key pair that signs checkpoints: made at first start, kept in a file that only its owner reads.
import { createPrivateKey, createPublicKey, hash, sign } from 'node:crypto';
import type { RandomSource } from '../core/ports.ts';
import type { FilePort } from '../io/files/file-port.ts';
import { readWhole, replaceFile } from '../io/files/whole-file.ts';
import { ledgerFault } from './faults.ts';
import { toVerifierKey } from './note.ts';

/** Signs checkpoints. A key in a hardware module or a vault is another implementation of this. */
export interface CheckpointSigner {
  /** Name of the log and of the key: no spaces, no plus sign. */
  readonly name: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

export const VERIFIER_KEY_NAME = 'checkpoint-key.pub';
const PRIVATE_KEY_NAME = 'checkpoint-key.pem';
const SEED_BYTES = 32;
const KEY_FILE_BYTES_MAX = 4096;

/** RFC 8410 section 7: the bytes that stand before the seed in an unencrypted PKCS #8 Ed25519 key. */
const PKCS8_ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** RFC 8410 section 4: the bytes that stand before the key in its SubjectPublicKeyInfo. */
const SPKI_ED25519_BYTES = 12;

/** Reads the key of a ledger, or makes one. The public half is written beside it for anyone to copy. */
export async function fileSigner(files: FilePort, directory: string, random: RandomSource): Promise<CheckpointSigner> {
  const pem = (await readPem(files, directory)) ?? (await makePem(files, directory, random));
  const signer = signerFrom(pem, directory);
  await writeVerifierKey(files, directory, signer);
  return signer;
}

async function readPem(files: FilePort, directory: string): Promise<string | undefined> {
  const bytes = await readWhole(files, `${directory}/${PRIVATE_KEY_NAME}`, KEY_FILE_BYTES_MAX);
  return bytes && Buffer.from(bytes).toString('utf8');
}

async function makePem(files: FilePort, directory: string, random: RandomSource): Promise<string> {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519_PREFIX, random.bytes(SEED_BYTES)]), format: 'der', type: 'pkcs8' });
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  await replaceFile(files, { folder: directory, name: PRIVATE_KEY_NAME, bytes: Buffer.from(pem) });
  return pem;
}

function signerFrom(pem: string, directory: string): CheckpointSigner {
  try {
    const key = createPrivateKey(pem);
    const publicKey = createPublicKey(pem).export({ format: 'der', type: 'spki' }).subarray(SPKI_ED25519_BYTES);
    // The origin has to be unique; deriving it from the key makes it so without asking anyone.
    const name = `sallyport-ledger/${hash('sha256', publicKey, 'hex').slice(0, 16)}`;
    return { name, publicKey, sign: async (message) => sign(null, message, key) };
  } catch (cause) {
    throw ledgerFault('checkpoint_untrusted', { reason: `the private key in ${directory} cannot be read` }, { cause });
  }
}

async function writeVerifierKey(files: FilePort, directory: string, signer: CheckpointSigner): Promise<void> {
  const bytes = Buffer.from(`${await toVerifierKey(signer.name, signer.publicKey)}\n`);
  const known = await readWhole(files, `${directory}/${VERIFIER_KEY_NAME}`, KEY_FILE_BYTES_MAX);
  if (known !== undefined && bytes.equals(known)) return;
  await replaceFile(files, { folder: directory, name: VERIFIER_KEY_NAME, bytes, permissions: 0o644 });
}
