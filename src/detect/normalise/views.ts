// Front door of the normaliser: all the readings of a text that are worth judging.
import type { View } from '../detector.ts';
import { viewOf } from './blanks.ts';
import { decodeBase64, decodeBinary, decodeHex, decodeHexPairs } from './decode/encoded-runs.ts';
import { decodeBackslashes, decodeCodePoints, decodeEntities, decodePercent } from './decode/escapes.ts';
import { decodeLeetspeak } from './decode/leetspeak.ts';
import { decodeMorse } from './decode/morse.ts';
import { decodeSelectors, decodeTags, hasSmuggled } from './decode/smuggled.ts';
import { decodeFragments, decodeRunOn, decodeSplitWords } from './decode/split-words.ts';
import { decodeReversed, decodeRot13 } from './decode/whole-text.ts';
import { foldText } from './fold.ts';
import { type Decoded, type Layer, identity, layerFrom } from './layer.ts';
import { HINT, surveyText } from './survey.ts';

export interface NormaliseBudget {
  /** Most layers that are undone one inside the other. */
  readonly depthMax: number;
  /** Most views of one text. */
  readonly viewsMax: number;
  /** Work allowed for each UTF-16 unit of the text; one unit read by one decoder is one step. */
  readonly stepsPerUnit: number;
}

export const NORMALISE_BUDGET: NormaliseBudget = { depthMax: 3, viewsMax: 16, stepsPerUnit: 40 };

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
  /** Undoing it twice leads back, so it runs once on a path. */
  readonly isOnce: boolean;
  readonly decode: (text: string) => Decoded | undefined;
}

const DECODERS: readonly Decoder[] = [
  { name: 'url', hint: HINT.percent, isOnce: false, decode: decodePercent },
  { name: 'html', hint: HINT.entity, isOnce: false, decode: decodeEntities },
  { name: 'escape', hint: HINT.backslash, isOnce: false, decode: decodeBackslashes },
  { name: 'code-points', hint: HINT.codePoints, isOnce: true, decode: decodeCodePoints },
  { name: 'base64', hint: HINT.longToken, isOnce: false, decode: decodeBase64 },
  { name: 'hex', hint: HINT.longToken, isOnce: false, decode: decodeHex },
  { name: 'hex', hint: HINT.pairs, isOnce: false, decode: decodeHexPairs },
  { name: 'binary', hint: HINT.longToken | HINT.bits, isOnce: true, decode: decodeBinary },
  { name: 'morse', hint: HINT.morse, isOnce: true, decode: decodeMorse },
  { name: 'split', hint: HINT.split, isOnce: true, decode: decodeSplitWords },
  { name: 'leetspeak', hint: HINT.leetspeak, isOnce: true, decode: decodeLeetspeak },
  { name: 'run-on', hint: HINT.runOn, isOnce: true, decode: decodeRunOn },
  { name: 'split', hint: HINT.fragments, isOnce: true, decode: decodeFragments },
  { name: 'rot13', hint: HINT.rot13, isOnce: true, decode: decodeRot13 },
  { name: 'reversed', hint: HINT.reversed, isOnce: true, decode: decodeReversed },
];

const ANY_DECODER = DECODERS.reduce((hints, decoder) => hints | decoder.hint, 0);

/** All readings of `text`. Never throws; linear in the text for a given budget. */
export function viewsOf(text: string, budget: NormaliseBudget = NORMALISE_BUDGET): Normalised {
  const hints = surveyText(text);
  const isPlain = (hints & HINT.fold) === 0;
  // Most traffic leaves here: nothing to fold, nothing that looks encoded.
  if (isPlain && (hints & ANY_DECODER) === 0) {
    const plain = viewOf({ names: [], text, originalAt: identity, disguised: 0 }, (hints & HINT.blanks) !== 0);
    return { views: [plain], state: 'looked', steps: text.length };
  }
  return new Reader(budget, text).read();
}

class Reader {
  readonly #budget: NormaliseBudget;
  readonly #text: string;
  readonly #stepsMax: number;
  readonly #views: View[] = [];
  readonly #seen = new Set<string>();
  readonly #queue: Layer[] = [];
  #steps = 0;
  #isCut = false;

  constructor(budget: NormaliseBudget, text: string) {
    this.#budget = budget;
    this.#text = text;
    this.#stepsMax = Math.max(STEPS_MIN, text.length * budget.stepsPerUnit);
  }

  read(): Normalised {
    this.#admit({ names: [], text: this.#text, originalAt: identity, disguised: 0 });
    if (hasSmuggled(this.#text)) this.#readSmuggled();
    for (let layer = this.#queue.shift(); layer !== undefined; layer = this.#queue.shift()) this.#decode(layer);
    return { views: this.#views, state: this.#isCut ? 'failed' : 'looked', steps: this.#steps };
  }

  /** Hidden characters are dropped by folding, so they are read from the raw text. */
  #readSmuggled(): void {
    const raw: Layer = { names: [], text: this.#text, originalAt: identity, disguised: 0 };
    this.#try(raw, 'tags', decodeTags);
    this.#try(raw, 'variation-selectors', decodeSelectors);
  }

  #decode(layer: Layer): void {
    const hints = surveyText(layer.text);
    this.#steps += layer.text.length;
    if ((hints & ANY_DECODER) === 0 || layer.names.length >= this.#budget.depthMax) return;
    for (const { name, hint, isOnce, decode } of DECODERS) {
      if ((hints & hint) !== 0 && !(isOnce && layer.names.includes(name))) this.#try(layer, name, decode);
    }
  }

  #try(layer: Layer, name: string, decode: (text: string) => Decoded | undefined): void {
    this.#steps += layer.text.length;
    if (this.#steps > this.#stepsMax) {
      this.#isCut = true;
      return;
    }
    const decoded = decode(layer.text);
    if (decoded !== undefined) this.#admit(layerFrom(layer, name, decoded));
  }

  /** Folds a layer, gives its view, and queues it for further decoding. */
  #admit(raw: Layer): void {
    const layer = foldLayer(raw);
    if (this.#seen.has(layer.text)) return;
    if (this.#views.length >= this.#budget.viewsMax) {
      this.#isCut = true;
      return;
    }
    this.#seen.add(layer.text);
    this.#steps += layer.text.length;
    this.#views.push(viewOf(layer, HAS_BLANKS.test(layer.text)));
    this.#queue.push(layer);
  }
}

const HAS_BLANKS = /\s\s/;

/** What a decoder yields may itself hold look-alikes and invisible characters. */
function foldLayer(layer: Layer): Layer {
  if ((surveyText(layer.text) & HINT.fold) === 0) return layer;
  const folded = foldText(layer.text, false);
  return {
    names: layer.names,
    text: folded.text,
    originalAt: (offset) => layer.originalAt(folded.originalAt(offset)),
    disguised: layer.disguised + folded.disguised,
  };
}
