// Texts that are harmful or not, made of phrases and frames written for this project (`grammar/*.json`).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HAZARDS } from '../../src/detect/harm/hazards.ts';
import type { HarmText } from './rows.ts';
import { gerundOf, thirdOf } from './verb-forms.ts';

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

/** Frames in which phrases of both kinds are said: for gerunds, for the third person, and for names of things. */
interface Frames {
  readonly gerund: readonly string[];
  readonly third: readonly string[];
  readonly topic: readonly string[];
  /** What people put round a request in the hope of another answer; innocent ones stand in them too. */
  readonly wraps: readonly string[];
  /** By hazard, and innocent ones under the name of none. */
  readonly topics: Readonly<Record<string, readonly string[]>>;
}

/** Sentences that people write of themselves, of others and of the day: by hazard, and innocent ones by theme. */
interface Posts {
  readonly harmful: Readonly<Record<string, readonly string[]>>;
  readonly innocent: Readonly<Record<string, readonly string[]>>;
}

/** Which innocent talk harm of a kind hides among. */
const THEME_OF: Readonly<Record<string, string>> = {
  sexual_content: 'sexual', self_harm: 'selfharm', violent_crimes: 'violence', hate: 'peoples', harassment: 'quarrel',
}; // prettier-ignore
/** Posts are made of sentences of one of so many groups, so that a group can be left out whole. */
const GROUPS = 4;

/** Frames in which each phrase is said. */
const FRAMES_EACH = 7;
/** What a good piece of writing does for a good thing: the verbs of bad ones too. */
const PRAISES = ['promotes', 'encourages', 'celebrates', 'teaches people', 'advocates', 'persuades readers to try'];

/** After the first paragraph, which says what the file is. */
const blocksOf = (text: string): readonly string[] => text.trim().split('\n\n').slice(1);

class Grammar {
  readonly texts: HarmText[] = [];
  readonly #harmful: Harmful;
  readonly #innocent: Innocent;
  readonly #frames: Frames;
  readonly #posts: Posts;
  readonly #blocks: readonly string[];
  readonly #next: () => number;
  #template = 0;

  constructor(folder: string, next: () => number) {
    this.#harmful = JSON.parse(readFileSync(join(folder, 'harmful.json'), 'utf8')) as Harmful;
    this.#innocent = JSON.parse(readFileSync(join(folder, 'innocent.json'), 'utf8')) as Innocent;
    this.#frames = JSON.parse(readFileSync(join(folder, 'frames.json'), 'utf8')) as Frames;
    this.#posts = JSON.parse(readFileSync(join(folder, 'talk.json'), 'utf8')) as Posts;
    this.#blocks = ['pairs.txt', 'languages.txt'].flatMap((file) => blocksOf(readFileSync(join(folder, file), 'utf8')));
    this.#next = next;
  }

  #add(text: string, harmful: boolean, name = ''): void {
    const hazards = HAZARDS.filter((hazard) => hazard === name);
    this.texts.push({ text, harmful, hazards, source: 'grammar', weight: 0.5, template: this.#template, isOfHarm: false, part: false });
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

  /** A phrase that begins with a verb, in frames for each of its forms. */
  #act(x: string, frames: readonly string[]): readonly string[] {
    const [gerund, third] = [gerundOf(x), thirdOf(x)];
    return [
      ...this.#say(frames, x, FRAMES_EACH),
      ...(gerund === undefined ? [] : this.#say(this.#frames.gerund, gerund, 3)),
      ...(third === undefined ? [] : this.#say(this.#frames.third, third, 2)),
    ];
  }

  topics(): void {
    for (const [name, list] of Object.entries(this.#frames.topics)) {
      this.#each(list, (x) => this.#say(this.#frames.topic, x, 6).forEach((text) => this.#add(text, name !== 'none', name)));
    }
  }

  requests(): void {
    const { categories, frames, doings, doFrames } = this.#harmful;
    for (const [name, list] of Object.entries(categories)) {
      this.#each(list, (x) => this.#act(x, frames).forEach((text) => this.#add(text, true, name)));
    }
    for (const [name, list] of Object.entries(doings)) {
      this.#each(list, (x) => this.#say(doFrames, x, FRAMES_EACH).forEach((text) => this.#add(text, true, name)));
    }
    this.#each(this.#innocent.doings, (x) => this.#say(doFrames, x, 2 * FRAMES_EACH).forEach((text) => this.#add(text, false)));
    this.#each(this.#innocent.x, (x) => this.#act(x, frames).forEach((text) => this.#add(text, false)));
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

  /** Sentences one after the other, as in a post, a story or a page. */
  #post(first: string, from: readonly (readonly string[])[]): string {
    const parts = [first, ...from.map((list) => this.#pick(list))];
    const at = this.#next() % parts.length;
    const turned = [...parts.slice(at), ...parts.slice(0, at)];
    return turned.join(this.#next() % 3 === 0 ? '\n' : ' ');
  }

  #some(count: number, lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
    return Array.from({ length: count }, () => lists[this.#next() % lists.length] ?? []);
  }

  #inGroup(list: readonly string[], group: number): readonly string[] {
    return list.filter((_, index) => index % GROUPS === group);
  }

  #postsOf(group: number, name: string, list: readonly string[]): void {
    const { innocent } = this.#posts;
    const theme = THEME_OF[name] ?? name;
    const everyday = this.#inGroup(innocent['everyday'] ?? [], group);
    const calm = [this.#inGroup(innocent[theme] ?? [], group), everyday];
    const same = this.#inGroup(list, group);
    const harmful = name in THEME_OF;
    for (const text of same) {
      this.#add(text, harmful, name);
      this.#add(text, harmful, name);
      this.#add(this.#post(text, this.#some(2 + (this.#next() % 5), harmful ? [same, same, ...calm] : calm)), harmful, name);
      this.#add(this.#post(text, this.#some(1 + (this.#next() % 2), harmful ? [same] : calm)), harmful, name);
      if (harmful) this.#add(this.#post(text, this.#some(1 + (this.#next() % 2), calm)), harmful, name);
      else this.#add(this.#post(text, this.#some(5 + (this.#next() % 6), calm)), harmful, name);
    }
  }

  posts(): void {
    const { harmful, innocent } = this.#posts;
    for (let group = 0; group < GROUPS; group += 1) {
      this.#template += 1 + ((GROUPS + group - ((this.#template + 1) % GROUPS)) % GROUPS);
      for (const [name, list] of Object.entries(harmful)) this.#postsOf(group, name, list);
      for (const [name, list] of Object.entries(innocent)) this.#postsOf(group, name, list);
    }
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

  /** Whole requests in blocks of one matter, so that what decides is not the matter. */
  pairs(): void {
    const { wraps } = this.#frames;
    this.#each(this.#blocks, (block) => {
      const [head = '', ...lines] = block.split('\n');
      const name = head.slice(1, -1);
      for (const line of lines) {
        const text = line.slice(2);
        const isHarmful = line.startsWith('+');
        this.#add(text, isHarmful, name);
        this.#add(text.toLowerCase().replace(/[?.,]/g, ''), isHarmful, name);
        this.#add(this.#pick(wraps).replace('{x}', text), isHarmful, name);
      }
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
  grammar.topics();
  grammar.writings();
  grammar.claims();
  grammar.posts();
  grammar.talk();
  grammar.remarks();
  grammar.pairs();
  grammar.otherLanguages();
  return grammar.texts;
}
