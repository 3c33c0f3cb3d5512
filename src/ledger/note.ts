// Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint), with Web Crypto only, so that a browser can check them.

/** What a checkpoint says: a log, its size, and the root of its tree. */
export interface Checkpoint {
  /** Name of the log, unique in the world. */
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

export interface NoteSignature {
  readonly name: string;
  /** The first four bytes tell the key, the rest is the signature. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface SignedNote {
  /** Everything that is signed, with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Longest note that is read: a checkpoint is some 200 bytes, with a few witnesses a few hundred more. */
export const NOTE_UNITS_MAX = 16_384;

/** https://c2sp.org/signed-note#signature-types */
const ED25519_TYPE = 1;
const KEY_HASH_BYTES = 4;
const PUBLIC_KEY_BYTES = 32;

export function toCheckpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root}\n`;
}

/** Undefined when the text is no checkpoint. Lines after the third are extensions, and are signed but not read. */
export function parseCheckpointText(text: string): Checkpoint | undefined {
  const [origin, size, root] = text.split('\n');
  if (!origin || size === undefined || root === undefined) return undefined;
  // https://c2sp.org/tlog-checkpoint: decimal without leading zeros; standard base64 of 32 bytes.
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size) || !/^[A-Za-z0-9+/]{43}=$/.test(root)) return undefined;
  const count = Number(size);
  return Number.isSafeInteger(count) ? { origin, size: count, root } : undefined;
}

/** Undefined when the bytes are no signed note. */
export function parseNote(note: string): SignedNote | undefined {
  // The signatures follow the last empty line, https://c2sp.org/signed-note#format
  const split = note.lastIndexOf('\n\n');
  if (note.length > NOTE_UNITS_MAX || split < 0 || !note.endsWith('\n')) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const match = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/.exec(line);
    const bytes = match?.[2] === undefined ? undefined : fromBase64(match[2]);
    if (match?.[1] === undefined || bytes === undefined || bytes.length <= KEY_HASH_BYTES) return undefined;
    signatures.push({ name: match[1], bytes });
  }
  return { text: note.slice(0, split + 1), signatures };
}

export interface NoteSigning {
  readonly text: string;
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

export async function toSignedNote({ text, name, publicKey, signature }: NoteSigning): Promise<string> {
  const marked = new Uint8Array([...(await keyHash(name, publicKey)), ...signature]);
  return `${text}\n\u2014 ${name} ${toBase64(marked)}\n`;
}

/** `name+hash+key`, the form in which https://c2sp.org/signed-note#verifier-keys hands keys around. */
export async function toVerifierKey(name: string, publicKey: Uint8Array): Promise<string> {
  const hex = [...(await keyHash(name, publicKey))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${name}+${hex}+${toBase64(new Uint8Array([ED25519_TYPE, ...publicKey]))}`;
}

/** The checkpoint in a note, if the holder of the verifier key signed it; undefined otherwise. */
export async function openCheckpoint(note: string, verifierKey: string): Promise<Checkpoint | undefined> {
  const text = await openNote(note, verifierKey);
  return text === undefined ? undefined : parseCheckpointText(text);
}

/** The text of a note, if the holder of the verifier key signed it; undefined otherwise. */
export async function openNote(note: string, verifierKey: string): Promise<string | undefined> {
  const parsed = parseNote(note);
  const key = parseVerifierKey(verifierKey);
  if (parsed === undefined || key === undefined) return undefined;
  const mark = await keyHash(key.name, key.publicKey);
  for (const { name, bytes } of parsed.signatures) {
    if (name !== key.name || !mark.every((byte, at) => bytes[at] === byte)) continue;
    if (await isSigned(parsed.text, { publicKey: key.publicKey, signature: bytes.slice(KEY_HASH_BYTES) })) return parsed.text;
  }
  return undefined;
}

/** Undefined when the text is no Ed25519 verifier key. */
export function parseVerifierKey(text: string): { readonly name: string; readonly publicKey: Uint8Array<ArrayBuffer> } | undefined {
  const match = /^([^\s+]+)\+[0-9a-f]{8}\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  const bytes = match?.[2] === undefined ? undefined : fromBase64(match[2]);
  if (match?.[1] === undefined || bytes?.length !== 1 + PUBLIC_KEY_BYTES || bytes[0] !== ED25519_TYPE) return undefined;
  return { name: match[1], publicKey: bytes.slice(1) };
}

/** SHA-256(name || newline || type || key)[:4] */
async function keyHash(name: string, publicKey: Uint8Array): Promise<Uint8Array> {
  const bytes = new Uint8Array([...new TextEncoder().encode(`${name}\n`), ED25519_TYPE, ...publicKey]);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).slice(0, KEY_HASH_BYTES);
}

async function isSigned(
  text: string,
  by: { readonly publicKey: Uint8Array<ArrayBuffer>; readonly signature: Uint8Array<ArrayBuffer> },
): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', by.publicKey, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, by.signature, new TextEncoder().encode(text));
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Undefined when the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  } catch {
    return undefined;
  }
}
