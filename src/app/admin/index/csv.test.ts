// Whatever stands in a cell comes back as text, and nothing a spreadsheet or a terminal would act on.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvLine } from './csv.ts';

/** RFC 4180, read plainly. */
function parse(line: string): readonly string[] {
  const cells: string[] = [];
  let [cell, isQuoted] = ['', false];
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (isQuoted && char === '"' && line.charAt(at + 1) === '"') {
      cell += '"';
      at++;
    } else if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === ',' || line.startsWith('\r\n', at))) {
      cells.push(cell);
      cell = '';
      if (char === '\r') break;
    } else cell += char;
  }
  return cells;
}

const hostile = fc.string({
  unit: fc.constantFrom('=', '+', '-', '@', '"', "'", ',', '\n', '\r', '\t', ' ', '\u001b', '\u202e', '＝', ';', 'a', '1', '.'),
  maxLength: 12,
});

describe('a line of CSV', () => {
  it('has as many cells as it was given, each of them inert', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hostile, fc.string()), { minLength: 1, maxLength: 6 }), (cells) => {
        const line = csvLine(cells);
        const read = parse(line);
        expect(read).toHaveLength(cells.length);
        for (const [at, cell] of read.entries()) {
          const isNumber = /^-?\d+(?:\.\d+)?$/.test(cell);
          expect(isNumber || !/^[\s\uFEFF]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(cell)).toBe(true);
          expect(cell).not.toMatch(/[\u0000-\u0008\u001b\u202a-\u202e]/);
          expect(cell).not.toMatch(/[;\t]\s*[=+\-@＝＋－＠]/u);
          // Apart from apostrophes and what was replaced, nothing is lost.
          expect(cell.replaceAll("'", '').length).toBe((cells[at] ?? '').replaceAll("'", '').length);
        }
      }),
    );
  });
});
