// Writes docs/configuration.md from the schema of the configuration. With --check it only tells whether the page is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configJsonSchema } from '../src/app/config/json-schema.ts';

const path = join(import.meta.dirname, '..', 'docs', 'configuration.md');

const code = (value) => `\`${value}\``;

const TYPE_WORDS = {
  array: (node) => `list of ${kindOf(node.items ?? {})}`,
  object: (node) => (node.properties === undefined ? 'names with values' : 'members below'),
  integer: (node) => `whole number${rangeOf(node)}`,
  number: (node) => `number${rangeOf(node)}`,
  string: (node) => ({ date: 'date', uri: 'URL' })[node.format] ?? 'text',
};

/** What may stand there, in a few words. */
function kindOf(node) {
  if (node.const !== undefined) return code(JSON.stringify(node.const));
  if (node.enum !== undefined) return node.enum.map(code).join(', ');
  const choices = node.anyOf ?? node.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(kindOf))].join(' or ');
  return TYPE_WORDS[node.type]?.(node) ?? 'anything';
}

function rangeOf({ minimum, maximum }) {
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER) return isOpen ? '' : ` up to ${maximum}`;
  return isOpen ? ` from ${minimum}` : `, ${minimum} to ${maximum}`;
}

/** The objects that a member can hold, each with the words that lead to it. */
function* below(at, node) {
  for (const choice of node.anyOf ?? node.oneOf ?? []) yield* below(at, choice);
  if (node.type === 'array' && node.items !== undefined) yield* below(`${at}[]`, node.items);
  if (node.type !== 'object') return;
  if (node.properties !== undefined) yield [at, node];
  if (typeof node.additionalProperties === 'object') yield* below(`${at}.NAME`, node.additionalProperties);
}

function* rowsOf(at, node, seen = new Set()) {
  const required = new Set(node.required);
  for (const [name, member] of Object.entries(node.properties)) {
    const place = at === '' ? name : `${at}.${name}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const start = required.has(name) ? '**required**' : defaultOf(member);
    yield `| ${code(place)} | ${kindOf(member)} | ${start} | ${aboutOf(member)} |`.replaceAll('\n', ' ');
    // The members of a route's own policy are those of `policy`.
    if (place === 'routes[].policy') continue;
    for (const [deeper, inner] of below(place, member)) yield* rowsOf(deeper, inner, seen);
  }
}

const defaultOf = (member) =>
  member.default === undefined || typeof member.default === 'object' ? '–' : code(JSON.stringify(member.default));

const aboutOf = (member) => member.description ?? choicesOf(member).find((one) => one.description !== undefined)?.description ?? '';

const choicesOf = (node) => node.anyOf ?? node.oneOf ?? [];

const schema = configJsonSchema();
const sections = Object.entries(schema.properties).map(([name, member]) => {
  const one = { properties: { [name]: member }, required: schema.required ?? [] };
  return [...rowsOf('', one)].join('\n');
});

const page = `# Configuration

One YAML file, \`sallyport.yaml\` by default. \`sallyport init\` writes one with comments; \`sallyport schema\` prints the JSON Schema for
editors; \`sallyport doctor\` checks it. This page is made by \`node scripts/docs-configuration.js\` from the schema that reads the file.

\`\`\`yaml
upstreams:
  main: { kind: openai-compatible, url: http://127.0.0.1:11434/v1 }
\`\`\`

is a working file: everything else has a safe default. Unknown settings, wrong types, repeated keys and YAML aliases are refused with
file, line and column. A running gateway looks at the file every second and at \`SIGHUP\`, \`sallyport reload\` and \`POST /api/reload\`: a good
one is taken over without dropping a request, a bad one is refused and the old one goes on. Listeners, TLS, the data directory and the
ledger's settings need a restart.

Secrets are written \`env:NAME\` or \`file:/path\`. Whatever weakens the policy carries \`author\`, \`reason\` and \`expires\`, and is refused after
that day. Times are milliseconds, sizes bytes, money US dollars.

| environment variable | |
| --- | --- |
| \`SALLYPORT_ADMIN_KEY\` | presets the admin key (at least 32 characters), and is what the command line sends to the admin plane |
| \`SALLYPORT_LOG\` | \`debug\`, \`info\`, \`warn\`, \`error\`, \`silent\`; default \`info\` |

## Settings

| setting | takes | default | |
| --- | --- | --- | --- |
${sections.join('\n')}
`;

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== page) {
    console.error('docs/configuration.md is not what the schema says. Run: node scripts/docs-configuration.js');
    process.exit(1);
  }
  console.log('docs/configuration.md is current.');
} else {
  writeFileSync(path, page);
}
