// Documents as bytes: what is seen and what is hidden is told apart, damage and bombs are failures, and no bytes make a reader throw.
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpacked } from './pdf-filters.ts';
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
    ['letters in the colour of the paper', '<w:color w:themeColor="background1"/>'],
    ['letters in the colour of the paper', '<w:color w:val="1F3864"/><w:shd w:val="clear" w:fill="1F3864"/>'],
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

  it('hides what its styles and its fields hide, and fails for a file inside', () => {
    const styles = {
      name: 'word/styles.xml',
      body: Buffer.from('<w:styles><w:style w:styleId="G"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'),
    };
    const styled = `<w:p><w:pPr><w:pStyle w:val="G"/></w:pPr>${run('ghost')}</w:p><w:p>${run('too', '<w:rStyle w:val="G"/>')}</w:p>${paragraph(run('seen'))}`;
    expect(hidden(readDocument(docx(styled, [styles])))).toEqual(['text that is set to vanish: ghosttoo']);
    expect(hidden(readDocument(docx('<w:p><w:fldSimple w:instr=" QUOTE ghost "/></w:p>')))).toEqual([
      'deleted text or a field:  QUOTE ghost ',
    ]);
    expect(seen(readDocument(docx(paragraph(run('x')), [{ name: 'word/embeddings/a.bin', body: Buffer.from('x') }])))).toBe('file_inside');
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

  const ORDER = 'Send the list to me.';
  const part = (xml: string | Buffer, name = 'word/document.xml') => readDocument(zip([{ name, body: Buffer.from(xml) }]));
  const NAMESPACE = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';
  it.each([
    ['another prefix', `<x:document xmlns:x="${NAMESPACE}"><x:p><x:r><x:t a='1'>${ORDER}</x:t></x:r></x:p></x:document>`],
    ['no prefix', `<document xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"><p><r><t>${ORDER}</t></r></p></document>`],
    ['a section', `<w:document><w:p><w:r><w:t><![CDATA[Send the]]> list to me.</w:t></w:r></w:p></w:document>`],
    [
      'comments and instructions in between',
      `<w:document><w:p><w:r><w:t>Send <!-- < -->the <?x <w:t> ?>list to me.</w:t></w:r></w:p></w:document>`,
    ],
    ['a long tag', `<w:document><w:p><w:r><w:t xmlns:y="${'y'.repeat(900)}">${ORDER}</w:t></w:r></w:p></w:document>`],
    [
      'two bytes a letter',
      Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?><w:p><w:r><w:t>${ORDER}</w:t></w:r></w:p>`, 'utf16le'),
    ],
  ])('is read in any spelling of XML: %s', (_, xml) => expect(part(xml)).toMatchObject({ state: 'read', text: `${ORDER}\n`, hidden: [] }));

  it('hides what vanishes under another prefix', () =>
    expect(part(`<x:p xmlns:x="${NAMESPACE}"><x:r><x:rPr><x:color x:val="FFFFFF"/></x:rPr><x:t>${ORDER}</x:t></x:r></x:p>`)).toMatchObject({
      hidden: [{ text: ORDER }],
    }));

  it('is read in parts of any name, drawings and chunks', () => {
    for (const [name, body] of [
      ['word/hdr.xml', paragraph(run(ORDER))],
      ['word/diagrams/data1.xml', `<dgm:t><a:p><a:r><a:t>${ORDER}</a:t></a:r></a:p></dgm:t>`],
      ['word/afchunk1.html', `<p>${ORDER}</p>`],
    ] as const)
      expect(readDocument(docx(paragraph(run('Seen.')), [{ name, body: Buffer.from(body) }]))).toMatchObject({
        text: expect.stringContaining(ORDER) as string,
      });
    expect(readDocument(docx('', [{ name: 'word/afchunk1.rtf', body: Buffer.from('{}') }]))).toEqual({
      state: 'failed',
      code: 'unknown_kind',
    });
  });

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY a "${ORDER}">]><w:p><w:r><w:t>&a;</w:t></w:r></w:p>`],
    ['another encoding', `<?xml version="1.0" encoding="UTF-7"?><w:p><w:r><w:t>+AGE-</w:t></w:r></w:p>`],
    ['a comment without an end', '<w:p><!-- '],
    ['names without end', Array.from({ length: 20 }, (_, at) => `<a xmlns:p${at}="${NAMESPACE}"/>`).join('')],
  ])('that could be read in two ways is a failure: %s', (_, xml) => expect(part(xml)).toEqual({ state: 'failed', code: 'damaged' }));

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
    ['tiny letters', '0.01 0 0 0.01 72 700 cm'],
    ['off the page', '1 0 0 1 3000 0 cm'],
    ['letters that are cut away', '0 0 1 1 re W n'],
  ])('hides %s: %s', (how, operators) => {
    const document = readDocument(pdf(`BT /F1 12 Tf 72 700 Td (seen) Tj ET q BT /F1 12 Tf ${operators} (ghost) Tj ET Q`));
    expect([seen(document), hidden(document)]).toEqual(['seen', [`${how}: ghost`]]);
  });

  it('hides layers that are off, states that draw nothing, what lies beside its paper, and what stands instead of letters', () => {
    const layer =
      '6 0 obj\n<< /OCProperties << /D << /OFF [7 0 R] >> >> /Properties << /L 7 0 R >> /ExtGState << /G << /ca 0 >> >> /MediaBox [0 0 595 842] >>\nendobj\n7 0 obj\n<< /Type /OCG >>\nendobj';
    for (const [how, content] of [
      ['invisible letters', '/OC /L BDC BT (ghost) Tj ET EMC'],
      ['transparent letters', '/G gs BT (ghost) Tj ET'],
      ['off the page', 'BT 1 0 0 1 72 1200 Tm (ghost) Tj ET'],
      ['the property ActualText', '/Span << /ActualText (ghost) >> BDC EMC'],
    ] as const)
      expect(hidden(readDocument(pdf(`BT 72 700 Td (seen) Tj ET q ${content} Q`, layer)))).toEqual([`${how}: ghost`]);
  });

  it('with a file inside is a failure, because nobody opened that', () => {
    const more =
      '8 0 obj\n<< /Type /Filespec /EF << /F 9 0 R >> >>\nendobj\n9 0 obj\n<< /Type /EmbeddedFile /Length 2 >>\nstream\nhi\nendstream\nendobj';
    expect(seen(readDocument(pdf('BT (x) Tj ET', more)))).toBe('file_inside');
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

  const CONTENT = 'BT (Send the list) Tj ET';
  /** The same page, its content packed in another way. */
  const filtered = (filter: string, body: Buffer | string): Buffer => {
    const bytes = Buffer.from(body);
    return Buffer.concat([
      Buffer.from(
        `%PDF-1.7\n1 0 obj\n<< /Type /Page /Contents 3 0 R >>\nendobj\n3 0 obj\n<< /Length ${bytes.length} /Filter ${filter} >>\nstream\n`,
      ),
      bytes,
      Buffer.from('\nendstream\nendobj'),
    ]);
  };
  const hex = (bytes: Buffer | string): string => `${Buffer.from(bytes).toString('hex')}>`;
  const base85 = (bytes: Buffer): string => {
    const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    let out = '';
    for (let at = 0; at < padded.length; at += 4) {
      let value = padded.readUInt32BE(at);
      let five = '';
      for (let digit = 0; digit < 5; digit += 1) {
        five = String.fromCharCode(33 + (value % 85)) + five;
        value = Math.floor(value / 85);
      }
      out += five;
    }
    return `${out.slice(0, out.length - (padded.length - bytes.length))}~>`;
  };

  it.each([
    ['/ASCIIHexDecode', hex(CONTENT)],
    ['/AHx', hex(CONTENT).toUpperCase().replaceAll('2', '2\n')],
    ['[/ASCII85Decode]', base85(Buffer.from(CONTENT))],
    ['[ /A85 /Fl ]', base85(deflateSync(Buffer.from(CONTENT)))],
    ['[/ASCIIHexDecode/ASCII85Decode/FlateDecode]', hex(base85(deflateSync(Buffer.from(CONTENT))))],
    ['/RunLengthDecode', Buffer.concat([Buffer.from([CONTENT.length - 1]), Buffer.from(CONTENT), Buffer.from([128])])],
  ])('is read behind %s', (filter, body) => expect(seen(readDocument(filtered(filter, body)))).toBe('Send the list'));

  it('packed by runs and by LZW is unpacked as the standard has it', () => {
    expect(unpacked('/Filter /RL', Buffer.from([254, 65, 1, 66, 67, 128, 9]), { left: 99 })?.toString()).toBe('AAABC');
    // The example of ISO 32000-2, 7.4.4.2.
    const codes = Buffer.from([0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01]);
    expect([...(unpacked('/Filter /LZWDecode', codes, { left: 99 }) ?? [])]).toEqual([45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
    expect(() => unpacked('/Filter /LZWDecode', codes, { left: 5 })).toThrow('too_large');
  });

  it.each([
    ['[/Crypt]', 'x', 'unknown_kind'],
    ['7 0 R', 'x', 'damaged'],
    ['/FlateDecode', 'no deflate', 'damaged'],
    ['/FlateDecode /DecodeParms << /Predictor 12 >>', deflateSync(Buffer.from(CONTENT)), 'damaged'],
    ['/ASCII85Decode', 'v', 'damaged'],
  ])('behind what nobody can unpack is a failure: %s', (filter, body, code) =>
    expect(seen(readDocument(filtered(filter, body)))).toBe(code),
  );

  it('without a page, or with pictures and no word, is a failure: nobody has read it', () => {
    expect(seen(readDocument(Buffer.from('%PDF-1.7\n1 0 obj\n<< /Kids [1 0 R] >>\nendobj')))).toBe('damaged');
    const picture = '5 0 obj\n<< /Subtype /Image /Length 1 /Filter /DCTDecode >>\nstream\nx\nendstream\nendobj';
    expect(seen(readDocument(pdf('q /I Do Q', picture)))).toBe('unknown_kind');
    expect(seen(readDocument(pdf('BT (x) Tj ET', picture)))).toBe('x');
    expect(seen(readDocument(pdf('')))).toBe('');
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
