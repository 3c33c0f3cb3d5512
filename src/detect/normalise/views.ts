// Front door of the normaliser: all the readings of a text that are worth judging.
import type { View } from '../detector.ts';
import { viewOf } from './blanks.ts';
import { decodeBase64, decodeBinary, decodeHex, decodeHexPairs } from './decode/encoded-runs.ts';
import { decodeBackslashes, decodeCodePoints, decodeEntities, decodePercent } from './decode/escapes.ts';
import { decodeLeetspeak } from './decode/leetspeak.ts';
import { decodeMisspelt } from './decode/misspelt.ts';
import { decodeMorse } from './decode/morse.ts';
import { decodeSelectors, decodeTags, hasSmuggled } from './decode/smuggled.ts';
import { decodeFragments, decodeRunOn, decodeSplitWords } from './decode/split-words.ts';
import { decodeReversed, decodeRot13 } from './decode/whole-text.ts';
import { foldText } from './fold.ts';
import { type Decoded, type Layer, identity, layerFrom, oddOf } from './layer.ts';
import { HINT, surveyText } from './survey.ts';
import { cutDown, isLong, Unread } from './unread.ts';

export interface NormaliseBudget {
  /** Most rounds of decoding one inside the other. */
  readonly depthMax: number;
  /** Most views of one text. Of a long one, an excerpt counts for the share of the text that it holds, and at least for a quarter. */
  readonly viewsMax: number;
  /** Work allowed for each UTF-16 unit of the text; one unit read by one decoder is one step. */
  readonly stepsPerUnit: number;
}

export const NORMALISE_BUDGET: NormaliseBudget = { depthMax: 4, viewsMax: 16, stepsPerUnit: 40 };

const EXCERPT_SHARE_MIN = 0.25;
/** Where so little of a layer was not decoded, the rest of it is part of the code. */
const REST_SHARE = 0.25;

/** Short texts may be read often: the whole allowance of a text is at least this. */
const STEPS_MIN = 20_000;

export interface Normalised {
  /** The plain view first. */
  readonly views: readonly View[];
  /** `failed` when the budget ended before every candidate was read; the views so far are still given. */
  readonly state: 'looked' | 'failed';
  readonly steps: number;
}

interface Decoder {
  readonly name: string;
  readonly hint: number;
  readonly decode: (text: string) => Decoded | undefined;
}

/** Codes that stand between ordinary words: all of them are read in one round, because the rest of the text stays. */
const CODES: readonly Decoder[] = [
  { name: 'url', hint: HINT.percent, decode: decodePercent },
  { name: 'html', hint: HINT.entity, decode: decodeEntities },
  { name: 'escape', hint: HINT.backslash, decode: decodeBackslashes },
  { name: 'code-points', hint: HINT.codePoints, decode: decodeCodePoints },
  { name: 'base64', hint: HINT.longToken, decode: decodeBase64 },
  { name: 'hex', hint: HINT.longDigits, decode: decodeHex },
  { name: 'hex', hint: HINT.pairs, decode: decodeHexPairs },
  { name: 'binary', hint: HINT.longDigits | HINT.bits, decode: decodeBinary },
  { name: 'morse', hint: HINT.morse, decode: decodeMorse },
];

/** Ways of writing words so that they are not seen; read in one round, once no code is left. */
const SPELLINGS: readonly Decoder[] = [
  { name: 'split', hint: HINT.split, decode: decodeSplitWords },
  { name: 'leetspeak', hint: HINT.leetspeak, decode: decodeLeetspeak },
  { name: 'split', hint: HINT.fragments, decode: decodeFragments },
];

/** The last of the spellings: no survey can tell whether it is worth trying, so it always is. */
const MISSPELT: Decoder = { name: 'misspelt', hint: 0, decode: decodeMisspelt };

/** Readings that leave the rest of the text out or turn it into noise: each is a view of its own. */
const TURNS: readonly Decoder[] = [
  { name: 'run-on', hint: HINT.runOn, decode: decodeRunOn },
  { name: 'rot13', hint: HINT.rot13, decode: decodeRot13 },
  { name: 'reversed', hint: HINT.reversed, decode: decodeReversed },
];

const ANY_DECODER = [...CODES, ...SPELLINGS, ...TURNS].reduce((hints, decoder) => hints | decoder.hint, 0);

/** All readings of `text`. Never throws; linear in the text for a given budget. */
export function viewsOf(text: string, budget: NormaliseBudget = NORMALISE_BUDGET): Normalised {
  const hints = surveyText(text);
  // Most traffic leaves here: nothing to fold, nothing that looks encoded.
  if ((hints & (HINT.fold | ANY_DECODER)) === 0) {
    return readPlain(text, (hints & HINT.blanks) !== 0);
  }
  return new Reader(budget, text).read();
}

function readPlain(text: string, hasBlanks: boolean): Normalised {
  const raw: Layer = { names: [], text, originalAt: identity, disguised: 0 };
  const plain = viewOf(raw, hasBlanks);
  const decoded = decodeMisspelt(text);
  const views = decoded === undefined ? [plain] : [plain, viewOf(layerFrom(raw, MISSPELT.name, decoded), hasBlanks)];
  return { views, state: 'looked', steps: text.length * 2 };
}

const ACCENTED = /[\u00c0-\u024f\u1e00-\u1eff]|\p{M}/u;
const ACCENTED_FROM = 0xc0;
const ACCENTED_SHARE = 0.02;

/** By unit: 0 not met yet, 1 no, 2 yes. */
const accented = new Uint8Array(0x10000);

function isAccented(text: string): boolean {
  const most = text.length * ACCENTED_SHARE;
  let count = 0;
  for (let at = 0; at < text.length && count <= most; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < ACCENTED_FROM) continue;
    const code = text.codePointAt(at) ?? unit;
    if (code > 0xffff) {
      at += 1;
      if (ACCENTED.test(String.fromCodePoint(code))) count += 1;
    } else {
      if (accented[unit] === 0) accented[unit] = ACCENTED.test(String.fromCharCode(unit)) ? 2 : 1;
      if (accented[unit] === 2) count += 1;
    }
  }
  return count > most;
}

interface Pending {
  readonly layer: Layer;
  readonly hints: number;
  readonly depth: number;
}

class Reader {
  readonly #budget: NormaliseBudget;
  readonly #text: string;
  readonly #stepsMax: number;
  readonly #views: View[] = [];
  readonly #seen = new Set<string>();
  readonly #queue: Pending[] = [];
  /** Of a long text every further reading is cut down to what is new in it. */
  readonly #unread: Unread | undefined;
  /** Whether it is written as no English is: what looks misspelt without its accents is another language. */
  readonly #isAccented: boolean;
  #steps = 0;
  #viewed = 0;
  #isCut = false;

  constructor(budget: NormaliseBudget, text: string) {
    this.#budget = budget;
    this.#text = text;
    this.#isAccented = isAccented(text);
    this.#unread = isLong(text) ? new Unread() : undefined;
    this.#stepsMax = Math.max(STEPS_MIN, text.length * budget.stepsPerUnit);
  }

  read(): Normalised {
    const raw: Layer = { names: [], text: this.#text, originalAt: identity, disguised: 0 };
    this.#admit(raw, 0);
    // Hidden characters are dropped by folding, so they are read from the raw text.
    if (hasSmuggled(this.#text)) {
      this.#admit(this.#apply(raw, SMUGGLED_TAGS), 1);
      this.#admit(this.#apply(raw, SMUGGLED_SELECTORS), 1);
    }
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#decode(next);
    return { views: this.#views, state: this.#isCut ? 'failed' : 'looked', steps: this.#steps };
  }

  #decode({ layer, hints, depth }: Pending): void {
    if (depth >= this.#budget.depthMax) return;
    const bare = this.#applyAll(layer, hints, CODES);
    if (bare !== layer && this.#admit(bare, depth + 1)) return;
    if (this.#respell(layer, hints, depth)) return;
    for (const turn of TURNS) {
      if ((hints & turn.hint) !== 0 && !layer.names.includes(turn.name)) this.#admit(this.#apply(layer, turn), depth + 1);
    }
  }

  /** Whether the whole of the layer was spelled anew, so that nothing is left to turn. */
  #respell(layer: Layer, hints: number, depth: number): boolean {
    const joined = this.#joinAll(layer, hints);
    if (this.#unread !== undefined) {
      // What of a long text was joined is put right when its turn comes: the rest of it need not be read twice.
      const isWhole = joined !== layer && this.#admit(joined, depth + 1);
      const repaired = this.#repair(layer);
      return (repaired !== layer && this.#admit(repaired, depth + 1)) || isWhole;
    }
    const spelled = this.#repair(joined);
    if (spelled === layer) return false;
    this.#admit(spelled, depth + 1);
    // What one way of reading joins wrongly, the other may read right.
    if (spelled.names.length > layer.names.length + 1) this.#admit(this.#apply(layer, MISSPELT), depth + 1);
    return true;
  }

  #applyAll(start: Layer, hints: number, decoders: readonly Decoder[]): Layer {
    let layer = start;
    for (const decoder of decoders) if ((hints & decoder.hint) !== 0) layer = this.#apply(layer, decoder);
    return layer;
  }

  /** Joined letters may run together, and un-leeted ones too: each step is surveyed anew. */
  #joinAll(start: Layer, startHints: number): Layer {
    let layer = start;
    let hints = startHints;
    for (const decoder of SPELLINGS) {
      if ((hints & decoder.hint) === 0 || start.names.includes(decoder.name)) continue;
      const read = this.#apply(layer, decoder);
      if (read !== layer) hints = this.#survey(read);
      layer = read;
    }
    return layer;
  }

  #repair(layer: Layer): Layer {
    return layer.names.includes(MISSPELT.name) ? layer : this.#apply(layer, MISSPELT);
  }

  /** The layer that the decoder reads, or the same layer if there is nothing in it. */
  #apply(layer: Layer, { name, decode }: Decoder): Layer {
    if (!this.#spend(layer.text.length)) return layer;
    const decoded = decode(layer.text);
    if (decoded === undefined) return layer;
    return layerFrom(layer, name, this.#isAccented && decoded.oddAt !== undefined ? { ...decoded, oddAt: [] } : decoded);
  }

  #survey(layer: Layer): number {
    return this.#spend(layer.text.length) ? surveyText(layer.text) : 0;
  }

  #spend(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps > this.#stepsMax) this.#isCut = true;
    return !this.#isCut;
  }

  /** Folds a layer, gives its view, and queues it for further decoding. False where much of the layer that it was decoded from is left as it was. */
  #admit(decoded: Layer, depth: number): boolean {
    if (this.#seen.has(decoded.text)) return true;
    this.#seen.add(decoded.text);
    const news = depth === 0 ? undefined : this.#unread?.read(decoded.text);
    const raw = news === undefined ? decoded : cutDown(decoded, news);
    if (raw === undefined) return false;
    const isWhole = news === undefined || news.known < decoded.text.length * REST_SHARE;
    let layer = raw;
    let hints = this.#survey(raw);
    if ((hints & HINT.fold) !== 0) {
      layer = foldLayer(raw);
      hints = this.#survey(layer);
      if (layer.text !== raw.text && this.#seen.has(layer.text)) return isWhole;
      this.#seen.add(layer.text);
    }
    if (layer !== decoded) this.#unread?.read(layer.text);
    if (this.#viewed >= this.#budget.viewsMax) {
      this.#isCut = true;
      return true;
    }
    this.#viewed += this.#unread === undefined ? 1 : Math.min(1, Math.max(EXCERPT_SHARE_MIN, layer.text.length / this.#text.length));
    this.#views.push(viewOf(layer, (hints & HINT.blanks) !== 0));
    this.#queue.push({ layer, hints, depth });
    return isWhole;
  }
}

const SMUGGLED_TAGS: Decoder = { name: 'tags', hint: 0, decode: decodeTags };
const SMUGGLED_SELECTORS: Decoder = { name: 'variation-selectors', hint: 0, decode: decodeSelectors };

/** What a decoder yields may itself hold look-alikes and invisible characters. */
function foldLayer(layer: Layer): Layer {
  const folded = foldText(layer.text);
  return {
    names: layer.names,
    text: folded.text,
    originalAt: (offset) => layer.originalAt(folded.originalAt(offset)),
    disguised: layer.disguised + folded.disguised,
    ...oddOf(layer),
  };
}
