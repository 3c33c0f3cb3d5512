// The weights of the fast stage as they are stored: a manifest that says what they are, and bytes whose digest it names.

/** Version of the way in which features are made; weights of another way are noise. */
export const FEATURES_VERSION = 2;

/** Grades of disguise of a view: nobody writes many words with look-alikes, holes or slips in them by chance. */
const DISGUISE_FROM = [1, 2, 4, 8];
/** Grades of a window, above those: of its words, the share that had to be put right. A hurried hand slips in one of ten. */
const ODD_FROM = [
  { count: 3, share: 0.15 },
  { count: 3, share: 0.25 },
  { count: 4, share: 0.35 },
  { count: 5, share: 0.5 },
];
export const DISGUISE_GRADES = DISGUISE_FROM.length + ODD_FROM.length + 1;
export const disguiseGrade = (disguised: number): number => DISGUISE_FROM.filter((from) => disguised >= from).length;

/** The grade of a window with so many odd words, at least that of its view. */
export function windowGrade(grade: number, odd: number, tokens: number): number {
  let highest = grade;
  for (let at = 0; at < ODD_FROM.length; at += 1) {
    const { count, share } = ODD_FROM[at] ?? { count: 0, share: 1 };
    if (odd >= count && odd >= share * tokens) highest = DISGUISE_FROM.length + at + 1;
  }
  return highest;
}

/** Tokens from one window to the next: words put before a text must not move the windows off an attack. */
export const stepOf = (size: number): number => (size <= 18 ? 1 : size >> 3);

/** Class and family are read from what stands around a short window, too. */
const LABEL_TOKENS = 40;

export function labelRange(
  { from, to }: { readonly from: number; readonly to: number },
  count: number,
): { readonly from: number; readonly to: number } {
  const more = Math.max(0, Math.ceil((LABEL_TOKENS - (to - from)) / 2));
  return { from: Math.max(0, from - more), to: Math.min(count, to + more) };
}

/** Tokens of a screenful: up to here a text is taken as it is, and from here on as the worst of many windows. */
const LENGTH_FROM = 300;

/** What the worst window of a text of so many tokens is to be lowered by: the highest of n scores grows with the logarithm of n. */
export const lengthCost = (weight: number, tokens: number): number => (tokens <= LENGTH_FROM ? 0 : weight * Math.log(tokens / LENGTH_FROM));

/** No rule is proof: certainty ends here. */
const RULES_SOFT = 0.01;
/** What the rules find only in other words for a text counts a little less: the words may have been meant as they were. */
const REWORDED_SHARE = 0.9;

/** The strongest findings of the rules, in the text and in other words for it only. */
export interface RuleScores {
  readonly rules: number;
  readonly reworded: number;
}

const lift = (weight: number, rules: number): number => weight * Math.log((rules + RULES_SOFT) / (1 + RULES_SOFT - rules));

/** What the rules add to the evidence. In a long text some words always make an order in other words: those count for less, the longer it is. */
export function ruleLift(weight: number, { rules, reworded }: RuleScores, tokens: number): number {
  const said = lift(weight, rules);
  const other = lift(weight, REWORDED_SHARE * reworded);
  return other <= said ? said : said + (other - said) * Math.min(1, LENGTH_FROM / tokens);
}

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
  /** Added by how many words of the view or the window had been in disguise; see `windowGrade`. */
  readonly disguise: readonly number[];
  /** Tokens of a window; a text is judged by its worst one. */
  readonly windows: readonly number[];
  /** How much the strongest finding of the rules counts beside the window. */
  readonly ruleWeight: number;
  /** How much surer a long text has to be, see `lengthCost`. */
  readonly lengthWeight: number;
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
  const { bits, headBits, windows, heads, lengthWeight } = manifest;
  if (!(lengthWeight >= 0 && bits > 0 && bits <= 24 && headBits > 0 && headBits <= 24) || windows.length === 0 || heads.length === 0)
    throw new Error('the manifest is not complete');
  return manifest;
}
