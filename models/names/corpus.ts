// The corpus of names: a text a line, each name marked `[Ada Berg|PERSON]`, `\n` for a line end.
import { TYPES, type LabelledSpan } from '../../src/detect/names/labels.ts';
import type { LabelledText } from './grammar.ts';

export function readCorpus(file: string): readonly LabelledText[] {
  return file
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const spans: LabelledSpan[] = [];
      let text = '';
      for (const part of line.replaceAll('\\n', '\n').split(/(\[[^[\]]+\|[A-Z_]+\])/)) {
        const [, value = part, name] = /^\[([^[\]]+)\|([A-Z_]+)\]$/.exec(part) ?? [];
        const type = TYPES.find((each) => each === name);
        if (type !== undefined) spans.push({ start: text.length, end: text.length + value.length, type });
        text += value;
      }
      return { text, spans };
    });
}
