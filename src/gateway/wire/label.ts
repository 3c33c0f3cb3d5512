// What counts as a short machine-made identifier.

const LABEL = /^[\w.:/|@+=\- ]{0,256}$/;
const PLAIN_WORD = /^[a-z_.]{0,40}$/;

/** Whether the text has the form of an identifier; a sentence with punctuation has not. */
export const isLabel = (text: string): boolean => LABEL.test(text);

/** A word of a vocabulary (`stop`, `chat.completion`): no secret and no personal number has this form. */
export const isPlainWord = (text: string): boolean => PLAIN_WORD.test(text);
