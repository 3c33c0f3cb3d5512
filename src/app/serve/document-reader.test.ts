// Documents in a thread of their own: read there, ended there when they take too long, and the next one is read again.
import { describe, expect, it } from 'vitest';
import { createDocumentReader } from './document-reader.ts';

const PDF = Buffer.from(
  '%PDF-1.7\n1 0 obj\n<< /Length 40 >>\nstream\nBT /F1 12 Tf 72 700 Td (Rent of May) Tj  ET\nendstream\nendobj\n' +
    '2 0 obj\n<< /Type /Page /Contents 1 0 R >>\nendobj\n',
);

describe('a document', () => {
  it('is read in a thread, one after the other', () => {
    const read = createDocumentReader();
    expect(read(PDF)).toMatchObject({ state: 'read', kind: 'pdf', text: 'Rent of May' });
    expect(read(Buffer.from('PK\u0003\u0004 no archive'))).toEqual({ state: 'failed', code: 'damaged' });
    expect(read(PDF)).toMatchObject({ state: 'read' });
  });

  it('that takes too long is not read, and ends its thread', () => {
    const read = createDocumentReader(0);
    expect(read(PDF)).toEqual({ state: 'failed', code: 'too_large' });
  });
});
