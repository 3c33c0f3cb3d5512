// What the sink `sql` lets through, in a real database: nothing that was there is changed or gone, wherever a program puts it.
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SINK_DETECTORS } from '../../src/detect/sinks/sinks.ts';
import { createSpanScanner } from '../../src/detect/span/scanner.ts';

const scanner = createSpanScanner(SINK_DETECTORS);

function safeOf(text: string): string {
  const stream = scanner.stream({ direction: 'output', origin: 'model', context: {}, sink: 'sql' });
  return [stream.push(text), stream.end()]
    .flatMap(({ pieces }) => pieces)
    .map((piece) => (piece.kind === 'finding' ? (scanner.neutral(piece.finding.rule, piece.text) ?? '') : piece.text))
    .join('');
}

/** As a number, as a text in either kind of quotes, and behind a question that is complete. */
const PLACES: readonly ((text: string) => string)[] = [
  (text) => `SELECT * FROM t WHERE id = ${text}`,
  (text) => `SELECT * FROM t WHERE name = '${text}' AND id > 0`,
  (text) => `SELECT * FROM t WHERE name = "${text}"`,
  (text) => `SELECT * FROM t WHERE (id = ${text}) LIMIT 1`,
  (text) => text,
];

const PIECES = [
  ' '.repeat(30), `/* ${'x '.repeat(20)}*/`, `-- ${'y'.repeat(90)}\n`,
  '1', "'", '"', '`', ')', '(', ';', ';;', ' ', '\n', '\t', '\f', '--', '--\n', '-- x\n', '/*', '*/', '/**/', '/* x */', '[', ']', 'x', '#', '\\', 'x;', '\u00a0', '\ufeff',
  'DROP TABLE t', 'drop table t', 'DrOp TaBlE t', 'drop/**/table t', 'delete from t', 'DELETE FROM t WHERE 1', 'update t set id = 9', 'insert into t values (9, 9)', 'replace into t values (1, 9)',
  'alter table t add x', 'create table u (x)', 'select 1', 'with a as (select 1) delete from t', 'begin', 'end', 'commit', 'pragma writable_schema = 1', 'attach \':memory:\' as m', 'explain', 'vacuum', 'reindex', 'analyze', 'savepoint a', 'returning 1',
]; // prettier-ignore

function isChangedBy(sql: string): boolean {
  const database = new DatabaseSync(':memory:');
  database.exec("CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  try {
    database.exec(sql);
  } catch {
    // What the database cannot read changes nothing; what was read before it may have.
  }
  try {
    if (database.isTransaction) database.exec('COMMIT');
    const rows = JSON.stringify(database.prepare('SELECT * FROM t ORDER BY id').all());
    const tables = database.prepare('SELECT count(*) AS count FROM sqlite_master').get()?.['count'];
    return rows !== '[{"id":1,"name":"a"},{"id":2,"name":"b"}]' || tables !== 1;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

const mixtures = (count: number): readonly string[] =>
  fc
    .sample(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }), { numRuns: count, seed: 11 })
    .map((pieces) => pieces.join(''));

describe('in a database', () => {
  it('many mixtures change it as they are: the test can fail', () => {
    expect(mixtures(2_000).filter((text) => PLACES.some((place) => isChangedBy(place(text)))).length).toBeGreaterThan(50);
  });

  it('none of them does behind the sink, put into a question', () => {
    const asked = mixtures(2_000).flatMap((text) => PLACES.slice(0, -1).map((place) => place(safeOf(text))));
    expect(asked.filter(isChangedBy)).toEqual([]);
  });
});

const CONSTANTS = ['0', '1', '2', '-1', '+1', '1.0', '.5', '0x1', '1e0', "''", "'a'", "'b'", "'1'", 'true', 'false', 'null'];
const OPERATORS = ['=', '==', '<', '>', '<=', '>=', '<>', '!=', 'is', 'is not', 'like', 'not like', 'glob'];
const conditions = fc.record({
  or: fc.constantFrom(' or ', ' OR/**/', '\nOr\t', ' or(', ' or not '),
  left: fc.constantFrom(...CONSTANTS),
  operator: fc.constantFrom(...OPERATORS),
  right: fc.constantFrom(...CONSTANTS),
  blank: fc.constantFrom(' ', '/* x */', '\n'),
});

describe('a condition between constants', () => {
  it('that the database finds true for every row does not arrive, and one that it finds false does no harm', () => {
    const database = new DatabaseSync(':memory:');
    database.exec("CREATE TABLE t (id, name); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    const countOf = (text: string): number => {
      try {
        return Number(database.prepare(`SELECT count(*) AS count FROM t WHERE id = 9${text}`).get()?.['count']);
      } catch {
        return 0;
      }
    };
    const asked = fc
      .sample(conditions, { numRuns: 4_000, seed: 5 })
      .map(({ or, left, operator, right, blank }) => `${or}${left}${blank}${operator}${blank}${right}${or.endsWith('(') ? ')' : ''}`);
    expect(asked.filter((text) => countOf(text) > 0).length).toBeGreaterThan(500);
    expect(asked.filter((text) => countOf(safeOf(text)) > 0)).toEqual([]);
    database.close();
  });
});
