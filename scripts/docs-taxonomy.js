// Writes docs/taxonomy.md from the tables in src/core/taxonomy/. With --check it only tells whether the page is current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ATLAS_VERSION, STRIDE_NAMES, TAXONOMY_KEYS, taxonomyOf } from '../src/core/taxonomy.ts';

const path = join(import.meta.dirname, '..', 'docs', 'taxonomy.md');

const list = (entries) => (entries.length === 0 ? '–' : entries.join('<br>'));

const rows = TAXONOMY_KEYS.map(taxonomyOf).map(({ key, about, owasp, techniques, mitigations, stride, nist }) => {
  const cells = [
    `\`${key}\`<br>${about}`,
    list(owasp.map((entry) => `${entry.list} ${entry.edition} **${entry.id}** ${entry.title}`)),
    list(techniques.map(({ id, name, parent }) => `**${id}** ${parent === undefined ? '' : `${parent.name}: `}${name}`)),
    list(mitigations.map(({ id, name }) => `**${id}** ${name}`)),
    list(stride.map((letter) => STRIDE_NAMES[letter])),
    list([...nist.subcategories.map(({ id, title }) => `**${id}** ${title}`), ...nist.risks]),
  ];
  return `| ${cells.join(' | ')} |`;
});

const page = `# What findings mean to others

Every finding carries one of these keys, and every record for a SIEM carries the ids behind it. This page is made by
\`node scripts/docs-taxonomy.js\` from the tables in \`src/core/taxonomy/\`; a test fails when the two differ, or when any file of
this project cites an ATLAS id that version ${ATLAS_VERSION} does not have. Which id stands for which finding is Sallyport's own judgement.

OWASP ids are never written without list and edition: the 2025 and 2026 editions number the same ten entries differently.

| finding | OWASP | MITRE ATLAS ${ATLAS_VERSION} techniques | mitigations | STRIDE | NIST AI RMF 1.0, and risks of AI 600-1 |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

OWASP lists: © OWASP Foundation, CC BY-SA 4.0; ids and titles only. ATLAS: © MITRE, Apache License 2.0; identifiers and names only. NIST: works of the United States
Government; titles of subcategories in our own words.
`;

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== page) {
    console.error('docs/taxonomy.md is not what the tables say. Run: node scripts/docs-taxonomy.js');
    process.exit(1);
  }
  console.log('docs/taxonomy.md is current.');
} else {
  writeFileSync(path, page);
}
