// Writes a bill of materials of this package in CycloneDX 1.6, from the lock file alone: what it says was installed, with its digests.
// Usage: node scripts/sbom.js [--dev] [FILE]   (default: run-time dependencies, to standard output)
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const withDev = process.argv.includes('--dev');
const target = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { packages } = JSON.parse(lockText);

/** Name of the package at a path of the lock file: what follows the last `node_modules/`. */
const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** https://github.com/package-url/purl-spec: the @ of a scope is escaped. */
const purlOf = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** The path at which a package that stands at `from` finds another one: its own node_modules, then those above it. */
function resolve(from, name) {
  for (let at = from; ; at = at.slice(0, at.lastIndexOf('/node_modules/'))) {
    const path = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (!at.includes('/node_modules/')) return packages[`node_modules/${name}`] === undefined ? undefined : `node_modules/${name}`;
  }
}

const wanted = Object.entries(packages).filter(([path, entry]) => path !== '' && entry.link !== true && (withDev || entry.dev !== true));
const inside = new Set(wanted.map(([path]) => path));
const refOf = (path) => `${purlOf(nameOf(path), packages[path].version)}#${path}`;

/** A digest in the lock file is `sha512-` and base64; CycloneDX wants hex. */
function hashesOf(integrity) {
  const match = /^sha512-([A-Za-z0-9+/=]+)/.exec(integrity ?? '');
  return match === null ? [] : [{ alg: 'SHA-512', content: Buffer.from(match[1], 'base64').toString('hex') }];
}

/** An SPDX id, or an expression of several (https://spdx.org/licenses/). */
function licencesOf(licence) {
  if (licence === undefined) return {};
  return { licenses: [/[ ()]/.test(licence) ? { expression: licence } : { license: { id: licence } }] };
}

function componentOf([path, entry]) {
  const name = nameOf(path);
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return {
    type: 'library',
    'bom-ref': refOf(path),
    ...(group === undefined ? {} : { group }),
    name: plain,
    version: entry.version,
    scope: entry.optional === true ? 'optional' : entry.dev === true ? 'excluded' : 'required',
    hashes: hashesOf(entry.integrity),
    ...licencesOf(entry.license),
    purl: purlOf(name, entry.version),
  };
}

function dependsOn(path, entry) {
  const names = Object.keys({
    ...entry.dependencies,
    ...entry.optionalDependencies,
    ...(path === '' && withDev ? entry.devDependencies : {}),
  });
  const found = names.map((name) => resolve(path, name)).filter((one) => one !== undefined && inside.has(one));
  return [...new Set(found)].map(refOf).sort();
}

const ownRef = purlOf(own.name, own.version);
// From the content: the same lock file gives the same bill, serial number included (RFC 9562 section 5.8).
const digest = createHash('sha256').update(lockText).update(String(withDev)).digest('hex');
const serial = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;

const bill = {
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: `urn:uuid:${serial}`,
  version: 1,
  metadata: {
    tools: { components: [{ type: 'application', name: 'scripts/sbom.js', version: own.version }] },
    component: {
      type: 'application',
      'bom-ref': ownRef,
      name: own.name,
      version: own.version,
      description: own.description,
      licenses: [{ license: { id: own.license } }],
      purl: ownRef,
    },
  },
  components: wanted.map(componentOf),
  dependencies: [
    { ref: ownRef, dependsOn: dependsOn('', packages['']) },
    ...wanted.map(([path, entry]) => ({ ref: refOf(path), dependsOn: dependsOn(path, entry) })),
  ],
};

const text = `${JSON.stringify(bill, null, 1)}\n`;
if (target === undefined) process.stdout.write(text);
else writeFileSync(target, text);
