// The columns of the index: what a row is, number by number, so that a million rows are read in a few milliseconds.
import { Words } from './words.ts';
import { VERDICTS, type SealedRow } from './row.ts';

/** Rows of one chunk. A full chunk never changes again. */
export const CHUNK_ROWS = 16_384;
/** `req_` and twenty characters. */
export const ID_BYTES = 24;

const f64 = Float64Array;
const u32 = Uint32Array;
const u16 = Uint16Array;
const u8 = Uint8Array;

const TYPES = {
  closed: f64,
  opened: f64,
  at: f64,
  microUnits: f64,
  inputTokens: u32,
  outputTokens: u32,
  ms: u32,
  firstByteMs: u32,
  tenant: u32,
  principal: u32,
  model: u16,
  upstream: u16,
  because: u16,
  topRule: u16,
  rules: u16,
  status: u16,
  findings: u16,
  classes: u16,
  format: u8,
  verdict: u8,
  streamed: u8,
  families: u8,
  severities: u8,
} as const;

export type ColumnName = keyof typeof TYPES;
export const COLUMN_NAMES = Object.keys(TYPES).filter((name): name is ColumnName => name in TYPES);

export type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** Columns whose numbers stand for texts. */
export const WORD_COLUMNS = ['tenant', 'principal', 'model', 'upstream', 'because', 'topRule', 'rules', 'format'] as const;
export type WordColumn = (typeof WORD_COLUMNS)[number];
export type Dictionaries = Readonly<Record<WordColumn, Words>>;

/** Tenants and keys are the operator's, and may be many. */
const OWNERS_MAX = 1_000_000;

export const newDictionaries = (texts: Partial<Record<WordColumn, readonly string[]>> = {}): Dictionaries => ({
  tenant: new Words(texts.tenant, OWNERS_MAX),
  principal: new Words(texts.principal, OWNERS_MAX),
  model: new Words(texts.model),
  upstream: new Words(texts.upstream),
  because: new Words(texts.because),
  topRule: new Words(texts.topRule),
  rules: new Words(texts.rules),
  format: new Words(texts.format),
});

/** No number: the largest of 32 bits, at which durations stop. */
export const NONE = 0xffff_ffff;
const U16_MAX = 0xffff;
/** Between the rules of one row. */
export const RULE_GLUE = ' ';

export function newColumn(name: ColumnName | 'id', rows: number): Column {
  return name === 'id' ? new Uint8Array(rows * ID_BYTES) : new TYPES[name](rows);
}

/** Bytes of a stored column as numbers again. */
export function columnFrom(name: ColumnName | 'id', bytes: Uint8Array): Column {
  // A copy of its own: what the database hands out need not lie at an even address.
  const { buffer } = new Uint8Array(bytes);
  return name === 'id' ? new Uint8Array(buffer) : new TYPES[name](buffer);
}

export const bytesOf = (column: Column, rows: number, name: ColumnName | 'id'): Uint8Array =>
  new Uint8Array(column.buffer, column.byteOffset, rows * (name === 'id' ? ID_BYTES : column.BYTES_PER_ELEMENT));

/** The chunk that grows. */
export class GrowingChunk {
  readonly #columns = new Map<ColumnName | 'id', Column>();
  readonly #words: Dictionaries;
  #rows: number;

  constructor(words: Dictionaries, stored?: { readonly rows: number; readonly column: (name: ColumnName | 'id') => Column }) {
    this.#words = words;
    this.#rows = stored?.rows ?? 0;
    for (const name of [...COLUMN_NAMES, 'id'] as const) {
      const column = newColumn(name, CHUNK_ROWS);
      if (stored !== undefined) column.set(stored.column(name));
      this.#columns.set(name, column);
    }
  }

  get rows(): number {
    return this.#rows;
  }

  column(name: ColumnName | 'id'): Column {
    const column = this.#columns.get(name);
    if (column === undefined) throw new Error(`there is no column ${name}`);
    return column;
  }

  push(row: SealedRow): void {
    const at = this.#rows;
    const put = (name: ColumnName, value: number): void => void (this.column(name)[at] = value);
    for (const [name, value] of this.#numbersOf(row)) put(name, value);
    // Only this program makes ids; one of another length could not be found again by its beginning, and is cut.
    Buffer.from(this.column('id').buffer).write(row.id.slice(0, ID_BYTES), at * ID_BYTES, 'latin1');
    this.#rows += 1;
  }

  #numbersOf(row: SealedRow): readonly (readonly [ColumnName, number])[] {
    const words = this.#words;
    return [
      ['closed', row.closed],
      ['opened', row.opened],
      ['at', row.at],
      ['microUnits', row.microUnits],
      ['inputTokens', Math.min(row.inputTokens, NONE)],
      ['outputTokens', Math.min(row.outputTokens, NONE)],
      ['ms', row.ms === undefined ? NONE : Math.min(row.ms, NONE - 1)],
      ['firstByteMs', row.firstByteMs === undefined ? NONE : Math.min(row.firstByteMs, NONE - 1)],
      ['tenant', words.tenant.codeOf(row.tenant)],
      ['principal', words.principal.codeOf(row.principal)],
      ['model', words.model.codeOf(row.model)],
      ['upstream', words.upstream.codeOf(row.upstream)],
      ['because', words.because.codeOf(row.because)],
      ['topRule', words.topRule.codeOf(row.topRule)],
      ['rules', words.rules.codeOf(row.rules.join(RULE_GLUE))],
      ['format', Math.min(words.format.codeOf(row.format), 0xff)],
      ['status', Math.min(row.status, U16_MAX)],
      ['findings', Math.min(row.findings, U16_MAX)],
      ['classes', row.classes],
      ['families', row.families],
      ['severities', row.severities],
      ['verdict', VERDICTS.indexOf(row.verdict)],
      ['streamed', row.streamed === undefined ? 2 : Number(row.streamed)],
    ];
  }
}
