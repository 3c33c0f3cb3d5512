// Texts that are harmful or not: from the grammar of this project, and from rows of JSON lines {"text","label","category","source"}.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HAZARDS, type Hazard } from '../../src/detect/harm/harm-model.ts';

export interface HarmText {
  readonly text: string;
  readonly harmful: boolean;
  /** Empty: not known. */
  readonly hazards: readonly Hazard[];
  readonly source: string;
  readonly weight: number;
  /** Texts made of one phrase stay together. */
  readonly template: number;
}

const OF_LETTER: Readonly<Record<string, Hazard>> = {
  S: 'sexual_content', S3: 'child_exploitation', H: 'hate', H2: 'hate', V: 'violent_crimes', V2: 'violent_crimes', HR: 'harassment', SH: 'self_harm',
}; // prettier-ignore

function hazardsOf(category: string): readonly Hazard[] {
  if (category === 'hate') return ['hate'];
  if (category === 'offensive' || category === 'toxicity') return ['harassment'];
  const letters = category.startsWith('moderation:') ? category.slice(11).split(',') : [];
  return [...new Set(letters.flatMap((letter) => OF_LETTER[letter] ?? []))];
}

/** Requests about security that look like attacks are innocent here, but should not outweigh harm itself. */
const innocentSources = /neuralchemy|CodeAlpaca|OWASP|MITRE|BIPIA|FastChat|dolly|kaggle|deepset|hinglish|awesome|own /;

const weightOf = (source: string): number => (source.startsWith('CyberSecEval') ? 0.05 : innocentSources.test(source) ? 0.3 : 1);

export function readRows(jsonl: string): readonly HarmText[] {
  return jsonl
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = JSON.parse(line) as { text: string; label: number; category: string; source: string };
      return {
        text: row.text,
        harmful: row.label === 1,
        hazards: row.label === 1 ? hazardsOf(row.category) : [],
        source: row.source,
        weight: weightOf(row.source),
        template: 0,
      };
    });
}

/** Sentences about somebody. */
interface Talk {
  readonly frames: readonly string[];
  readonly j: readonly string[];
  readonly n: readonly string[];
}

interface Harmful {
  readonly frames: readonly string[];
  readonly artifacts: readonly string[];
  readonly makes: readonly string[];
  readonly promotes: readonly string[];
  readonly evils: Readonly<Record<string, readonly string[]>>;
  readonly doings: Readonly<Record<string, readonly string[]>>;
  readonly doFrames: readonly string[];
  /** With slots `{w}` works, `{c}` claims, `{a}` kinds of hate, `{p}` groups of people, `{f}` somebody. */
  readonly moreFrames: Readonly<Record<string, readonly string[]>>;
  readonly w: readonly string[];
  readonly c: readonly string[];
  readonly a: readonly string[];
  readonly p: readonly string[];
  readonly f: readonly string[];
  readonly categories: Readonly<Record<string, readonly string[]>>;
  readonly abuse: Readonly<Record<string, readonly string[]>>;
  /** `{s}` whom it is said of, `{b}` are or is, `{j}` how they are, `{n}` what. */
  readonly insults: Talk & { readonly people: readonly string[] };
  readonly other: Readonly<
    Record<string, { readonly frames: readonly string[]; readonly x: readonly string[]; readonly abuse: readonly string[] }>
  >;
}

interface Innocent {
  readonly moreFrames: readonly string[];
  readonly goods: readonly string[];
  readonly against: readonly string[];
  readonly doings: readonly string[];
  readonly x: readonly string[];
  readonly about: readonly string[];
  readonly n: readonly string[];
  readonly plain: readonly string[];
  readonly praises: Talk;
  readonly other: Readonly<
    Record<string, { readonly frames: readonly string[]; readonly x: readonly string[]; readonly plain: readonly string[] }>
  >;
}

/** Frames in which each phrase is said. */
const FRAMES_EACH = 7;
/** What a good piece of writing does for a good thing: the verbs of bad ones too. */
const PRAISES = ['promotes', 'encourages', 'celebrates', 'teaches people', 'advocates', 'persuades readers to try'];

class Grammar {
  readonly texts: HarmText[] = [];
  readonly #harmful: Harmful;
  readonly #innocent: Innocent;
  readonly #next: () => number;
  #template = 0;

  constructor(folder: string, next: () => number) {
    this.#harmful = JSON.parse(readFileSync(join(folder, 'harmful.json'), 'utf8')) as Harmful;
    this.#innocent = JSON.parse(readFileSync(join(folder, 'innocent.json'), 'utf8')) as Innocent;
    this.#next = next;
  }

  #add(text: string, harmful: boolean, name = ''): void {
    const hazards = HAZARDS.filter((hazard) => hazard === name);
    this.texts.push({ text, harmful, hazards, source: 'grammar', weight: 0.6, template: this.#template });
  }

  #pick(from: readonly string[]): string {
    return from[this.#next() % from.length] ?? '';
  }

  #say(frames: readonly string[], x: string, each: number): readonly string[] {
    const texts = Array.from({ length: each }, () => this.#pick(frames).replace('{x}', x));
    return texts.map((text) => text.slice(0, 1).toUpperCase() + text.slice(1));
  }

  #piece(verbs: readonly string[], what: string): string {
    const { makes, artifacts } = this.#harmful;
    return `${this.#pick(makes)} ${this.#pick(artifacts)} that ${this.#pick(verbs)} ${what}`.replace(/ a (?=[aeiou])/, ' an ');
  }

  #each<T>(list: readonly T[], make: (one: T) => void): void {
    for (const one of list) {
      this.#template += 1;
      make(one);
    }
  }

  requests(): void {
    const { categories, frames, doings, doFrames } = this.#harmful;
    for (const [name, list] of Object.entries(categories)) {
      this.#each(list, (x) => this.#say(frames, x, FRAMES_EACH).forEach((text) => this.#add(text, true, name)));
    }
    for (const [name, list] of Object.entries(doings)) {
      this.#each(list, (x) => this.#say(doFrames, x, FRAMES_EACH).forEach((text) => this.#add(text, true, name)));
    }
    this.#each(this.#innocent.doings, (x) => this.#say(doFrames, x, 2 * FRAMES_EACH).forEach((text) => this.#add(text, false)));
    this.#each(this.#innocent.x, (x) => this.#say(frames, x, FRAMES_EACH).forEach((text) => this.#add(text, false)));
    this.#each(this.#innocent.n, (n) => this.#innocent.about.forEach((text) => this.#add(text.replace('{n}', n), false)));
  }

  writings(): void {
    for (const [name, list] of Object.entries(this.#harmful.evils)) {
      this.#each(list, (evil) => {
        for (let i = 0; i < 6; i += 1) this.#add(this.#piece(this.#harmful.promotes, evil), true, name);
        for (let i = 0; i < 3; i += 1) this.#add(this.#piece(this.#innocent.against, evil), false);
      });
    }
    this.#each(this.#innocent.goods, (good) => {
      for (let i = 0; i < 8; i += 1) this.#add(this.#piece(PRAISES, good), false);
    });
  }

  #filled(frame: string): string {
    return frame.replace(/\{([wcapf])\}/g, (_, slot: 'w' | 'c' | 'a' | 'p' | 'f') => this.#pick(this.#harmful[slot]));
  }

  claims(): void {
    for (const [name, frames] of Object.entries(this.#harmful.moreFrames)) {
      this.#each(frames, (frame) => {
        for (let i = 0; i < 14; i += 1) this.#add(this.#filled(frame), true, name);
      });
    }
    this.#each(this.#innocent.moreFrames, (frame) => {
      for (let i = 0; i < 18; i += 1) this.#add(this.#filled(frame), false);
    });
  }

  talk(): void {
    for (const [name, list] of Object.entries(this.#harmful.abuse)) {
      this.#each(list, (text) => [text, text, text.toUpperCase()].forEach((each) => this.#add(each, true, name)));
    }
    this.#each(this.#innocent.plain, (text) => [1, 2, 3].forEach(() => this.#add(text, false)));
  }

  #remark({ frames, j, n }: Talk, noun: string): string {
    const [somebody = '', be = ''] = this.#pick(this.#harmful.insults.people).split('|');
    const words: Readonly<Record<string, string>> = { s: somebody, b: be, j: this.#pick(j), n: noun === '' ? this.#pick(n) : noun };
    return this.#pick(frames).replace(/\{([sbjn])\}/g, (_, slot: string) => words[slot] ?? '');
  }

  remarks(): void {
    const { insults } = this.#harmful;
    const { praises } = this.#innocent;
    this.#each(insults.n, (noun) => {
      for (let i = 0; i < 10; i += 1) this.#add(this.#remark(insults, noun), true, 'harassment');
    });
    this.#each(praises.n, (noun) => {
      for (let i = 0; i < 13; i += 1) this.#add(this.#remark(praises, noun), false);
    });
  }

  otherLanguages(): void {
    for (const { frames, x, abuse } of Object.values(this.#harmful.other)) {
      this.#each(x, (each) => this.#say(frames, each, 3).forEach((text) => this.#add(text, true)));
      this.#each(abuse, (text) => this.#add(text, true));
    }
    for (const { frames, x, plain } of Object.values(this.#innocent.other)) {
      this.#each(x, (each) => this.#say(frames, each, 3).forEach((text) => this.#add(text, false)));
      this.#each(plain, (text) => this.#add(text, false));
    }
  }
}

/** All that the grammar says, in an order that the seed decides. */
export function grammarTexts({ folder, next }: { readonly folder: string; readonly next: () => number }): readonly HarmText[] {
  const grammar = new Grammar(folder, next);
  grammar.requests();
  grammar.writings();
  grammar.claims();
  grammar.talk();
  grammar.remarks();
  grammar.otherLanguages();
  return grammar.texts;
}

/** How often a harmful text scores above an innocent one. */
export function areaUnder(bad: readonly number[], good: readonly number[]): number {
  const sorted = [...good].sort((a, b) => a - b);
  const below = (score: number, orEqual: boolean): number => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const value = sorted[middle] ?? 0;
      if (value < score || (orEqual && value === score)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return bad.reduce((sum, score) => sum + (below(score, false) + below(score, true)) / 2, 0) / (bad.length * sorted.length);
}
