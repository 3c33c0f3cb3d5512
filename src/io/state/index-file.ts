// A file of columns in SQLite, for what can be made anew from elsewhere: damaged, it is thrown away and not mended.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { assertDataFolder, assertPrivateFile } from './private-files.ts';

/** What is known of a chunk without reading its columns. */
export interface ChunkCard {
  readonly no: number;
  readonly rows: number;
  readonly atMin: number;
  readonly atMax: number;
  readonly closedMin: number;
  readonly closedMax: number;
}

export interface IndexChange {
  /** By name; each replaces the one before. */
  readonly texts: ReadonlyMap<string, string>;
  /** Chunks with all their columns; each replaces the one of the same number. */
  readonly chunks: readonly { readonly card: ChunkCard; readonly columns: ReadonlyMap<string, Uint8Array> }[];
  /** Chunks that end before this record are dropped. */
  readonly dropBelow?: number;
}

const SCHEMA = `
  create table if not exists texts (name text primary key, text text not null) strict;
  create table if not exists chunks (no integer primary key, rows integer not null, at_min real not null, at_max real not null,
    closed_min real not null, closed_max real not null) strict;
  create table if not exists columns (no integer not null, name text not null, data blob not null, unique (no, name)) strict;
`;

/** Only one thread may have it open. */
export class IndexFile {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Opens or makes the file. One that is no database, or a damaged one, is replaced by an empty one. Throws `private_path_refused`. */
  static open(path: string): IndexFile {
    assertDataFolder(dirname(path));
    try {
      return new IndexFile(openDatabase(path));
    } catch (error) {
      if (!isDamage(error)) throw error;
      for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
      return new IndexFile(openDatabase(path));
    }
  }

  text(name: string): string | undefined {
    const row = this.#database.prepare('select text from texts where name = ?').get(name);
    return typeof row?.['text'] === 'string' ? row['text'] : undefined;
  }

  /** Oldest first. */
  cards(): readonly ChunkCard[] {
    const rows = this.#database.prepare('select no, rows, at_min, at_max, closed_min, closed_max from chunks order by no').all();
    return rows.map((row) => ({
      no: Number(row['no']),
      rows: Number(row['rows']),
      atMin: Number(row['at_min']),
      atMax: Number(row['at_max']),
      closedMin: Number(row['closed_min']),
      closedMax: Number(row['closed_max']),
    }));
  }

  /** Throws when it is not there: a card without its columns is damage. */
  column(no: number, name: string): Uint8Array {
    const row = this.#database.prepare('select data from columns where no = ? and name = ?').get(no, name);
    const data = row?.['data'];
    if (!(data instanceof Uint8Array)) throw new Error(`chunk ${no} of the index has no column ${name}`);
    return data;
  }

  /** All of it or nothing. */
  save({ texts, chunks, dropBelow = -1 }: IndexChange): void {
    const database = this.#database;
    database.exec('begin immediate');
    try {
      const putText = database.prepare('insert or replace into texts (name, text) values (?, ?)');
      for (const [name, text] of texts) putText.run(name, text);
      const putCard = database.prepare('insert or replace into chunks values (?, ?, ?, ?, ?, ?)');
      const putColumn = database.prepare('insert or replace into columns (no, name, data) values (?, ?, ?)');
      for (const { card, columns } of chunks) {
        putCard.run(card.no, card.rows, card.atMin, card.atMax, card.closedMin, card.closedMax);
        for (const [name, data] of columns) putColumn.run(card.no, name, data);
      }
      database.prepare('delete from columns where no in (select no from chunks where closed_max < ?)').run(dropBelow);
      database.prepare('delete from chunks where closed_max < ?').run(dropBelow);
      database.exec('commit');
    } catch (error) {
      database.exec('rollback');
      throw error;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#database.exec('delete from texts; delete from chunks; delete from columns;');
  }

  close(): void {
    this.#database.close();
  }
}

function openDatabase(path: string): DatabaseSync {
  assertPrivateFile(path);
  const database = new DatabaseSync(path, { defensive: true });
  try {
    // Columns are long: large pages make them short chains. NORMAL, because what a power cut takes is read from the ledger again.
    database.exec(
      'pragma page_size = 65536; pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 128; pragma trusted_schema = off;',
    );
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** CORRUPT and NOTADB, sqlite.org/rescode.html, and a schema that is not ours. */
const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && [1, 11, 26].includes(error.errcode & 0xff);
