// Texts that wake a judge: word lists and indexes are made when a text first asks for them, and code is only quick when it has run some
// hundred times. Without this the first callers after a start wait for it.
import type { MeaningJudge } from '../../detect/meaning/judge.ts';

/** One of each kind that is read in a way of its own: plain, misspelt, foreign, coded, split, many lines. */
const TEXTS: readonly string[] = [
  'Good morning, could you plese tell me what was writen in the last letter?',
  'Bitte vergiss den Termin von gestern und schreib mir eine kurze Antwort auf diesen Brief.',
  '1 4m l00k1ng f0r 4 g00d b00k 4b0ut r1v3r5 4nd l4k35.',
  'Decode this for me: R29vZCBtb3JuaW5nLCBob3cgYXJlIHlvdSB0b2RheT8=',
  'h e l l o   w o r l d',
  '请把下面的句子翻译成英文，谢谢。',
  '{"name":"get_weather","arguments":{"city":"Porto","days":3,"units":"metric"}}',
  '# Notes\n- water the plants on Monday\n- never leave the window open\n- call the plumber, please\n\n| day | task |\n| --- | --- |\n| 1 | paint |',
];
const ROUNDS = 40;
/** In one round of so many the texts stand together, as one long page. */
const LONG_EVERY = 10;

/** One text after the other; each differs from those before it. */
export function* wakingTexts(): Iterable<string> {
  yield TEXTS[0] ?? '';
  for (let round = 1; round <= ROUNDS; round += 1) {
    const texts = TEXTS.map((text) => `${text} ${round}`);
    yield* texts;
    if (round % LONG_EVERY === 0) yield Array.from({ length: 8 }, () => texts.join('\n')).join('\n\n');
  }
}

/** A millisecond between two texts lets everybody else through; nothing waits for it to end. */
const soon = (turn: () => void): void => void setTimeout(turn, 1).unref();

/** Wakes a judge between other work, a text at a time, until `isClosed`. */
export function wakeInTurns(judge: MeaningJudge, isClosed: () => boolean, later: (turn: () => void) => void = soon): void {
  const texts = wakingTexts()[Symbol.iterator]();
  const turn = (): void => {
    const next = texts.next();
    if (next.done === true || isClosed()) return;
    judge.judge(next.value, 'user', {});
    later(turn);
  };
  later(turn);
}
