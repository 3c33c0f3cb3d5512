// Text blocks that a client joins are judged joined: a secret cut over two of them stops the answer before its second half leaves.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newInspector } from './support/stream-channels.ts';

const KEY = ['AKIA', 'Z7QX', '3MWL', 'K2VN', 'T4RD'].join('');
const CARD = ['4111', '1111', '1111', '1111'].join(' ');

interface Heard {
  readonly out: string;
  readonly isBlocked: boolean;
}

/** Blocks one after the other, each in pieces of the given length. */
function hear(blocks: readonly string[], pieceUnits = 4, group: string | null = 'text'): Heard {
  const inspector = newInspector();
  let out = '';
  for (const [at, block] of blocks.entries()) {
    for (let from = 0; from < block.length; from += pieceUnits)
      out += inspector.push(`block ${at}`, block.slice(from, from + pieceUnits), group ?? undefined);
    out += inspector.end(`block ${at}`);
  }
  return { out, isBlocked: inspector.isBlocked };
}

describe('text blocks that are joined', () => {
  it.each([KEY, CARD])('stop an answer that cuts %# over two of them, wherever the cut', (secret) => {
    for (let cut = 1; cut < secret.length; cut++) {
      for (const pieceUnits of [1, 5, 64]) {
        const { out, isBlocked } = hear([`the value is ${secret.slice(0, cut)}`, `${secret.slice(cut)} and that is all.`], pieceUnits);
        // One digit of a card or the first letters of a key may stand alone: then the rest is masked as it is.
        expect(out).not.toContain(secret);
        if (!isBlocked) expect(out).toContain('[');
      }
    }
  });

  it('over three of them as well', () => {
    const { out, isBlocked } = hear([`key ${KEY.slice(0, 7)}`, KEY.slice(7, 13), `${KEY.slice(13)} end`]);
    expect([isBlocked, out.includes(KEY)]).toEqual([true, false]);
  });

  it('mask a whole secret in one block as ever', () => {
    const { out, isBlocked } = hear(['nothing here. ', `the key is ${KEY}, `, 'and nothing there.']);
    expect([isBlocked, out]).toEqual([false, 'nothing here. the key is [AWS_ACCESS_KEY], and nothing there.']);
  });

  it('do not judge again what was masked or let out before', () => {
    const { out, isBlocked } = hear([`card ${CARD}`, `, then ${CARD}`, ' end']);
    expect([isBlocked, out]).toEqual([false, 'card [CREDIT_CARD], then [CREDIT_CARD] end']);
  });

  it('are left alone where nobody joins them', () => {
    expect(hear([KEY.slice(0, 9), KEY.slice(9)], 4, null).isBlocked).toBe(false);
  });

  it('give clean text back unchanged, however it is cut', () => {
    const words = fc.array(fc.constantFrom('the ', 'sea ', 'is ', 'wide. ', 'It ', 'has 12 ', 'lights, ', 'über ', '海 '), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (blocks, pieceUnits) => {
        const texts = blocks.map((block) => block.join(''));
        expect(hear(texts, pieceUnits)).toEqual({ out: texts.join(''), isBlocked: false });
      }),
    );
  });
});
