// How commands print. Text of attackers is inert in a terminal: whatever could move the cursor, colour, hide or reorder is shown
// as its escape (CWE-150; the bidirectional controls of Trojan Source, CVE-2021-42574).

// C0 and C1 controls, DEL, invisible and bidirectional format characters, tag characters, lone surrogates.
const ACTIVE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;

const escaped = (char: string): string => {
  const code = char.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** A text on one line that a terminal shows and does not obey. */
export const inert = (text: string): string => text.replace(ACTIVE, escaped);

/** The same for text of several lines that this program made: line ends stay. */
export const inertLines = (text: string): string => text.split('\n').map(inert).join('\n');

/** JSON on one line; what a terminal would obey is escaped, which changes nothing for whoever parses it. */
export const jsonLine = (value: unknown): string => inertJson(JSON.stringify(value) ?? 'null');

/** The same for text that is JSON already. */
export const inertJson = (text: string): string =>
  text.replace(ACTIVE, (char) =>
    [...Array(char.length).keys()].map((at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** Result on stdout. */
export function print(text: string): void {
  process.stdout.write(`${inertLines(text)}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${jsonLine(value)}\n`);
}

/** What is no result: stderr. */
export function tell(text: string): void {
  process.stderr.write(`${inertLines(text)}\n`);
}

const COLUMN_UNITS_MAX = 80;

/** Rows under a head, columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => clip(inert(cell))));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const clip = (cell: string): string => (cell.length > COLUMN_UNITS_MAX ? `${cell.slice(0, COLUMN_UNITS_MAX - 1)}…` : cell);

/** Unix milliseconds as people read them; always UTC. */
export const showTime = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;
