// Rows of labelled text in JSON lines: {"text","source","spans":[{"start","end","type"}]}.
import type { Label } from '../../src/detect/names/labels.ts';
import type { LabelledText } from './grammar.ts';

export interface LabelledRow extends LabelledText {
  readonly source: string;
}

/** Types of other collections, in the words of ours. */
const SAME: Readonly<Record<string, Label>> = {
  PERSON: 'PERSON', LOCATION: 'LOCATION', GPE: 'LOCATION', ORGANIZATION: 'ORGANIZATION', DATE_TIME: 'DATE_TIME', DATE_OF_BIRTH: 'DATE_TIME',
  ADDRESS: 'ADDRESS', STREET_ADDRESS: 'ADDRESS', ZIP_CODE: 'ADDRESS', AGE: 'AGE', NRP: 'NRP', TITLE: 'TITLE',
}; // prettier-ignore

const HONORIFIC = /^(?:mr|mrs|ms|miss|dr|prof)\.?$/i;

export function parseRows(jsonl: string): readonly LabelledRow[] {
  return jsonl
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = JSON.parse(line) as { text: string; source: string; spans?: readonly { start: number; end: number; type: string }[] };
      // Offsets of the collection count characters, ours count UTF-16 units.
      const at = offsets(row.text);
      const spans = (row.spans ?? []).flatMap(({ start, end, type }) => {
        const from = at(start);
        const to = at(end);
        const same = HONORIFIC.test(row.text.slice(from, to)) ? 'TITLE' : SAME[type];
        return same === undefined ? [] : [{ start: from, end: to, type: same }];
      });
      return { text: row.text, source: row.source, spans: spans.sort((a, b) => a.start - b.start) };
    });
}

function offsets(text: string): (at: number) => number {
  // eslint-disable-next-line no-control-regex
  if (!/[\ud800-\udfff]/.test(text)) return (at) => at;
  const starts: number[] = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  return (at) => starts[at] ?? text.length;
}

/** The text with its values taken out: rows of one template stay together. */
export function templateOf({ text, spans }: LabelledText): string {
  let template = '';
  let at = 0;
  for (const span of spans) {
    template += `${text.slice(at, span.start)}{${span.type}}`;
    at = Math.max(at, span.end);
  }
  return (template + text.slice(at)).replace(/\d/g, '#');
}
