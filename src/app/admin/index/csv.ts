// CSV (RFC 4180) that a spreadsheet shows and does not compute: a cell of an attacker must not be a formula (CWE-1236).

// What Excel, LibreOffice and Google Sheets take for the beginning of a formula, full-width forms included; tab and line ends reach
// the next cell in some of them.
const FORMULA = /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u;
/** Where a spreadsheet takes semicolons or tabs for the ends of cells, a cell of ours can become several. */
const INNER_FORMULA = /([;\t]\s*)(?=[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/gu;
/** Controls mean nothing in a cell, and something in the terminal that shows the file. */
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/gu;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;

function csvCell(text: string): string {
  if (NUMBER.test(text)) return text;
  const plain = text.replace(CONTROLS, '\uFFFD');
  // An apostrophe in front makes it text everywhere; quotes alone do not.
  const whole = plain.replace(INNER_FORMULA, "$1'");
  const inert = FORMULA.test(whole) ? `'${whole}` : whole;
  return /[",\r\n']/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert;
}
