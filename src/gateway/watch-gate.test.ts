// The gate of one channel: nothing passes that is not judged, what is hidden is replaced whole, and cuts change nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../core/types.ts';
import { createSpanScanner } from '../detect/span/scanner.ts';
import { cutAt, OUTPUT } from '../detect/span/law.fixture.ts';
import { spanDetectors } from '../detect/span/detectors.fixture.ts';
import type { TextWatch } from '../detect/text-watch.ts';
import { maskFor } from './mask.ts';
import { WatchGate } from './watch-gate.ts';

const scanner = createSpanScanner(spanDetectors);

/** Finds what lies between two stops if it has the word in it. */
function wordWatch(word: string, type: string): TextWatch {
  let text = '';
  let clearTo = 0;
  return {
    read(part, isFinal) {
      text += part;
      const findings: Finding[] = [];
      const judge = (stop: number): void => {
        if (text.slice(clearTo, stop).includes(word))
          findings.push({ rule: 'x', class: 'harm', type, severity: 'high', score: 1, start: clearTo, end: stop, reason: '', taxonomy: 'jailbreak' }); // prettier-ignore
        clearTo = stop;
      };
      for (let end = text.indexOf('.', clearTo); end >= 0; end = text.indexOf('.', clearTo)) judge(end + 1);
      if (isFinal && clearTo < text.length) judge(text.length);
      return findings;
    },
    get clearTo() {
      return clearTo;
    },
  };
}

function shown(parts: readonly string[], watches: readonly TextWatch[], isHidden = true): string {
  const gate = new WatchGate(watches);
  const stream = scanner.stream(OUTPUT);
  let out = '';
  const take = (part: string, isFinal: boolean): void => {
    const { pieces } = isFinal ? stream.end() : stream.push(part);
    for (const { piece, isCovered } of gate.pass({ part, isFinal, pieces, isHidden: () => isHidden })) {
      if (isCovered) continue;
      if (piece.kind === 'clear') out += piece.text;
      if (piece.kind === 'finding') out += maskFor(piece.finding);
    }
  };
  for (const part of parts) take(part, false);
  take('', true);
  expect(gate.heldUnits).toBe(0);
  return out;
}

const two = () => [wordWatch('war', 'one'), wordWatch('peace', 'two')];

describe('a gate', () => {
  it.each([
    ['All is well. There is war. Call me.', 'All is well.[ONE] Call me.'],
    ['war and peace. Then rest.', '[ONE] Then rest.'],
    ['card 4111 1111 1111 1111 in war.', '[ONE]'],
    ['card 4111 1111 1111 1111. war', 'card [CREDIT_CARD].[ONE]'],
    ['war. war.', '[ONE][ONE]'],
    ['', ''],
  ])('%j becomes %j', (text, out) => expect(shown([text], two())).toBe(out));

  it('lets pass what is found and not hidden, with what others hide in it', () =>
    expect(shown(['card 4111 1111 1111 1111 in war.'], two(), false)).toBe('card [CREDIT_CARD] in war.'));

  it('lets nothing out before it is judged', () => {
    const gate = new WatchGate([wordWatch('war', 'one')]);
    const step = { isFinal: false, isHidden: () => true };
    expect(gate.pass({ ...step, part: 'There is ', pieces: [{ kind: 'clear', text: 'There is ' }] })).toEqual([]);
    expect(gate.heldUnits).toBe(9);
    const [first] = gate.pass({ ...step, part: 'peace. Or', pieces: [{ kind: 'clear', text: 'peace. Or' }] });
    expect(first?.piece.text).toBe('There is ');
    expect(gate.heldUnits).toBe(3);
  });

  it('lets nothing out any more when a judge throws', () => {
    const broken: TextWatch = { read: () => { throw new Error('broken'); }, clearTo: 99 }; // prettier-ignore
    const gate = new WatchGate([broken]);
    expect(gate.pass({ part: 'a', isFinal: false, pieces: [{ kind: 'clear', text: 'a' }], isHidden: () => false })).toEqual([]);
    expect(gate.failure).toBe('detector_error');
  });

  it('shows the same however the text is cut', () => {
    const texts = fc
      .array(fc.constantFrom('war', 'peace', '. ', '.', 'card 4111 1111 1111 1111', ' ada@example.org ', 'word ', '😀'), { maxLength: 20 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (text, places, isHidden) => {
        const cuts = places.map((place) => place % (text.length + 1));
        expect(shown(cutAt(text, cuts), two(), isHidden)).toBe(shown([text], two(), isHidden));
      }),
      { numRuns: 300 },
    );
  });
});
