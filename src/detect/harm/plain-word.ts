// Words as both the lexicon and the features spell them.

/** Signs that stand for letters. */
const LETTER_OF: Readonly<Record<string, string>> = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's' };

/** The word with signs read as letters, where it has letters too. */
export const plainWord = (word: string): string =>
  /[a-z]/.test(word) && /[0-9@$]/.test(word) ? word.replace(/[013457@$]/g, (unit) => LETTER_OF[unit] ?? unit) : word.replace(/\d/g, '0');
