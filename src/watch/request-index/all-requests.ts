// All requests of the ledger, in columns: what narrows, counts and sorts a million of them while somebody waits. Made from the ledger,
// made anew at will, never the truth about anything.
import { z } from 'zod';
import type { ChunkCard, IndexFile } from '../../io/state/index-file.ts';
import type { LedgerRecord } from '../../ledger/record.ts';
import { bytesOf, CHUNK_ROWS, COLUMN_NAMES, columnFrom, GrowingChunk, newDictionaries, WORD_COLUMNS } from './columns.ts';
import type { Column, ColumnName, Dictionaries } from './columns.ts';
import { compileFilter, type ChunkView, type CompiledFilter, type RequestFilter } from './filter.ts';
import { Fold, type OpenRow } from './fold.ts';
import { KeyNames } from './key-names.ts';
import { TAIL_START, type TailPosition } from './ledger-tail.ts';
import { rowAt, rowOfOpen } from './read-row.ts';
import type { RequestRow } from './row.ts';
import { facetsOf, passing, type Facets } from './scan.ts';
import { seriesOf, type Bucket, type Span } from './series.ts';
import { spendOf, type SpendSpan } from './spend.ts';

/** Raised when the columns or the rows change: an index of another version is made anew. */
const VERSION = 3;
/** Bytes of columns that are kept in memory between two looks. */
const CACHE_BYTES_MAX = 67_108_864;

export interface Wanted {
  readonly filter: RequestFilter;
  readonly limit: number;
  /** `closed` of the last row of the page before. */
  readonly cursor?: number | undefined;
  readonly order: 'desc' | 'asc';
}

export interface RowPage {
  readonly items: readonly RequestRow[];
  readonly nextCursor: number | null;
}

export class RequestIndex {
  readonly #file: IndexFile;
  readonly #ledger: string;
  readonly #cache = new Map<string, Column>();
  #cachedBytes = 0;
  #cards: ChunkCard[] = [];
  #words: Dictionaries = newDictionaries();
  #growing: GrowingChunk;
  #bounds = newBounds();
  #fold = new Fold();
  #dropBelow = -1;
  /** Places in the ledger's files, oldest first: from the one before a record it is not far to that record. */
  #marks: TailPosition[] = [];
  readonly keys = new KeyNames();

  /** `ledger` names the ledger that it is made from: an index of another one is emptied. */
  constructor(file: IndexFile, ledger: string) {
    this.#file = file;
    this.#ledger = ledger;
    this.#growing = new GrowingChunk(this.#words);
  }

  /** Takes up what was saved. Returns where in the ledger it goes on. */
  load(durableCount: number): TailPosition {
    const saved = parseSaved(this.#file.text('state'));
    if (saved === undefined || saved.version !== VERSION || saved.ledger !== this.#ledger || saved.position.index > durableCount) {
      this.#file.clear();
      return TAIL_START;
    }
    this.#words = newDictionaries(saved.words);
    this.#fold = new Fold(saved.open);
    this.keys.learn(saved.keys);
    this.#marks = saved.marks;
    const cards = [...this.#file.cards()];
    const last = cards.at(-1);
    if (last !== undefined && last.rows < CHUNK_ROWS) {
      cards.pop();
      this.#growing = new GrowingChunk(this.#words, {
        rows: last.rows,
        column: (name) => columnFrom(name, this.#file.column(last.no, name)),
      });
      this.#bounds = { ...last };
    } else this.#startChunk();
    this.#cards = cards;
    return saved.position;
  }

  /** Rows that have ended, without those under way. */
  get rows(): number {
    return this.#cards.reduce((sum, { rows }) => sum + rows, 0) + this.#growing.rows;
  }

  /** Takes records in, in their order. True when there is a chunk to save. */
  apply(records: readonly LedgerRecord[]): void {
    for (const record of records) {
      const { kind, data } = record.event;
      if (kind === 'ledger.pruned' && typeof data['to'] === 'number') this.#dropBelow = data['to'];
      this.keys.see(record);
      for (const row of this.#fold.take(record)) {
        this.#growing.push(row);
        const { atMin, atMax, closedMin } = this.#bounds;
        this.#bounds = {
          no: this.#bounds.no,
          atMin: Math.min(atMin, row.at),
          atMax: Math.max(atMax, row.at),
          closedMin: Math.min(closedMin, row.closed),
          closedMax: row.closed,
        };
        if (this.#growing.rows === CHUNK_ROWS) this.#seal();
      }
    }
  }

  readonly #unsaved: { readonly card: ChunkCard; readonly columns: ReadonlyMap<string, Uint8Array> }[] = [];

  /** Whether enough came together that saving it is worth the while. */
  get isSaveDue(): boolean {
    return this.#unsaved.length > 0;
  }

  save(position: TailPosition): void {
    if (position.index > (this.#marks.at(-1)?.index ?? 0)) this.#marks.push(position);
    const state = {
      version: VERSION,
      ledger: this.#ledger,
      position,
      marks: this.#marks,
      open: this.#fold.open,
      keys: this.keys.pairs,
      words: Object.fromEntries(WORD_COLUMNS.map((name) => [name, this.#words[name].texts])),
    };
    const growing = this.#growing.rows === 0 ? [] : [{ card: this.#growingCard(), columns: columnsOf(this.#growing) }];
    const texts = new Map([['state', JSON.stringify(state)]]);
    this.#file.save({ texts, chunks: [...this.#unsaved, ...growing], dropBelow: this.#dropBelow });
    this.#unsaved.length = 0;
    if (this.#dropBelow >= 0) this.#cards = this.#cards.filter(({ closedMax }) => closedMax >= this.#dropBelow);
  }

  /** A place in the files at or before a record. */
  markBefore(index: number): TailPosition | undefined {
    return this.#marks.findLast((mark) => mark.index <= index);
  }

  page({ filter, limit, cursor, order }: Wanted): RowPage {
    const compiled = this.#compile(filter);
    const isNewestFirst = order === 'desc';
    const edge = cursor ?? (isNewestFirst ? Infinity : -1);
    const chunks = this.#chunks(isNewestFirst).filter(({ closedMin, closedMax }) => (isNewestFirst ? closedMin < edge : closedMax > edge));
    const items: RequestRow[] = [];
    let last: number | null = null;
    for (const { chunk, places, count } of passing(chunks, compiled)) {
      const closed = chunk.column('closed');
      for (let turn = 0; turn < count; turn++) {
        const place = places[isNewestFirst ? count - 1 - turn : turn] ?? 0;
        const index = closed[place] ?? 0;
        if (isNewestFirst ? index >= edge : index <= edge) continue;
        if (items.length === limit) return { items, nextCursor: last };
        items.push(this.#row(chunk, place));
        last = index;
      }
    }
    return { items, nextCursor: null };
  }

  /** Requests under way that pass, newest first. What is known only at the end of a request excludes them. */
  underWay(filter: RequestFilter, limit: number): readonly RequestRow[] {
    const { verdict = 'open', rule, class: kind, family, severity, status, streamed, minMs } = filter;
    if (verdict !== 'open' || [rule, kind, family, severity, status, streamed, minMs].some((member) => member !== undefined)) return [];
    const rows = this.#fold.open.toReversed().filter((row) => fits(row, filter, this.keys));
    return rows.slice(0, limit).map((row) => rowOfOpen(row, this.keys));
  }

  find(id: string): RequestRow | undefined {
    const open = this.#fold.open.find((row) => row.id === id);
    if (open !== undefined) return rowOfOpen(open, this.keys);
    const [first] = this.page({ filter: { q: id }, limit: 1, order: 'desc' }).items;
    return first?.id === id ? first : undefined;
  }

  facets(filter: RequestFilter): Facets {
    return facetsOf(this.#chunks(true), this.#compile(filter), this.#words);
  }

  series(filter: RequestFilter, span: Span): readonly Bucket[] {
    return seriesOf(this.#chunks(true), this.#compile({ ...filter, from: span.fromMs, to: span.toMs }), span);
  }

  /** What each key has spent, bucket by bucket. */
  spend(span: SpendSpan): readonly { readonly tenant: string; readonly keyId: string | null; readonly microUnits: readonly number[] }[] {
    const compiled = this.#compile({ from: span.fromMs, to: span.fromMs + span.buckets * span.bucketMs });
    return spendOf(this.#chunks(true), compiled, span).map(({ principal, tenant, microUnits }) => ({
      tenant: this.#words.tenant.textOf(tenant),
      keyId: this.keys.keyOf(this.#words.principal.textOf(principal)) ?? null,
      microUnits: [...microUnits],
    }));
  }

  close(): void {
    this.#file.close();
  }

  #compile(filter: RequestFilter): CompiledFilter {
    return compileFilter(filter, { words: this.#words, principalOf: (keyId) => this.keys.principalOf(keyId) });
  }

  #row(chunk: ChunkView, place: number): RequestRow {
    return rowAt({ chunk, place, words: this.#words, keys: this.keys });
  }

  #seal(): void {
    const card = this.#growingCard();
    const columns = columnsOf(this.#growing);
    this.#unsaved.push({ card, columns });
    this.#cards.push(card);
    this.#startChunk(card.no + 1);
  }

  #startChunk(no = (this.#cards.at(-1)?.no ?? -1) + 1): void {
    this.#growing = new GrowingChunk(this.#words);
    this.#bounds = { ...newBounds(), no };
  }

  #growingCard(): ChunkCard {
    return { ...this.#bounds, rows: this.#growing.rows };
  }

  #chunks(isNewestFirst: boolean): readonly ChunkView[] {
    const stored = this.#cards.map((card): ChunkView => ({ ...card, column: (name) => this.#column(card.no, name) }));
    const growing = { ...this.#growingCard(), column: (name: ColumnName | 'id') => this.#growing.column(name) };
    return isNewestFirst ? [growing, ...stored.toReversed()] : [...stored, growing];
  }

  #column(no: number, name: ColumnName | 'id'): Column {
    const key = `${no} ${name}`;
    const kept = this.#cache.get(key);
    if (kept !== undefined) {
      // Taken out and put back, so that the cache stays in the order of use.
      this.#cache.delete(key);
      this.#cache.set(key, kept);
      return kept;
    }
    const waiting = this.#unsaved.find(({ card }) => card.no === no)?.columns.get(name);
    const column = columnFrom(name, waiting ?? this.#file.column(no, name));
    this.#keep(key, column);
    return column;
  }

  #keep(key: string, column: Column): void {
    this.#cache.set(key, column);
    this.#cachedBytes += column.byteLength;
    for (const [oldest, { byteLength }] of this.#cache) {
      if (this.#cachedBytes <= CACHE_BYTES_MAX) return;
      this.#cache.delete(oldest);
      this.#cachedBytes -= byteLength;
    }
  }
}

const newBounds = (): Omit<ChunkCard, 'rows'> => ({ no: 0, atMin: Infinity, atMax: -Infinity, closedMin: Infinity, closedMax: -Infinity });

function columnsOf(chunk: GrowingChunk): ReadonlyMap<string, Uint8Array> {
  return new Map(([...COLUMN_NAMES, 'id'] as const).map((name) => [name, bytesOf(chunk.column(name), chunk.rows, name)]));
}

function fits(row: OpenRow, filter: RequestFilter, keys: KeyNames): boolean {
  const { tenant, model, upstream, key, q, from = 0, to = Infinity } = filter;
  const wanted: readonly (readonly [string | undefined, string | undefined])[] = [
    [tenant, row.tenant],
    [model, row.model],
    [upstream, row.upstream],
    [key, keys.keyOf(row.principal) ?? row.keyId],
  ];
  return wanted.every(([want, has]) => want === undefined || want === has) && row.id.startsWith(q ?? '') && row.at >= from && row.at < to;
}

const positionSchema = z.object({ index: z.number(), segment: z.number(), offset: z.number() });

const savedSchema = z.object({
  version: z.number(),
  ledger: z.string(),
  position: positionSchema,
  marks: z.array(positionSchema),
  open: z.array(z.custom<OpenRow>((value) => typeof value === 'object' && value !== null && 'id' in value)),
  keys: z.array(z.tuple([z.string(), z.string()])),
  words: z.record(z.enum(WORD_COLUMNS), z.array(z.string())),
});

/** Undefined where nothing was saved, or where it makes no sense: then the ledger is read from its beginning. */
function parseSaved(text: string | undefined): z.output<typeof savedSchema> | undefined {
  if (text === undefined) return undefined;
  const parsed = savedSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Cut short or overwritten: no state, and the ledger is read from its beginning.
    return undefined;
  }
}
