// Packs the word lists of corpus/glosses/ into the table that the fast stage reads.
//   node models/injection/pack-glosses.ts [--write]
// A line is `english: form | form | stem* | two words`; `-` as English says that a word is known and means nothing by itself.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { FORM, HASH_START, HEAD, hashEnd, hashStep, packEntries, STEM } from '../../src/detect/gloss/gloss-table.ts';
import type { EntryKind, GlossEntry, GlossManifest } from '../../src/detect/gloss/gloss-table.ts';
import { viewsOf } from '../../src/detect/normalise/views.ts';

const LISTS = new URL('../../corpus/glosses/', import.meta.url);
const ENGLISH = 0;

export interface PackedGlosses {
  readonly manifest: GlossManifest;
  readonly bytes: Uint8Array;
}

const textHash = (text: string): number => {
  let hash = HASH_START;
  for (let at = 0; at < text.length; at += 1) hash = hashStep(hash, text.charCodeAt(at));
  return hashEnd(hash);
};

/** As the normaliser gives it to whoever reads a view. */
const folded = (form: string): string => viewsOf(form).views[0]?.text.trim() ?? '';
const wordsIn = (text: string): string[] => text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
const UNSPACED = new Set(['zh', 'ja', 'th']);

interface Line {
  readonly sense: string;
  readonly forms: readonly string[];
}

/** Throws where a line is none. */
export function parseList(text: string, name: string): Line[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return [];
    const cut = line.indexOf(':');
    if (cut < 1) throw new Error(`${name} line ${index + 1} is no "english: form | form"`);
    const forms = line
      .slice(cut + 1)
      .split('|')
      .map((form) => form.trim())
      .filter((form) => form !== '');
    return [{ sense: line.slice(0, cut).trim().toLowerCase(), forms }];
  });
}

export function packGlosses(): PackedGlosses {
  const names = readdirSync(LISTS)
    .filter((name) => name.endsWith('.txt'))
    .sort();
  const languages = ['en', ...names.map((name) => name.replace('.txt', ''))];
  const glosses = new Map([['', 0]]);
  const entries = new Map<string, GlossEntry>();
  const add = ({ form, kind, sense }: Form, language: number): void => {
    const key = `${language} ${kind} ${form}`;
    if (form === '' || entries.has(key)) return;
    const gloss = glosses.get(sense) ?? glosses.size;
    glosses.set(sense, gloss);
    entries.set(key, { hash: textHash(form), language, kind, gloss });
  };
  for (const [index, name] of names.entries()) {
    const language = index + 1;
    const isUnspaced = UNSPACED.has(languages[language] ?? '');
    for (const { sense, forms } of parseList(readFileSync(new URL(name, LISTS), 'utf8'), name)) {
      const meaning = sense === '-' ? '' : sense;
      for (const word of wordsIn(meaning)) add({ form: word, kind: FORM, sense: '' }, ENGLISH);
      for (const form of forms.flatMap((each) => formsOf(each, meaning, isUnspaced))) add(form, language);
    }
  }
  const bytes = packEntries([...entries.values()]);
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { manifest: { format: 'sallyport-glosses', digest, languages, glosses: [...glosses.keys()] }, bytes };
}

interface Form {
  readonly form: string;
  readonly kind: EntryKind;
  readonly sense: string;
}

/** What the table has to know of one form of a list. */
function formsOf(written: string, sense: string, isUnspaced: boolean): Form[] {
  const isStem = written.endsWith('*');
  const text = folded(isStem ? written.slice(0, -1) : written);
  const kind = isStem ? STEM : FORM;
  if (isUnspaced) return [{ form: text.replaceAll(/\s+/g, ''), kind, sense }];
  const words = wordsIn(text);
  const [first = ''] = words;
  if (words.length === 1) return [{ form: first, kind, sense }];
  return [
    { form: words.join(' '), kind: FORM, sense },
    { form: first, kind: HEAD, sense: '' },
  ];
}

if (import.meta.main) {
  const { manifest, bytes } = packGlosses();
  console.log(`${manifest.languages.length - 1} languages, ${manifest.glosses.length - 1} senses, ${bytes.length / 8} forms`);
  if (process.argv.includes('--write')) {
    writeFileSync(new URL('glosses.bin', import.meta.url), bytes);
    writeFileSync(new URL('glosses.json', import.meta.url), `${JSON.stringify(manifest)}\n`);
  }
}
