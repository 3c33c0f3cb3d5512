// Writes docs/errors.md from the fault catalogues of the rooms. With --check it only tells whether the page is current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const path = join(root, 'docs', 'errors.md');

/** A catalogue appears by itself: a `faults.ts` anywhere below `src/`, with a constant whose name ends in `_FAULTS`. */
const rooms = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('/faults.ts'))
  .map((name) => name.slice(0, -'/faults.ts'.length));

async function catalogueOf(room) {
  const module = await import(pathToFileURL(join(root, 'src', room, 'faults.ts')).href);
  const entry = Object.entries(module).find(([name]) => name.endsWith('_FAULTS'));
  if (entry === undefined) throw new Error(`src/${room}/faults.ts exports no catalogue`);
  return entry[1];
}

// What an angle bracket or a bar would do to a table of Markdown.
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');

const CAPTIONS = {
  gateway: 'The request, the answer, the upstream',
  access: 'Keys, limits, budgets, the kill switch',
  ledger: 'The record',
  'io/state': 'State and private files',
  watch: 'Events for other systems',
  app: 'Configuration, start, admin plane, command line',
};
const ORDER = Object.keys(CAPTIONS);
const rank = (room) => (ORDER.includes(room) ? ORDER.indexOf(room) : ORDER.length);
const sorted = rooms.toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b));

const sections = await Promise.all(
  sorted.map(async (room) => {
    const rows = Object.entries(await catalogueOf(room)).map(
      ([code, { status, message, fix }]) => `| \`${code}\` | ${status} | ${cell(message)} | ${cell(fix)} |`,
    );
    return `## ${CAPTIONS[room] ?? room}\n\n| code | status | what is wrong | the way out |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  }),
);

const page = `# Errors

Every refusal has a code that does not change, a reason and a way out. None of them quotes what was sent. Words in braces are filled in.

On the data plane an error comes in the format of the client that asked: OpenAI's clients find the code under \`error.code\` and the JSON
pointer of the offending member under \`error.param\`; Anthropic's under \`error.code\` and \`error.pointer\`. Every answer carries
\`x-sallyport-request-id\`, and the message repeats it: with the id, whoever runs the gateway finds stage, rule and score. Status 499
is never seen by a caller; it stands in the record of a request whose caller had gone.

This page is made by \`node scripts/docs-faults.js\` from every \`faults.ts\` below \`src/\`; a test fails when the two differ.

${sections.join('\n')}`;

if (process.argv.includes('--check')) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== page) {
    console.error('docs/errors.md is not what the catalogues say. Run: node scripts/docs-faults.js');
    process.exit(1);
  }
  console.log('docs/errors.md is current.');
} else {
  writeFileSync(path, page);
}
