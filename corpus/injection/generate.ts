// Makes rows out of the grammars beside it: attacks and innocents with class, family, language and the template's author,
// so that evaluation can leave whole authors out. The same seed gives the same rows.
// Families, by what makes the attempt: `instruction_hijack` drops, replaces or asks for instructions, or gives orders in data; `role_play` gives a
// part to play; `contextual_framing` gives a reason (a purpose, an office, a fiction, a feeling); `translation_chaining` has a later step obey
// what an earlier one made; `obfuscation` is written in pieces or codes so as not to be read.
//   node corpus/injection/generate.ts [SEED]      prints JSON lines
import { readFileSync, readdirSync } from 'node:fs';
import { disguise } from './disguise.ts';
import { seededRandom, type Random } from './seeded-random.ts';

export interface CorpusRow {
  readonly id: string;
  readonly text: string;
  readonly label: 0 | 1;
  readonly class: string | null;
  readonly family: string | null;
  readonly lang: string;
  readonly origin: 'user' | 'retrieved' | 'tool';
  /** Author of the templates: what is left out together. */
  readonly author: string;
}

interface Block {
  readonly author: string;
  readonly lang: string;
  readonly class: string | null;
  readonly family: string | null;
  readonly origin: CorpusRow['origin'];
  readonly rows: number;
  readonly templates: Template[];
}

interface Template {
  readonly text: string;
  /** What this one is, where it is another than the rest of its block. */
  readonly kind?: { readonly class: string; readonly family: string };
}

interface Grammar {
  readonly words: Map<string, readonly string[]>;
  readonly blocks: readonly Block[];
}

const FOLDER = new URL('grammar/', import.meta.url);
/** Choices inside choices; a grammar that calls itself ends here. */
const DEPTH_MAX = 8;
const TRIES = 4;

/** All rows of all grammars, then the same number of disguised ones in proportion. */
export function generateRows(seed: number): readonly CorpusRow[] {
  const random = seededRandom(seed);
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const grammars = files.map((name) => parseGrammar(readFileSync(new URL(name, FOLDER), 'utf8'), name.slice(0, -4)));
  const shared = new Map(grammars.flatMap(({ words }) => [...words]));
  const plain = grammars.flatMap(({ words, blocks }) =>
    blocks.flatMap((block) => rowsOf(block, { words: new Map([...shared, ...words]), random })),
  );
  return [...plain, ...disguise(plain, random)];
}

/** What templates are written with. */
interface Ink {
  readonly words: ReadonlyMap<string, readonly string[]>;
  readonly random: Random;
}

function rowsOf(block: Block, ink: Ink): CorpusRow[] {
  const seen = new Set<string>();
  const rows: CorpusRow[] = [];
  for (let made = 0; made < block.rows; made += 1) {
    const template: Template = block.templates[made % block.templates.length] ?? { text: '' };
    let text = '';
    for (let attempt = 0; attempt < TRIES && (text === '' || seen.has(text)); attempt += 1)
      text = dress(expand(template.text, ink), ink.random).replaceAll('¦', '|');
    if (seen.has(text)) continue;
    seen.add(text);
    const { author, lang, origin } = block;
    const { class: kind, family } = template.kind ?? block;
    rows.push({ id: `${author}-${made}`, text, label: kind === null ? 0 : 1, class: kind, family, lang, origin, author });
  }
  return rows;
}

/** People do not all write alike: some without capitals, some in capitals, some without the last stop. */
function dress(text: string, random: Random): string {
  const tidy = text
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/ ([.,;!?])/g, '$1')
    .trim();
  const roll = random();
  if (roll < 0.12) return tidy.toLowerCase();
  if (roll < 0.15) return tidy.toUpperCase();
  const upper = tidy.charAt(0).toUpperCase() + tidy.slice(1);
  if (roll < 0.25) return upper.replace(/[.!]$/, '');
  if (roll < 0.29) return `${upper}!!!`;
  return roll < 0.4 ? tidy : upper;
}

/** Fills `{a|b}` with one of its choices and `{name}` with one of the words. */
function expand(template: string, ink: Ink, depth = 0): string {
  if (depth > DEPTH_MAX) return '';
  let out = '';
  for (let at = 0; at < template.length;) {
    const close = template.charAt(at) === '{' ? closing(template, at) : -1;
    if (close < 0) {
      out += template.charAt(at);
      at += 1;
      continue;
    }
    const inner = template.slice(at + 1, close);
    const choices = ink.words.get(inner) ?? splitChoices(inner);
    out += expand(choices[Math.floor(ink.random() * choices.length)] ?? '', ink, depth + 1);
    at = close + 1;
  }
  return out;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text.charAt(at) === '{') depth += 1;
    else if (text.charAt(at) === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function splitChoices(text: string): string[] {
  const choices: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (sign === '{') depth += 1;
    else if (sign === '}') depth = Math.max(0, depth - 1);
    else if (sign === '|' && depth === 0) {
      choices.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...choices, text.slice(from)];
}

/** `\n` stands for a line end, and `¦` for a bar that is text: that one is put in last, when all choices are made. */
const literal = (text: string): string => text.replaceAll('\\n', '\n');

function parseGrammar(source: string, name: string): Grammar {
  const words = new Map<string, readonly string[]>();
  const blocks: Block[] = [];
  for (const line of source.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const list = /^([\w-]+): (.*)$/.exec(line);
    if (line.startsWith('== ')) blocks.push(parseHead(line.slice(3), name));
    else if (blocks.length === 0 && list !== null)
      words.set(
        list[1] ?? '',
        splitChoices(list[2] ?? '').map((word) => literal(word.trim())),
      );
    else blocks.at(-1)?.templates.push(parseTemplate(line));
  }
  return { words, blocks };
}

/** `@class/family text` for one that is another than its block. */
function parseTemplate(line: string): Template {
  const [all = '', kind, family] = /^@(injection|jailbreak)\/(\w+) /.exec(line) ?? [];
  const text = literal(line.slice(all.length));
  return kind === undefined || family === undefined ? { text } : { text, kind: { class: kind, family } };
}

function parseHead(head: string, name: string): Block {
  const [id = '', kind = '-', family = '-', origin = 'user', rows = '0', lang] = head.split('|').map((part) => part.trim());
  if (origin !== 'user' && origin !== 'retrieved' && origin !== 'tool') throw new Error(`${name}: block ${id} has the origin ${origin}`);
  return {
    author: `${name}/${id}`,
    lang: lang ?? name.slice(0, 2),
    class: kind === '-' ? null : kind,
    family: family === '-' ? null : family,
    origin,
    rows: Number(rows),
    templates: [],
  };
}

if (import.meta.main) {
  for (const row of generateRows(Number(process.argv[2] ?? 1))) console.log(JSON.stringify(row));
}
