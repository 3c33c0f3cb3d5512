// Another reading of a text in a foreign language: its words in English, each by itself and in their own order, as a word list gives
// them. "Vergiss, was man dir gesagt hat" becomes "forget what one you say has": clumsy, and enough for weights that know how orders
// sound in English. What the lists do not know stays as it is.
import type { View } from '../detector.ts';
import type { Decoded } from '../normalise/layer.ts';
import { Splice } from '../normalise/splice.ts';
import { unitsOf } from '../normalise/units.ts';
import { newsIn } from '../normalise/unread.ts';
import { FORM, type GlossTable, HASH_START, HEAD, hashEnd, hashStep, STEM } from './gloss-table.ts';
import { CHINESE, hashOf, JAPANESE, SPACED, THAI, WORD_UNITS_MAX, Words } from './words.ts';

/** Index of the language whose words need no gloss. */
const ENGLISH = 0;
/** So many words, and so large a share of them, that a language knows and English does not, tell it; of a few words, two. */
const KNOWN_MIN = 3;
const FEW_WORDS = 8;
const KNOWN_OF_FEW = 2;
const KNOWN_SHARE = 0.2;
/** Scripts that one language of the lists is written in: any word tells it, whatever its ending. */
const SCRIPTS: readonly { readonly from: number; readonly to: number; readonly language: string }[] = [
  { from: 0x0370, to: 0x03ff, language: 'el' },
  { from: 0x0590, to: 0x05ff, language: 'he' },
  { from: 0x0900, to: 0x097f, language: 'hi' },
  { from: 0x0980, to: 0x09ff, language: 'bn' },
  { from: 0xac00, to: 0xd7af, language: 'ko' },
];
const SCRIPTS_FROM = 0x0370;
/** Words of one sentence that are counted together; a longer one is cut. */
const SENTENCE_WORDS_MAX = 60;
const PHRASE_WORDS_MAX = 4;
/** Characters of an unspaced script that are looked up together. */
const RUN_UNITS_MAX = 12;
const STEM_UNITS_MIN = 2;
/** Small words that are written as one with the next: and, the, in, to, from, as, that. */
const CLITICS: Readonly<Record<string, string>> = { ar: 'وفبلكاس', he: 'והבלמשכ' };
const CLITICS_MAX = 3;
const CLITIC_REST_MIN = 3;
/** A reading in which less was glossed says nothing new. */
const GLOSSED_MIN = 2;
const BLANK = 32;
const NAMES_OF_SCRIPTS = { [CHINESE]: 'zh', [JAPANESE]: 'ja', [THAI]: 'th' } as const;

interface Told {
  readonly language: number;
  /** Whether most words are of that language; otherwise it is mixed into English, whose words then stay. */
  readonly isMain: boolean;
}

interface Sentence {
  readonly from: number;
  readonly to: number;
}

const viewThrough = (view: View, { text, mapBack }: Decoded): View => ({
  ...view,
  text,
  originalAt: (offset) => view.originalAt(mapBack(offset)),
});

export class Glosser {
  readonly #table: GlossTable;
  readonly #words = new Words();
  /** By language, and the last word that was counted for it. */
  readonly #counts = new Int32Array(32);
  /** Of each word, the languages that have it, as bits. */
  #known = new Int32Array(512);
  readonly #last = new Uint32Array(32);
  readonly #prefixes = new Uint32Array(WORD_UNITS_MAX);
  readonly #clitics: readonly (ReadonlySet<number> | undefined)[];
  /** By script. */
  readonly #languages: readonly (number | undefined)[];
  readonly #scripts: readonly { readonly from: number; readonly to: number; readonly bit: number }[];
  #units: Uint16Array = new Uint16Array(0);

  constructor(table: GlossTable) {
    this.#table = table;
    const indexOf = new Map(table.languages.map((language, index) => [language, index]));
    this.#languages = [undefined, ...([CHINESE, JAPANESE, THAI] as const).map((script) => indexOf.get(NAMES_OF_SCRIPTS[script]))];
    this.#scripts = SCRIPTS.map(({ from, to, language }) => ({
      from,
      to,
      bit: indexOf.has(language) ? 1 << (indexOf.get(language) ?? 0) : 0,
    }));
    this.#clitics = table.languages.map((language) => {
      const letters = CLITICS[language];
      return letters === undefined ? undefined : new Set(Array.from(letters, (letter) => letter.charCodeAt(0)));
    });
  }

  /** The view with its foreign words in English, of a long one the parts where there are such; none where there are too few. */
  gloss(view: View): View | undefined {
    const { text } = view;
    this.#units = unitsOf(text);
    const words = this.#words;
    words.read(text, this.#units);
    this.#lookUp();
    const whole = this.#languageOf({ from: 0, to: words.count });
    let splice: Splice | undefined;
    let glossed = 0;
    for (let from = 0; from < words.count;) {
      let to = from + 1;
      while (to < words.count && to - from < SENTENCE_WORDS_MAX && words.sentences[to] === words.sentences[from]) to += 1;
      const sentence = { from, to };
      const told = this.#languageOf(sentence) ?? whole;
      if (told !== undefined || this.#hasRuns(sentence)) {
        splice ??= new Splice(text);
        glossed += this.#glossSentence(sentence, told, splice);
      }
      from = to;
    }
    const read = glossed < GLOSSED_MIN ? undefined : splice?.finish();
    return read === undefined ? undefined : newsIn(viewThrough(view, read), text);
  }

  /** Each word is asked about once, however often it is counted. */
  #lookUp(): void {
    const { count, hashes, scripts } = this.#words;
    if (this.#known.length < count) this.#known = new Int32Array(count * 2);
    for (let at = 0; at < count; at += 1) {
      if (scripts[at] === SPACED) this.#known[at] = (hashes[at] === 0 ? 0 : this.#table.knownIn(hashes[at] ?? 0)) | this.#scriptOf(at);
    }
  }

  #hasRuns({ from, to }: Sentence): boolean {
    for (let at = from; at < to; at += 1) if (this.#words.scripts[at] !== SPACED) return true;
    return false;
  }

  /** The language that most words tell apart from English, if enough of them do. */
  #languageOf({ from, to }: Sentence): Told | undefined {
    const { scripts, hashes } = this.#words;
    const counts = this.#counts.fill(0);
    const last = this.#last.fill(0);
    let spaced = 0;
    for (let at = from; at < to; at += 1) {
      if (scripts[at] !== SPACED) continue;
      spaced += 1;
      const known = this.#known[at] ?? 0;
      // What English knows too tells nothing about the others.
      for (let rest = (known & 1) === 1 ? 1 : known; rest !== 0; rest &= rest - 1) {
        const language = 31 - Math.clz32(rest & -rest);
        // The same word again tells no more.
        if (last[language] !== hashes[at]) counts[language] = (counts[language] ?? 0) + 1;
        last[language] = hashes[at] ?? 0;
      }
    }
    let language = 1;
    for (let index = 2; index < counts.length; index += 1) if ((counts[index] ?? 0) > (counts[language] ?? 0)) language = index;
    const known = counts[language] ?? 0;
    const wanted = Math.max(spaced <= FEW_WORDS ? KNOWN_OF_FEW : KNOWN_MIN, spaced * KNOWN_SHARE);
    return known < wanted ? undefined : { language, isMain: known > (counts[ENGLISH] ?? 0) };
  }

  /** The language whose script a word is written in, as a bit; none for the scripts that several share. */
  #scriptOf(at: number): number {
    const unit = this.#units[this.#words.starts[at] ?? 0] ?? 0;
    if (unit < SCRIPTS_FROM) return 0;
    for (const { from, to, bit } of this.#scripts) if (unit >= from && unit <= to) return bit;
    return 0;
  }

  #glossSentence({ from, to }: Sentence, told: Told | undefined, splice: Splice): number {
    const { scripts } = this.#words;
    const isJapanese = scripts.subarray(from, to).includes(JAPANESE);
    let glossed = 0;
    for (let at = from; at < to;) {
      const script = scripts[at] ?? SPACED;
      const taken = script !== SPACED || told === undefined ? 0 : this.#glossWord(at, { ...told, to, splice });
      const language = this.#languages[script === CHINESE && isJapanese ? JAPANESE : script];
      if (language !== undefined) glossed += this.#glossRun(at, language, splice);
      if (taken > 0) glossed += 1;
      at += Math.max(1, taken);
    }
    return glossed;
  }

  /** How many words were taken. */
  #glossWord(at: number, { language, isMain, to, splice }: Told & { readonly to: number; readonly splice: Splice }): number {
    const { starts, ends, hashes } = this.#words;
    const hash = hashes[at] ?? 0;
    if (hash === 0 || (!isMain && (this.#table.knownIn(hash) & 1) === 1)) return 0;
    const start = starts[at] ?? 0;
    if (this.#table.glossOf(hash, language, HEAD) !== undefined) {
      for (let count = Math.min(PHRASE_WORDS_MAX, to - at); count > 1; count -= 1) {
        const phrase = this.#table.glossOf(this.#phraseHash(at, count), language, FORM);
        if (phrase === undefined) continue;
        splice.replace(start, ends[at + count - 1] ?? 0, phrase);
        return count;
      }
    }
    const end = ends[at] ?? 0;
    const found = this.#meaningOf(start, end, language) ?? this.#withoutClitics(start, end, language);
    if (found === undefined) return 0;
    splice.replace(start, end, found);
    return 1;
  }

  #phraseHash(from: number, count: number): number {
    const { starts, ends } = this.#words;
    let hash = HASH_START;
    for (let at = from; at < from + count; at += 1) {
      if (at > from) hash = hashStep(hash, BLANK);
      for (let unit = starts[at] ?? 0; unit < (ends[at] ?? 0); unit += 1) hash = hashStep(hash, this.#units[unit] ?? 0);
    }
    return hashEnd(hash);
  }

  /** Hashes of the beginnings of a stretch, by length less one. */
  #hashPrefixes(start: number, end: number): void {
    let hash = HASH_START;
    for (let at = start; at < end; at += 1) {
      hash = hashStep(hash, this.#units[at] ?? 0);
      this.#prefixes[at - start] = hashEnd(hash);
    }
  }

  /** Of the whole word, or of the longest beginning that is a known stem. */
  #meaningOf(start: number, end: number, language: number): string | undefined {
    const whole = this.#table.glossOf(hashOf(this.#units, start, end), language, FORM);
    if (whole !== undefined) return whole;
    this.#hashPrefixes(start, end);
    for (let length = end - start; length >= STEM_UNITS_MIN; length -= 1) {
      const found = this.#table.glossOf(this.#prefixes[length - 1] ?? 0, language, STEM);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #withoutClitics(start: number, end: number, language: number): string | undefined {
    const letters = this.#clitics[language];
    if (letters === undefined) return undefined;
    for (let cut = 1; cut <= CLITICS_MAX && end - start - cut >= CLITIC_REST_MIN; cut += 1) {
      if (!letters.has(this.#units[start + cut - 1] ?? 0)) return undefined;
      const found = this.#meaningOf(start + cut, end, language);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Looks for the longest known words of a run, from left to right; how many were found. */
  #glossRun(run: number, language: number, splice: Splice): number {
    const end = this.#words.ends[run] ?? 0;
    let glossed = 0;
    for (let at = this.#words.starts[run] ?? 0; at < end;) {
      const most = Math.min(RUN_UNITS_MAX, end - at);
      this.#hashPrefixes(at, at + most);
      let length = most;
      let found: string | undefined;
      for (; length > 0; length -= 1) {
        const hash = this.#prefixes[length - 1] ?? 0;
        found = this.#table.glossOf(hash, language, FORM) ?? this.#table.glossOf(hash, language, STEM);
        if (found !== undefined) break;
      }
      if (found !== undefined) {
        splice.replace(at, at + length, ` ${found} `);
        glossed += 1;
      }
      at += Math.max(1, length);
    }
    return glossed;
  }
}
