// Documents as bytes: what is seen and what is hidden is told apart, damage and bombs are failures, and no bytes make a reader throw.
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument, type ReadDocument } from './read-document.ts';

interface Part {
  readonly name: string;
  readonly body: Buffer;
}

/** A ZIP archive of deflated parts. */
function zip(parts: readonly Part[], flags = 0): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, body } of parts) {
    const packed = deflateRawSync(body);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(body), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(body.length, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(flags, 8);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(body.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    entries.push(entry, Buffer.from(name));
    locals.push(local, Buffer.from(name), packed);
    at += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, directory, end]);
}

const run = (text: string, properties = ''): string =>
  `<w:r>${properties === '' ? '' : `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${text}</w:t></w:r>`;
const docx = (body: string, more: readonly Part[] = []): Buffer =>
  zip([{ name: 'word/document.xml', body: Buffer.from(`<w:document><w:body>${body}</w:body></w:document>`) }, ...more]);
const paragraph = (...runs: readonly string[]): string => `<w:p>${runs.join('')}</w:p>`;

/** A PDF of one page with that content; no cross-reference table, because readers must not need one. */
function pdf(content: string, more = ''): Buffer {
  const packed = deflateSync(Buffer.from(content, 'latin1'));
  return Buffer.concat([
    Buffer.from(
      `%PDF-1.7\n1 0 obj\n<< /Type /Page /Resources << /Font << /F1 2 0 R /F2 4 0 R >> >> /Contents 3 0 R >>\nendobj\n2 0 obj\n<< /Type /Font /Subtype /Type1 >>\nendobj\n3 0 obj\n<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n`,
      'latin1',
    ),
    packed,
    Buffer.from(`\nendstream\nendobj\n${more}\ntrailer\n<< /Root 1 0 R >>\n%%EOF`, 'latin1'),
  ]);
}

const seen = (document: ReadDocument): string => (document.state === 'read' ? document.text.trim() : document.code);
const hidden = (document: ReadDocument): readonly string[] =>
  document.state === 'read' ? document.hidden.map(({ how, text }) => `${how}: ${text}`) : [document.code];

describe('a Word document', () => {
  it('says what stands in its paragraphs', () => {
    const document = readDocument(docx(paragraph(run('Rent &amp; bills'), run(' for M&#228;rz')) + paragraph(run('Thanks'))));
    expect([seen(document), hidden(document)]).toEqual(['Rent & bills for März\nThanks', []]);
  });

  it.each([
    ['text that is set to vanish', '<w:vanish/>'],
    ['letters in the colour of the paper', '<w:color w:val="FFFFFF"/>'],
    ['letters in the colour of the paper', '<w:color w:val="fefefe"/>'],
    ['tiny letters', '<w:sz w:val="2"/>'],
  ])('hides %s: %s', (how, properties) => {
    const document = readDocument(docx(paragraph(run('seen '), run('ghost', properties), run('too'))));
    expect([seen(document), hidden(document)]).toEqual(['seen too', [`${how}: ghost`]]);
  });

  it.each([
    '<w:vanish w:val="0"/>',
    '<w:color w:val="FF0000"/>',
    '<w:sz w:val="24"/>',
    '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000000"/>',
  ])('shows letters with %s', (properties) => {
    expect(seen(readDocument(docx(paragraph(run('shown', properties)))))).toBe('shown');
  });

  it('hides comments, properties, deleted text and what stands behind images', () => {
    const document = readDocument(
      docx(
        `${paragraph(run('seen'))}<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p><wp:docPr id="1" descr="a picture of a cat"/>`,
        [
          { name: 'word/comments.xml', body: Buffer.from('<w:comments><w:p><w:t>psst</w:t></w:p></w:comments>') },
          { name: 'docProps/core.xml', body: Buffer.from('<a><dc:description>for machines</dc:description></a>') },
        ],
      ),
    );
    expect(hidden(document)).toEqual([
      'deleted text or a field: gone',
      'a comment: psst',
      'a property of the file: for machines',
      'the text behind an image: a picture of a cat',
    ]);
  });

  it('that is encrypted, no Word document, or inflates without end is a failure', () => {
    const part = { name: 'word/document.xml', body: Buffer.from('x') };
    expect(seen(readDocument(zip([part], 1)))).toBe('encrypted');
    expect(seen(readDocument(zip([{ ...part, name: 'a.txt' }])))).toBe('unknown_kind');
    expect(seen(readDocument(zip([{ ...part, body: Buffer.alloc(34_000_000) }])))).toBe('too_large');
    expect(seen(readDocument(docx('<w:p/>').subarray(0, -30)))).toBe('damaged');
  });
});

describe('a PDF', () => {
  it('says what its pages show', () => {
    expect(seen(readDocument(pdf('BT /F1 12 Tf 72 700 Td (Rent \\(May\\)) Tj 0 -14 Td [(Tha) -20 (nks) -300 (all)] TJ ET')))).toBe(
      'Rent (May)\nThanks all',
    );
  });

  it.each([
    ['invisible letters', '3 Tr'],
    ['letters in the colour of the paper', '1 1 1 rg'],
    ['letters in the colour of the paper', '1 g'],
    ['letters in the colour of the paper', '0 0 0 0 k'],
    ['tiny letters', '/F1 0.5 Tf'],
    ['off the page', '1 0 0 1 -900 10 Tm'],
  ])('hides %s: %s', (how, operators) => {
    const document = readDocument(pdf(`BT /F1 12 Tf 72 700 Td (seen) Tj ET q BT /F1 12 Tf ${operators} (ghost) Tj ET Q`));
    expect([seen(document), hidden(document)]).toEqual(['seen', [`${how}: ghost`]]);
  });

  it('reads codes by the map of their font', () => {
    const cmap = 'beginbfchar <0001> <0048> endbfchar beginbfrange <0002> <0003> <0069> endbfrange';
    const fonts = `4 0 obj\n<< /Type /Font /Subtype /Type0 /ToUnicode 5 0 R >>\nendobj\n5 0 obj\n<< /Length ${cmap.length} >>\nstream\n${cmap}\nendstream\nendobj`;
    expect(seen(readDocument(pdf('BT /F2 12 Tf <000100020003> Tj ET', fonts)))).toBe('Hij');
  });

  it('hides its properties and notes', () => {
    const more = '6 0 obj\n<< /Title (A quiet title) /Keywords <FEFF006D006F0072006500210021> >>\nendobj';
    expect(hidden(readDocument(pdf('BT (x) Tj ET', more)))).toEqual(['the property Title: A quiet title', 'the property Keywords: more!!']);
  });

  it('that is encrypted is a failure', () => {
    const file = Buffer.from(pdf('BT (x) Tj ET').toString('latin1').replace('/Root 1 0 R', '/Root 1 0 R /Encrypt 9 0 R'), 'latin1');
    expect(seen(readDocument(file))).toBe('encrypted');
  });

  it('that inflates without end is a failure', () => {
    expect(seen(readDocument(pdf(`BT (${' '.repeat(34_000_000)}) Tj ET`)))).toBe('too_large');
  });
});

describe('any bytes', () => {
  it('give a text or a failure', () => {
    const parts = fc.constantFrom(
      '%PDF-1.4',
      ' 1 0 obj ',
      '<< /Length 9 >> stream\n',
      'endstream',
      ' endobj',
      'BT (a) Tj',
      '[(',
      ') TJ',
      '<00>',
      '/Font << /F1 1 0 R >>',
      '/Type /ObjStm /First 3',
      'PK\u0003\u0004',
      'PK\u0001\u0002',
      'PK\u0005\u0006',
      '\u0000',
      'word/document.xml',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 30 }), (list) => {
        expect(['read', 'failed']).toContain(readDocument(Buffer.from(list.join(''), 'latin1')).state);
      }),
      { numRuns: 300 },
    );
  });

  it.each(['(', '[(a)', '<< /Font << ', '1 0 obj ', 'stream\n', '/F1 1 0 R '])('cost no more than their number: a PDF of %j', (part) => {
    const start = process.hrtime.bigint();
    readDocument(Buffer.from(`%PDF-1.7\n${part.repeat(Math.ceil(300_000 / part.length))}`));
    readDocument(pdf(part.repeat(Math.ceil(300_000 / part.length))));
    // A bound against quadratic time, far above what it takes, for busy machines.
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(6_000);
  });
});
