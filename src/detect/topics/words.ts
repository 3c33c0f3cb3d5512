// The words of a text in any script, as they are compared: without case, accents and other dress. Where a script puts no blanks between
// words, a dictionary cuts them (Unicode Standard Annex 29; ICU has it for Chinese, Japanese, Thai, Lao, Khmer, Burmese).

export interface Word {
  /** In small letters. */
  readonly word: string;
  /** As it stands in the text. */
  readonly written: string;
  readonly index: number;
  /** Whether it is of a script without blanks between words. */
  readonly isCut: boolean;
}

const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
/** Of scripts without blanks between words. */
const BLANKLESS = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]/;

let segmenter: Intl.Segmenter | undefined;

/** In their order. */
export function* wordsOf(text: string): Generator<Word, void, undefined> {
  for (const { 0: written, index } of text.matchAll(WORD)) {
    if (BLANKLESS.test(written)) yield* cut(written, index);
    else yield { word: written.toLowerCase().replaceAll('’', "'"), written, index, isCut: false };
  }
}

function* cut(run: string, at: number): Generator<Word, void, undefined> {
  // Made with the first such text: its dictionaries take some megabytes.
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' });
  for (const { segment, index, isWordLike } of segmenter.segment(run)) {
    if (isWordLike === true) yield { word: segment.toLowerCase(), written: segment, index: at + index, isCut: true };
  }
}

/** Accents of Latin, Greek and Cyrillic letters; vowel signs of Arabic and Hebrew, which few people write. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05c7\u064b-\u0655\u0670\u0640]/g;
/** `l’eau`, `qu’il`, `dell’olio`: what stands before the word. */
const ELIDED = /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu|al|dal|del|nel|sul|all|dall|dell|nell|sull|un|quest|quell)'(?=\p{L}{2})/u;
/** Arabic: and, with, for, as, before the article or without it; what is left has three letters at least. */
const ARABIC_PREFIX = /^(?:[وف]?(?:ال|بال|كال|لل)|و)(?=\p{sc=Arabic}{3})/u;

/** Of whom it is, and how many. */
const ARABIC_SUFFIX = /(?<=\p{sc=Arabic}{3})(?:ها|هم|نا|كم|ات|ين|ون|ي|ه|ك)$/u;

/** The same word for who writes it with accents and who without, with an article that is joined to it and without. */
export function plain(word: string): string {
  if (/^[a-z]+$/.test(word)) return word;
  const bare = word
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replaceAll('ß', 'ss')
    .replaceAll('œ', 'oe')
    .replaceAll('æ', 'ae');
  const open = bare.replace(ELIDED, '');
  if (!/^\p{sc=Arabic}/u.test(open)) return open;
  return open
    .replaceAll(/[أإآٱ]/g, 'ا')
    .replaceAll('ى', 'ي')
    .replaceAll('ة', 'ه')
    .replace(ARABIC_PREFIX, '')
    .replace(ARABIC_SUFFIX, '');
}
