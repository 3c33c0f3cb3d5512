// Makes labelled text from the templates in `grammar/`: who, where, when, in seven languages; and fills templates of rows anew.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Label, LabelledSpan } from '../../src/detect/names/labels.ts';
import lists from '../../src/detect/names/gazetteer.json' with { type: 'json' };
import words from './grammar/words.json' with { type: 'json' };

export interface LabelledText {
  readonly text: string;
  readonly spans: readonly LabelledSpan[];
}

type Language = 'en' | 'de' | 'fr' | 'es' | 'it' | 'pt' | 'nl';
type Next = () => number;

/** Unsigned 32-bit numbers from a seed (mulberry32). */
export function seeded(seed: number): Next {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value = (value + Math.imul(value ^ (value >>> 7), value | 61)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

const given = lists.given.split(' ');
const family = lists.surname.split(' ');
const places = lists.place.split('|');
const organisations = lists.organisation.split('|');
const countries: Record<string, readonly string[]> = Object.fromEntries(
  Object.entries({ en: lists.country, ...lists.countries }).map(([language, names]) => [language, names.split('|')]),
);

const titled = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

class Maker {
  readonly next: Next;
  readonly language: Language;
  constructor(next: Next, language: Language) {
    this.next = next;
    this.language = language;
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.next() % from.length];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  chance(share: number): boolean {
    return this.next() / 2 ** 32 < share;
  }

  number(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  /** A name that is in no list: the head of one and the tail of another. */
  invented(from: readonly string[]): string {
    const head = this.pick(from);
    const tail = this.pick(from);
    const cut = Math.max(2, Math.floor(head.length / 2));
    const rest = tail.slice(-Math.max(2, Math.floor(tail.length / 2))).toLowerCase();
    return /^\p{L}+$/u.test(head) && /^\p{L}+$/u.test(rest) ? head.slice(0, cut) + rest : head;
  }

  given(): string {
    const name = this.chance(0.25) ? this.invented(given) : this.pick(given);
    if (this.chance(0.04)) return `${name}-${this.pick(given)}`;
    return name;
  }

  family(): string {
    const name = this.chance(0.3) ? this.invented(family) : this.pick(family);
    if (this.chance(0.05)) return `${name}-${this.pick(family)}`;
    if (this.chance(0.05))
      return `${this.pick(['van', 'van der', 'van den', 'de', 'von', 'di', 'da', 'dos', 'de la', 'del', 'El', 'Al', 'bin', 'Ben', "O'", 'Mc', 'Mac', 'St.', 'Le', 'La', 'ter', 'zu'])} ${name}`.replace(
        /(O'|Mc|Mac) /,
        '$1',
      );
    if (this.chance(0.08) && ['es', 'pt'].includes(this.language)) return `${name} ${this.pick(family)}`;
    return name;
  }

  person(): string {
    const kind = this.next() % 100;
    const first = this.given();
    const last = this.family();
    if (kind < 72) return `${first} ${last}`;
    if (kind < 78) return `${first} ${this.pick([...'ABCDEFGHJKLMNPRSTW'])}. ${last}`;
    if (kind < 82) return `${first} ${this.given()} ${last}`;
    if (kind < 85) return `${this.pick([...'ABCDEFGHJKLMNPRSTW'])}. ${last}`;
    if (kind < 89) return `${last}, ${first}`;
    if (kind < 92) return `${first} ${last.toUpperCase()}`;
    if (kind < 94) return `${first} ${last} ${this.pick(['Jr.', 'Sr.', 'III', 'PhD', 'Jr'])}`;
    if (kind < 97) return `${first} ${last}`.toUpperCase();
    return first;
  }

  place(): string {
    const kind = this.next() % 100;
    if (kind < 60) return this.pick(places);
    if (kind < 72) return this.invented(places.filter((name) => !name.includes(' ')));
    if (kind < 80)
      return titled(
        `${this.pick(family)}${this.pick(['ville', 'burg', 'ton', 'stad', 'field', 'hausen', 'heim', 'dorf', 'by', 'wick', 'ford', 'borough', 'mouth', 'bach', 'feld', 'wijk', 'vik', 'holm'])}`,
      );
    if (kind < 86)
      return `${this.pick(['San', 'Santa', 'Saint', 'New', 'Bad', 'Port', 'Fort', 'Lake', 'Mount', 'El', 'La', 'Los', 'Upper', 'North', 'South', 'East', 'West', 'Villa', 'Castel', 'Monte'])} ${this.pick(given)}`;
    if (kind < 90) return this.pick(places).toUpperCase();
    if (kind < 95) return `${this.pick(places)}, ${this.country()}`;
    return `${this.pick(places)}, ${this.pick(states)}`;
  }

  country(): string {
    return this.pick(countries[this.chance(0.75) ? this.language : 'en'] ?? []);
  }

  organisation(): string {
    const kind = this.next() % 100;
    const suffix = this.pick(words.suffix[this.language].split('|'));
    if (kind < 38) return this.pick(organisations);
    if (kind < 50) return `${this.family()} ${suffix}`;
    if (kind < 55) return `${this.family()} ${this.pick(['&', 'and', '&'])} ${this.family()}`;
    if (kind < 58) return `${this.family()}, ${this.family()} and ${this.family()}`;
    if (kind < 61) return `${this.family()}-${this.family()}`;
    if (kind < 74) return this.brand();
    if (kind < 82) return `${this.brand()} ${suffix}`;
    if (kind < 86) return `${titled(this.pick(words.brandEnd.split(' ')))} ${this.pick(words.field.split(' '))} ${suffix}`;
    return this.fill(this.pick(words.institution[this.language].split('|'))).text;
  }

  brand(): string {
    const head = this.pick(words.brand.split(' '));
    const end = this.pick(words.brandEnd.split(' '));
    const kind = this.next() % 4;
    if (kind === 0) return head + end;
    if (kind === 1) return head + titled(end);
    if (kind === 2) return `${head} ${titled(end)}`;
    return `${this.pick(words.brand.split(' '))} ${titled(end)}`;
  }

  #day(): Date {
    return new Date(Date.UTC(this.number(1935, 2031), this.number(0, 11), this.number(1, 28), 12));
  }

  date(): string {
    const day = this.#day();
    const format = (options: Intl.DateTimeFormatOptions): string =>
      new Intl.DateTimeFormat(this.language === 'en' && this.chance(0.4) ? 'en-GB' : this.language, { timeZone: 'UTC', ...options }).format(
        day,
      );
    const kind = this.next() % 100;
    if (kind < 30) return format({ day: 'numeric', month: 'long', year: 'numeric' });
    if (kind < 40) return format({ day: 'numeric', month: 'long' });
    if (kind < 48) return format({ month: 'long', year: 'numeric' });
    if (kind < 54) return format({ day: 'numeric', month: 'short', year: 'numeric' });
    if (kind < 60) return format({ weekday: 'long', day: 'numeric', month: 'long' });
    if (kind < 64) return `${format({ day: 'numeric', month: 'long', year: 'numeric' })} ${this.time()}`;
    if (kind < 70 && this.language === 'en')
      return `${format({ month: 'long' })} ${day.getUTCDate()}${['th', 'st', 'nd', 'rd'][[1, 2, 3, 21, 22, 23].includes(day.getUTCDate()) ? day.getUTCDate() % 10 : 0]}`;
    return this.numeric(day);
  }

  time(): string {
    return `${String(this.number(0, 23)).padStart(2, '0')}:${String(this.number(0, 59)).padStart(2, '0')}${this.chance(0.3) ? ':12' : ''}`;
  }

  numeric(day: Date = this.#day()): string {
    const two = (value: number): string => String(value).padStart(2, '0');
    const [y, m, d] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()];
    return this.pick([
      `${y}-${two(m)}-${two(d)}`, `${two(d)}/${two(m)}/${y}`, `${two(m)}/${two(d)}/${y}`, `${m}/${d}/${y}`, `${two(d)}.${two(m)}.${y}`, `${d}.${m}.${y}`,
      `${two(d)}-${two(m)}-${y}`, `${d}/${m}/${String(y).slice(2)}`, `${y}-${two(m)}-${two(d)} ${this.time()}`, `${y}-${two(m)}-${two(d)}T${this.time()}`, `${y}/${two(m)}/${two(d)}`, `${two(d)}.${two(m)}.${String(y).slice(2)}`,
    ]); // prettier-ignore
  }

  weekday(): string {
    return new Intl.DateTimeFormat(this.language, { weekday: 'long', timeZone: 'UTC' }).format(this.#day());
  }

  month(): string {
    return new Intl.DateTimeFormat(this.language, { month: 'long', timeZone: 'UTC' }).format(this.#day());
  }

  phone(): string {
    return this.pick([
      '+{1}{1} {3} {4} {3}',
      '({3}) {3}-{4}',
      '{3}-{3}-{4}',
      '0{3} {3} {4}',
      '0{2} {4}{3}',
      '+{2} {9}',
      '{3}.{3}.{4}',
      '{5} {6}',
    ]).replace(/\{(\d)\}/g, (_, count: string) => Array.from({ length: Number(count) }, () => this.number(0, 9)).join(''));
  }

  email(): string {
    return `${this.pick(given)}${this.pick(['.', '_', ''])}${this.pick(family)}${this.chance(0.4) ? this.number(1, 99) : ''}@${this.pick(['example.org', 'mail.example.net', 'example.com', 'firma.example', 'post.example'])}`
      .toLowerCase()
      .normalize('NFD')
      .replace(/[^a-z0-9@._]/g, '');
  }

  street(): string {
    const names = words.streetName[this.language];
    const own = this.language === 'en' || this.language === 'de' || this.language === 'nl' ? names.split(' ') : names.split('|');
    const name = (): string => (this.chance(0.5) ? this.pick(own) : this.chance(0.6) ? this.family() : this.pick(places));
    return this.fill(this.pick(words.street[this.language].split('|')).replace('{N1}', name)).text;
  }

  /** What a slot stands for: its text and, of a name, its type. */
  slot(name: string): readonly [string, Label?] {
    switch (name) {
      case 'P': return [this.person(), 'PERSON'];
      case 'G': return [this.given(), 'PERSON'];
      case 'S': return [this.family(), 'PERSON'];
      case 'L': return [this.place(), 'LOCATION'];
      case 'C': return [this.country(), 'LOCATION'];
      case 'O': return [this.organisation(), 'ORGANIZATION'];
      case 'D': return [this.date(), 'DATE_TIME'];
      case 'DN': return [this.chance(0.8) ? this.numeric() : this.date(), 'DATE_TIME'];
      case 'WD': return [this.weekday(), 'DATE_TIME'];
      case 'M': return [this.month(), 'DATE_TIME'];
      case 'Y': return [String(this.number(1890, 2029)), 'DATE_TIME'];
      case 'A': return [this.fill(this.pick(words.place[this.language].split('|'))).text, 'ADDRESS'];
      case 'st': return [this.street(), 'ADDRESS'];
      case 'AGE': return [String(this.number(1, 99)), 'AGE'];
      case 'N': return [this.pick(words.nationality[this.language].split(' ')), 'NRP'];
      case 'NS': return [this.chance(0.3) ? this.pick(words.people.split(' ')).toLowerCase() : this.pick(words.people.split(' ')), 'NRP'];
      case 'sn': return [`${this.chance(0.5) ? this.family() : this.pick(words.streetName.en.split(' '))} ${this.pick(['Street', 'Road', 'Avenue', 'Lane', 'Square', 'street', 'Boulevard'])}`, 'ADDRESS'];
      case 'zipL': return [this.pick([this.plain('zip'), this.plain('pc'), `${this.plain('zip')}-${this.plain('k3')}`, this.plain('zip4'), `${this.plain('k3')} ${this.number(10, 99)}`, this.plain('k3')]), 'ADDRESS'];
      case 'T': return [this.pick(words.title.split('|')), 'TITLE'];
      case 'H': return [this.pick(words.honorific.split('|')), 'TITLE'];
      default: return [this.plain(name)];
    }
  } // prettier-ignore

  plain(name: string): string {
    switch (name) {
      case 't': return this.pick(words.job.split('|'));
      case 'W': return this.pick(words.field.split(' '));
      case 'n': return String(this.number(1, 9999));
      case 'k': return String(this.number(1, 120));
      case 'k3': return String(this.number(100, 999));
      case 'ord': return `${this.number(4, 99)}th`;
      case 'zip': return String(this.number(1000, 99_999)).padStart(5, '0');
      case 'zip4': return String(this.number(1000, 9999));
      case 'AA': return this.pick(['AB', 'CD', 'XK', 'GH', 'JV', 'PL']);
      case 'pc': return this.pick(['SW1A 1AA', 'M1 4BT', 'EH3 9QG', 'B33 8TH', 'CF10 3AT', 'LS2 7EW', 'OX1 2JD', 'K1A 0B1', 'V6B 4Y8']);
      case 'code': return this.pick(states.concat('NY', 'CA', 'TX', 'FL', 'IL', 'WA', 'MA', 'OH', 'GA', 'NC', 'NJ', 'PA', 'MI', 'VA', 'AZ', 'CO'));
      case 'tel': return this.phone();
      case 'email': return this.email();
      default: throw new Error(`no slot ${name}`);
    }
  } // prettier-ignore

  fill(template: string): LabelledText {
    const spans: LabelledSpan[] = [];
    let text = '';
    for (const part of template.split(/(\{\w+\})/)) {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) {
        text += part;
        continue;
      }
      const [value, type] = this.slot(name);
      if (type !== undefined) spans.push(...inner(value, text.length, type));
      text += value;
    }
    return { text, spans };
  }
}

const states = ['Texas', 'California', 'Ohio', 'Ontario', 'Florida', 'NY', 'TX', 'CA', 'WA', 'MA'];

/** An address whose last part is on a line of its own stays one span; a place with its country is two. */
function inner(value: string, start: number, type: Label): readonly LabelledSpan[] {
  const comma = type === 'LOCATION' ? value.indexOf(', ') : -1;
  if (comma < 0) return [{ start, end: start + value.length, type }];
  return [
    { start, end: start + comma, type },
    { start: start + comma + 2, end: start + value.length, type },
  ];
}

export interface GrammarOptions {
  readonly next: Next;
  readonly count: number;
  readonly folder: string;
  /** Leaves one part of the templates out. */
  readonly leave?: { readonly fold: number; readonly folds: number };
  /** That part alone, of one language. */
  readonly only?: { readonly fold: number; readonly folds: number; readonly language: string };
}

const LANGUAGES: readonly Language[] = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'];

const readLines = (folder: string, name: string): readonly string[] =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const foldOf = (template: string, folds: number): number =>
  [...template].reduce((hash, unit) => (Math.imul(hash, 31) + unit.charCodeAt(0)) >>> 0, 7) % folds;

/** Rows of all languages, English as often as the six others together, and innocent ones of which no part is a name. */
export function grammarRows({ next, count, folder, leave, only }: GrammarOptions): readonly LabelledText[] {
  const books = LANGUAGES.map((language) => {
    const lines = readLines(folder, `${language}.txt`).map((line) => line.replaceAll('\\n', '\n'));
    const kept = lines.filter(
      (line) =>
        (leave === undefined || foldOf(line, leave.folds) !== leave.fold) && (only === undefined || foldOf(line, only.folds) === only.fold),
    );
    return { language, lines: kept, share: language === 'en' ? 0.46 : 0.09 };
  }).filter(({ language }) => only === undefined || language === only.language);
  const rows: LabelledText[] = [];
  for (const { language, lines, share } of books) {
    const maker = new Maker(next, language);
    for (let i = 0; i < count * (only === undefined ? share : 1); i += 1) {
      const line = maker.pick(lines);
      const extra = only === undefined && maker.chance(0.25) ? `${maker.chance(0.5) ? ' ' : '\n'}${maker.pick(lines)}` : '';
      rows.push(maker.fill(line + extra));
    }
  }
  if (only === undefined)
    for (const line of readLines(folder, 'innocent.txt')) for (let i = 0; i < count / 2500; i += 1) rows.push({ text: line, spans: [] });
  return rows;
}

const MAKES: Readonly<Record<Label, (maker: Maker, old: string) => string>> = {
  PERSON: (maker, old) => (old.includes(' ') ? maker.person() : maker.chance(0.5) ? maker.given() : maker.family()),
  LOCATION: (maker) => (maker.chance(0.35) ? maker.country() : maker.place().replace(/,.*/, '')),
  ORGANIZATION: (maker) => maker.organisation(),
  DATE_TIME: (_, old) => old.replace(/\d/g, (digit) => digit),
  ADDRESS: (_, old) => old,
  AGE: (maker) => String(maker.number(1, 99)),
  NRP: (_, old) => old,
  TITLE: (maker, old) => (old.length < 5 ? old : maker.pick(words.title.split('|'))),
};

/** The row with other names in it. */
export function refilled({ text, spans }: LabelledText, next: Next): LabelledText {
  const maker = new Maker(next, 'en');
  const made: LabelledSpan[] = [];
  let whole = '';
  let at = 0;
  for (const span of spans) {
    if (span.start < at) continue;
    whole += text.slice(at, span.start);
    const value = MAKES[span.type](maker, text.slice(span.start, span.end));
    made.push({ start: whole.length, end: whole.length + value.length, type: span.type });
    whole += value;
    at = span.end;
  }
  return { text: whole + text.slice(at), spans: made };
}
