// The check letter of Irish numbers, of people and of companies.
import { weighted } from '../checksums.ts';

/** Ireland: weights 8 to 2, the second letter nine times, rest by 23 as a letter. */
export function isPps(code: string): boolean {
  const second = code.length > 8 ? 'WABCDEFGHI'.indexOf(code[8] ?? '') : 0;
  return second >= 0 && 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(code.slice(0, 7), [8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23] === code[7];
}
