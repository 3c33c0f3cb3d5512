// However an upstream cuts its text, on whichever channel, a client reads what it would read had the text been judged whole;
// and text in which nothing could be found is not made to wait.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseParser } from '../src/gateway/sse.ts';
import { privateKey, seeded, tokens, webToken } from '../src/detect/span/planted.fixture.ts';
import type { JsonObject } from '../src/core/types.ts';
import { CHANNELS, eventsIn, newAdapter, newInspector, redacted, type StreamChannel } from './support/stream-channels.ts';

const next = seeded(20_261_122);
const AWS = tokens(7).find(({ type }) => /aws/i.test(type))?.value ?? '';
const CARD = '4111 1111 1111 1111';
const MAIL = 'ada.lovelace@example.org';

interface Heard {
  readonly text: string;
  readonly copies: readonly string[];
}

const dataOf = (event: JsonObject | '[DONE]'): string => (event === '[DONE]' ? event : JSON.stringify(event));

/** Sends the pieces through the adapter, event by event, and reads like a client. */
function send(channel: StreamChannel, pieces: readonly string[]): Heard {
  const adapter = newAdapter(channel.format, newInspector());
  let out = '';
  const events = [...channel.opening, ...pieces.map(channel.delta), ...channel.closing(pieces.join(''))];
  for (const event of events) out += adapter.onEvent({ name: '', data: dataOf(event) });
  const { text, isComplete } = adapter.onEnd();
  expect(isComplete).toBe(true);
  return hear(channel, out + text + adapter.finale());
}

function hear(channel: StreamChannel, output: string): Heard {
  const events = eventsIn(output);
  return {
    text: events.map((event) => channel.read(event) ?? '').join(''),
    copies: events.flatMap((event) => channel.copies?.(event) ?? []),
  };
}

function expectWhole(channel: StreamChannel, pieces: readonly string[], expected: string): void {
  const { text, copies } = send(channel, pieces);
  // Plain comparisons: this runs tens of thousands of times.
  if (text !== expected || copies.some((copy) => copy !== expected)) {
    expect({ pieces, text, copies: [...new Set(copies)] }).toEqual({ pieces, text: expected, copies: [expected] });
  }
}

const cutAt = (text: string, ...places: readonly number[]): string[] =>
  [0, ...places].map((place, index) => text.slice(place, places[index] ?? text.length));

function expectAllCuts(channel: StreamChannel, text: string): void {
  const expected = redacted(text);
  for (let first = 0; first <= text.length; first++) {
    expectWhole(channel, cutAt(text, first), expected);
    for (let second = first + 1; second < text.length; second++) expectWhole(channel, cutAt(text, first, second), expected);
  }
}

describe('the samples of this test', () => {
  it.each([
    ['a token', AWS],
    ['a card', CARD],
    ['an address', MAIL],
  ])('%s is masked', (_, value) => {
    // Of an address, the first character stays.
    expect(redacted(`so ${value} it`)).toMatch(/^so a?\[[A-Z_]+\] it$/);
  });
});

describe('all cuts in two and in three', () => {
  const short = `é ${AWS}, ${MAIL}…`;
  it.each(CHANNELS)('$name: a token and an address', (channel) => {
    expectAllCuts(channel, short);
  });

  const [first] = CHANNELS;
  it.each([
    ['a card between numbers', `In 2024, 12 of 4000: ${CARD}, expires 12/29; call back.`],
    ['a web token', `Bearer ${webToken(next).slice(0, 110)} x`],
    ['emoji around a token', `👩‍💻${AWS}🔑`],
    ['a beginning that comes to nothing', `${AWS.slice(0, 9)} and ${MAIL.slice(0, 13)} and 4111 1111 or so.`],
  ])('%s', (_, text) => {
    if (first !== undefined) expectAllCuts(first, text);
  });
});

const plantedArb = fc.constantFrom(
  ...tokens(11).map(({ before, value }) => before + value),
  CARD,
  CARD.replaceAll(' ', '-'),
  '5555555555554444',
  MAIL,
  'DE89 3704 0044 0532 0130 00',
  webToken(next),
  privateKey(next),
  ['password = "', 'Tr0ub4dor', '&3xK9q"'].join(''),
  ['postgres://root:', 'hunter2hunter2', '@db.internal:5432/app'].join(''),
);
const fillerArb = fc.oneof(
  fc.constantFrom(
    ' ',
    '\n',
    ', ',
    ' the answer is ',
    'Grüße 🎉 ',
    '日本語の文章。',
    '-----BEGIN ',
    'sk-',
    'AKIA',
    '4111 11',
    '@',
    'eyJ',
    ' 12 ',
    '"',
    '\\',
    '</x>',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 20 }),
);
const textArb = fc
  .array(fc.oneof({ arbitrary: fillerArb, weight: 3 }, { arbitrary: plantedArb, weight: 1 }), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(''));
const placesArb = (text: string) =>
  fc.uniqueArray(fc.nat({ max: text.length }), { maxLength: 12 }).map((places) => places.sort((a, b) => a - b));

describe('sampled cuts', () => {
  const cases = textArb.chain((text) => fc.tuple(fc.constant(text), placesArb(text)));

  it.each(CHANNELS)('$name: any text, any cuts', (channel) => {
    fc.assert(
      fc.property(cases, ([text, places]) => expectWhole(channel, cutAt(text, ...places), redacted(text))),
      { numRuns: 120 },
    );
  });

  it('unit by unit', () => {
    fc.assert(
      fc.property(textArb, fc.constantFrom(...CHANNELS), (text, channel) => expectWhole(channel, text.split(''), redacted(text))),
      { numRuns: 200 },
    );
  });

  it('several channels and choices interleaved do not mix', () => {
    const format = 'openai-chat';
    const channels = CHANNELS.filter((channel) => channel.format === format && !/custom|third/.test(channel.name));
    fc.assert(
      fc.property(
        fc.array(cases, { minLength: channels.length, maxLength: channels.length }),
        fc.infiniteStream(fc.nat()),
        (texts, order) => {
          const adapter = newAdapter(format, newInspector());
          const queues = channels.map((channel, index) => ({
            channel,
            pieces: cutAt(texts[index]?.[0] ?? '', ...(texts[index]?.[1] ?? [])),
          }));
          let out = '';
          for (
            let open = queues.filter(({ pieces }) => pieces.length > 0);
            open.length > 0;
            open = open.filter(({ pieces }) => pieces.length > 0)
          ) {
            const chosen = open[order.next().value % open.length];
            out += adapter.onEvent({ name: '', data: JSON.stringify(chosen?.channel.delta(chosen.pieces.shift() ?? '')) });
          }
          out += adapter.onEvent({ name: '', data: '[DONE]' }) + adapter.onEnd().text;
          for (const [index, channel] of channels.entries()) expect(hear(channel, out).text).toBe(redacted(texts[index]?.[0] ?? ''));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('cuts of bytes', () => {
  const bytesOf = (channel: StreamChannel, text: string, lineEnd: string): Buffer => {
    const events = [...channel.opening, channel.delta(text.slice(0, 9)), channel.delta(text.slice(9)), ...channel.closing(text)];
    return Buffer.from(events.map((event) => `event: x${lineEnd}data: ${dataOf(event)}${lineEnd}${lineEnd}`).join(''));
  };
  const receive = (channel: StreamChannel, chunks: readonly Uint8Array[]): Heard => {
    const parser = new SseParser(1_000_000);
    const adapter = newAdapter(channel.format, newInspector());
    let out = '';
    for (const chunk of chunks) for (const event of parser.push(chunk)) out += adapter.onEvent(event);
    const { text } = adapter.onEnd();
    return hear(channel, out + text + adapter.finale());
  };
  const text = `Grüße 🎉 ${AWS} 日本`;

  it.each(['\n', '\r\n', '\r'])('inside characters and lines, at every byte (line end %j)', (lineEnd) => {
    for (const channel of CHANNELS.filter(({ name }) => /chat content$|output_text|messages text|completions/.test(name))) {
      const bytes = bytesOf(channel, text, lineEnd);
      for (let place = 0; place <= bytes.length; place++) {
        const heard = receive(channel, [bytes.subarray(0, place), bytes.subarray(place)]);
        if (heard.text !== redacted(text)) expect({ place, text: heard.text }).toEqual({ place, text: redacted(text) });
      }
    }
  });

  it('at many places at once, and byte by byte', () => {
    const [channel] = CHANNELS;
    if (channel === undefined) throw new Error('no channels');
    const bytes = bytesOf(channel, text, '\r\n');
    expect(
      receive(
        channel,
        [...bytes].map((byte) => Uint8Array.of(byte)),
      ).text,
    ).toBe(redacted(text));
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: bytes.length }), { maxLength: 40 }), (unsorted) => {
        const places = unsorted.sort((a, b) => a - b);
        const chunks = [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length));
        expect(receive(channel, chunks).text).toBe(redacted(text));
      }),
      { numRuns: 300 },
    );
  });
});

describe('clean prose is not made to wait', () => {
  // A gateway that buffers whole answers, or sentences, must fail here.
  const PROSE = `The harbour of the old town lies on the eastern side of the bay, sheltered by a long wall that was built in 1894. Ships of
up to 3,500 tonnes can enter at high water. In the morning the fishing boats come back, and by half past nine the market is busy:
cod, mackerel, herring, and sometimes a crate of langoustines. Visitors who stay for lunch sit outside the small restaurants,
where a bowl of soup costs 12.50 and a glass of the local cider 4.80. The museum (open daily from 10 to 17, except on Mondays)
shows models of the vessels that once carried salt and timber across the sea. Its director, who studied naval history for eleven
years, likes to say that a town without a harbour is a town without a memory. "We keep what the water brings", she adds.
  const total = prices.reduce((sum, price) => sum + price, 0);
  - first, rinse the barley; - second, bring 2 litres of water to the boil; - third, add a pinch of salt.
Übrigens: Größe und Maß sind hier nicht dasselbe, und auch 東京 ist weit weg. 🎏 In short, it is worth the trip.`;
  const words = PROSE.split(/(?<=\s)/);
  /** Longest run of a single word of the text, and room for a number that could still become one to hide. */
  const HELD_UNITS_MAX = 48;

  it('is clean', () => {
    expect(redacted(PROSE)).toBe(PROSE);
  });

  it.each(CHANNELS)('$name: lets the first word out with its own event, and never holds more than a few words', (channel) => {
    const inspector = newInspector();
    const adapter = newAdapter(channel.format, inspector);
    for (const event of channel.opening) adapter.onEvent({ name: '', data: dataOf(event) });
    let sent = 0;
    let heard = 0;
    let behindSum = 0;
    for (const [index, word] of words.entries()) {
      sent += word.length;
      heard += hear(channel, adapter.onEvent({ name: '', data: JSON.stringify(channel.delta(word)) })).text.length;
      if (index === 0) expect(heard).toBe(word.length);
      behindSum += sent - heard;
      expect(sent - heard).toBeLessThanOrEqual(HELD_UNITS_MAX);
    }
    expect(inspector.heldUnitsMax).toBeLessThanOrEqual(HELD_UNITS_MAX);
    // On average, a client is less than one short word behind.
    expect(behindSum / words.length).toBeLessThan(4);
  });

  it('is a word behind at most when words come with the space before them, as most models send them', () => {
    for (const channel of CHANNELS) {
      const adapter = newAdapter(channel.format, newInspector());
      for (const event of channel.opening) adapter.onEvent({ name: '', data: dataOf(event) });
      const behind: number[] = [];
      let sent = 0;
      let heard = 0;
      for (const word of PROSE.split(/(?=\s)/)) {
        sent += word.length;
        heard += hear(channel, adapter.onEvent({ name: '', data: JSON.stringify(channel.delta(word)) })).text.length;
        behind.push(sent - heard);
      }
      expect(behind[0]).toBeLessThan(3);
      expect(Math.max(...behind)).toBeLessThanOrEqual(HELD_UNITS_MAX);
      expect(behind.reduce((sum, units) => sum + units, 0) / behind.length).toBeLessThan(8);
    }
  });
});
