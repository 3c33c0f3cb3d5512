// A moment written as a word, so that it passes a gateway as text: four syllables, 20 µs apart, the same clock in all processes.
const CONSONANTS = 'bdfgklmnrt';
const VOWELS = 'aeiou';
const BASE = CONSONANTS.length * VOWELS.length;
const SYLLABLES = 4;
const UNIT_US = 20;
const WRAP_US = BASE ** SYLLABLES * UNIT_US;

/** Microseconds of the machine's steady clock, which all processes share. */
export const steadyUs = (): number => Number(process.hrtime.bigint() / 1000n);

export function toStamp(us: number): string {
  let rest = Math.floor((us % WRAP_US) / UNIT_US);
  let word = '';
  for (let at = 0; at < SYLLABLES; at++) {
    const digit = rest % BASE;
    rest = Math.floor(rest / BASE);
    word = `${CONSONANTS[digit % CONSONANTS.length]}${VOWELS[Math.floor(digit / CONSONANTS.length)]}${word}`;
  }
  return word;
}

/** Milliseconds from the stamp to `us`. Throws for a word that is no stamp: something changed it on its way. */
export function msSince(stamp: string, us: number): number {
  if (!/^(?:[bdfgklmnrt][aeiou]){4}$/.test(stamp)) throw new Error(`"${stamp}" is no stamp: the text was changed on its way`);
  let units = 0;
  for (let at = 0; at < stamp.length; at += 2) {
    units = units * BASE + CONSONANTS.indexOf(stamp.charAt(at)) + VOWELS.indexOf(stamp.charAt(at + 1)) * CONSONANTS.length;
  }
  const passedUs = (us % WRAP_US) - units * UNIT_US;
  return (passedUs < -WRAP_US / 2 ? passedUs + WRAP_US : passedUs) / 1000;
}
