// The weights of the fast stage as they are stored: a manifest that says what they are, and bytes whose digest it names.

/** Version of the way in which features are made; weights of another way are noise. */
export const FEATURES_VERSION = 1;

export interface FastManifest {
  readonly format: 'sallyport-fast';
  readonly features: number;
  /** SHA-256 of the weights, hexadecimal. */
  readonly digest: string;
  /** The score table has 2^bits weights, the tables of class and family 2^headBits each. */
  readonly bits: number;
  readonly headBits: number;
  /** A weight is its signed byte times this. */
  readonly scale: number;
  readonly headScale: number;
  readonly bias: number;
  /** Added by origin of the text. */
  readonly origin: Readonly<Record<string, number>>;
  /** Tokens of a window; a text is judged by its worst one. */
  readonly windows: readonly number[];
  /** How much the strongest finding of the rules counts beside the window. */
  readonly ruleWeight: number;
  /** From evidence to a probability: 1 / (1 + exp(-(slope × evidence + offset))). */
  readonly calibration: { readonly slope: number; readonly offset: number };
  readonly heads: readonly { readonly label: string; readonly bias: number }[];
}

export interface FastWeights {
  readonly manifest: FastManifest;
  readonly table: Int8Array;
  readonly heads: readonly Int8Array[];
}

/** Checks shape and size; the digest is checked by whoever read the bytes. Throws at start, never in a request. */
export function parseWeights(manifest: unknown, bytes: Uint8Array): FastWeights {
  const known = parseManifest(manifest);
  const size = 1 << known.bits;
  const headSize = 1 << known.headBits;
  if (bytes.length !== size + known.heads.length * headSize)
    throw new Error(`the weights have ${bytes.length} bytes, their manifest asks for more or less`);
  const all = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    manifest: known,
    table: all.subarray(0, size),
    heads: known.heads.map((_, index) => all.subarray(size + index * headSize, size + (index + 1) * headSize)),
  };
}

function parseManifest(value: unknown): FastManifest {
  const manifest = value as FastManifest;
  if (typeof value !== 'object' || value === null || manifest.format !== 'sallyport-fast')
    throw new Error('the manifest is not one of a fast stage');
  if (manifest.features !== FEATURES_VERSION) throw new Error(`the weights were made for features of version ${manifest.features}`);
  const { bits, headBits, windows, heads } = manifest;
  if (!(bits > 0 && bits <= 24 && headBits > 0 && headBits <= 24) || windows.length === 0 || heads.length === 0)
    throw new Error('the manifest is not complete');
  return manifest;
}
