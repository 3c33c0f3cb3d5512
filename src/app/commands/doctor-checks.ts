// What `sallyport doctor` looks at.
import { existsSync, statSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Upstream } from '../../gateway/routes.ts';
import { createDemoUpstream } from '../../gateway/demo/demo-upstream.ts';
import { systemClock } from '../../io/clock.ts';
import { diskFiles } from '../../io/files/disk-files.ts';
import { verify } from '../../ledger/verify.ts';
import { runningGateway } from '../admin/presence.ts';
import { adminAddress } from '../admin/start-admin.ts';
import { parseAddress, showAddress, type Address } from '../config/address.ts';
import { compile, type Compiled } from '../config/compile.ts';
import { lookAtStateFile } from '../../io/state/look-at-file.ts';
import { missingPackages } from '../serve/optional-packages.ts';
import { VECTOR_PACKAGES } from '../serve/second-look-vectors.ts';
import { statePlace, VALKEY_VARIABLE } from '../serve/state-place.ts';
import { isDataFolder } from './data-folder.ts';
import { openKillSwitch } from './kill-folder.ts';
import { lastRecords } from './ledger-reading.ts';
import { readConfig, readPolicies } from './policy-reading.ts';

export interface Patient {
  readonly data: string;
  readonly config: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Finding {
  readonly state: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** The way out. */
  readonly fix?: string;
}

export type Check = (patient: Patient) => Promise<readonly Finding[]>;

const NODE_MAJOR = 24;
const OTHERS_ANY = 0o077;
const GIB = 1_073_741_824;
const FREE_WARN_BYTES = 2 * GIB;
const FREE_FAIL_BYTES = 134_217_728;
/** A ledger up to this size is recomputed; of a larger one the end is read. */
const VERIFY_BYTES_MAX = 134_217_728;
const LAST_RECORDS = 20_000;
const CLOCK_BACK_MAX_MS = 600_000;
/** No right clock shows less: this program is younger. */
const YOUNGEST_MS = Date.UTC(2026, 0, 1);
const UPSTREAM_MS = 10_000;
const BEHIND_FIX = 'Back it up before you start the new version: an older one refuses it afterwards.';

export const ok = (detail: string): readonly Finding[] => [{ state: 'ok', detail }];
export const warn = (detail: string, fix: string): readonly Finding[] => [{ state: 'warn', detail, fix }];
export const fail = (detail: string, fix: string): readonly Finding[] => [{ state: 'fail', detail, fix }];

export const CHECKS: Readonly<Record<string, Check>> = {
  node: async () => {
    const { node } = process.versions;
    if (Number(node.split('.')[0]) >= NODE_MAJOR) return ok(`Node ${node}`);
    return fail(`Node ${node} is too old`, `Run through bin/sallyport.js after "npm ci", or install Node ${NODE_MAJOR}.`);
  },
  configuration: async ({ config }) => {
    const { file } = readConfig(config);
    return file === undefined
      ? warn('no configuration file: a built-in demonstration answers', '"sallyport init" writes one.')
      : ok(`${file} is valid`);
  },
  policy: async ({ config }) => {
    const { effective } = readPolicies(readConfig(config));
    return effective.flatMap(({ at, name, revision, mode, weakenings }) => [
      ...ok(`${at}: ${name}@${revision}, ${mode}`),
      ...weakenings.flatMap((one) => warn(`${at} is weakened: ${JSON.stringify(one)}`, 'Take it out as soon as its reason is gone.')),
    ]);
  },
  'data directory': async ({ data }) => {
    const path = resolve(data);
    if (!isDataFolder(path))
      return warn(`${path} is no data directory yet`, 'The first "sallyport up" makes it; name another with --data.');
    return dataFindings(path);
  },
  state: async ({ data, environment }) => {
    const place = statePlace(resolve(data), environment);
    // Loaded only where there is one to ask.
    if ('url' in place) return (await import('./doctor-servers.ts')).examineDatabase(place.url);
    return isDataFolder(data) ? stateFileFindings(place.file) : ok('none yet');
  },
  valkey: async ({ environment }) => {
    const url = environment[VALKEY_VARIABLE] ?? '';
    return url === '' ? ok('not used: this gateway is alone') : (await import('./doctor-servers.ts')).examineValkey(url);
  },
  ledger: async ({ data }) => (isDataFolder(data) ? ledgerFindings(join(resolve(data), 'ledger'), data) : ok('none yet')),
  'kill switch': async ({ data }) => {
    if (!isDataFolder(data)) return ok('no orders yet');
    if (!existsSync(join(data, 'kill')))
      return fail('the folder of kill orders is gone', 'Find out who removed it; "sallyport resume --rebuild" begins anew.');
    const status = openKillSwitch(resolve(data)).status();
    if (status.state === 'untrusted')
      return fail(
        `everything is stopped: ${status.reason ?? ''}`,
        'Look into the kill folder, then "sallyport resume --rebuild --reason …".',
      );
    if (status.standing.length === 0) return ok('nothing is stopped');
    return status.standing.flatMap((one) =>
      warn(`${one.scope} ${one.subject} is stopped by order ${one.sequence} of ${one.who}: ${one.reason}`, '"sallyport resume" lifts it.'),
    );
  },
  clock: async ({ data }) => {
    const nowMs = systemClock.nowMs();
    const fix = 'Set the clock of this machine (NTP).';
    if (nowMs < YOUNGEST_MS) return fail(`the clock shows ${new Date(nowMs).toISOString()}`, fix);
    let newestMs = 0;
    if (isDataFolder(data)) for await (const { event } of lastRecords(resolve(data), 1)) newestMs = Math.max(newestMs, event.atMs);
    if (newestMs > nowMs + CLOCK_BACK_MAX_MS) return warn('the newest record is from the future: the clock went back', fix);
    return ok(new Date(nowMs).toISOString());
  },
  disk: async ({ data }) => {
    const { bavail, bsize } = await statfs(isDataFolder(data) ? data : '.');
    const free = bavail * bsize;
    const detail = `${(free / GIB).toFixed(1)} GiB free`;
    if (free < FREE_FAIL_BYTES) return fail(detail, 'Make room: without it the ledger cannot record and requests are answered 503.');
    return free < FREE_WARN_BYTES ? warn(detail, 'Make room before it is gone, or set ledger.retainDays.') : ok(detail);
  },
  upstreams: async (patient) => {
    const compiled = compiledOf(patient);
    const found: Finding[] = [];
    for (const upstream of compiled.upstreams.values()) {
      found.push(await reach(upstream));
      await upstream.client.close();
    }
    return found;
  },
  'second look': async (patient) => {
    const compiled = compiledOf(patient);
    if (compiled.secondLook === undefined)
      return warn('none: the strong stage needs packages that are not installed', `"npm install ${missingPackages(VECTOR_PACKAGES)}"`);
    // Loaded only where there is one to ask.
    return (await import('./doctor-second-look.ts')).examineSecondLook(compiled.secondLook, [...compiled.upstreams.values()]);
  },
  receivers: async (patient) => {
    const { receivers } = compiledOf(patient);
    if (receivers.length === 0) return ok('none configured');
    // Loaded only where there is one to ask.
    return (await import('./doctor-receivers.ts')).examineReceivers(receivers, patient.data);
  },
  ports: async (patient) => portFindings(patient),
};

function compiledOf({ config, environment }: Patient): Compiled {
  return compile(readConfig(config).config, { clock: systemClock, environment, demo: () => createDemoUpstream(() => () => undefined) });
}

async function dataFindings(path: string): Promise<readonly Finding[]> {
  const names = await readdir(path);
  const loose: string[] = [];
  for (const name of ['', ...names.filter((one) => /\.(?:key|pepper|db)$/.test(one))]) {
    const { mode } = await stat(join(path, name));
    if ((mode & (name === '' ? 0o022 : OTHERS_ANY)) !== 0) loose.push(name === '' ? path : name);
  }
  if (loose.length > 0) return fail(`others can get at ${loose.join(', ')}`, `chmod 0700 ${path}; chmod 0600 for the files in it.`);
  const { uid } = statSync(path);
  const self = process.geteuid?.() ?? uid;
  if (self !== 0 && uid !== self) return fail(`${path} belongs to user ${uid}`, 'Run as that user.');
  return ok(path);
}

async function stateFileFindings(file: string): Promise<readonly Finding[]> {
  if (!existsSync(file)) return fail('state.db is gone: no key is known', 'Restore the latest backup of it before you start the gateway.');
  const { quickCheck, version, known } = await lookAtStateFile(file);
  if (quickCheck !== 'ok') return fail(`state.db is damaged: ${quickCheck}`, 'Stop the gateway and restore the latest backup beside it.');
  return version < known ? behind('state.db', { version, known }) : ok('state.db is whole');
}

/** It is no harm yet: the gateway that runs may be the older one that made it so. */
export const behind = (what: string, { version, known }: { readonly version: number; readonly known: number }): readonly Finding[] =>
  warn(`${what} has schema version ${version}; this program brings it to ${known} at its next start`, BEHIND_FIX);

async function ledgerFindings(directory: string, data: string): Promise<readonly Finding[]> {
  const segments = join(directory, 'segments');
  const sizes = await Promise.all((await diskFiles.list(segments)).map(async (name) => (await stat(join(segments, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (sizes.length === 0) return fail('the ledger is gone', 'Restore it from a backup, or find out who removed it before you start anew.');
  if (bytes > VERIFY_BYTES_MAX) {
    let count = 0;
    for await (const _record of lastRecords(resolve(data), LAST_RECORDS)) count += 1;
    return ok(`the last ${count} records can be read (${(bytes / GIB).toFixed(1)} GiB: "sallyport ledger verify" recomputes all)`);
  }
  const report = await verify({ files: diskFiles, directory });
  if (report.state === 'intact') return ok(`intact: ${report.recordsRead} records, ${report.checkpointsMatched} checkpoints hold`);
  return fail(
    `${report.problems.length} problems: ${report.problems[0]?.message ?? report.state}`,
    '"sallyport ledger verify" names each place.',
  );
}

/** Any answer shows that it is there; what it says of our key is worth a word. */
function reach(upstream: Upstream): Promise<Finding> {
  const { name, kind, client, basePath, headers } = upstream;
  if (kind === 'demo') return Promise.resolve({ state: 'ok', detail: `${name}: the built-in demonstration` });
  return new Promise((done) => {
    const finish = (finding: Finding): void => {
      clearTimeout(timer);
      done(finding);
    };
    const unreachable = (reason: string): void =>
      finish({
        state: 'fail',
        detail: `${name} cannot be reached (${reason})`,
        fix: 'Start it, or mend its url, ca or proxy in the configuration.',
      });
    const call = client.call(
      {
        method: 'GET',
        path: `${basePath}/models`,
        headers: { accept: 'application/json', ...headers[kind === 'anthropic' ? 'anthropic' : 'openai'] },
        body: null,
      },
      {
        onHead(status: number) {
          const isRefused = status === 401 || status === 403;
          finish(
            isRefused
              ? { state: 'warn', detail: `${name} answers, but refuses the key (${status})`, fix: 'Set the right key for this upstream.' }
              : { state: 'ok', detail: `${name} answers (${status})` },
          );
          call.abort();
        },
        onData() {},
        onEnd() {},
        onFailure: (failure) => unreachable(failure),
      },
    );
    const timer = setTimeout(() => {
      call.abort();
      unreachable('no answer in 10 s');
    }, UPSTREAM_MS);
  });
}

async function portFindings({ config, data }: Patient): Promise<readonly Finding[]> {
  const running = runningGateway(resolve(data));
  if (running !== undefined) {
    const answers = await fetch(`${running.admin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    const who = `process ${running.pid} serves ${running.data}, admin ${running.admin}`;
    if (answers?.ok === true) return ok(`${who}: ready`);
    const fix = 'Its log and /readyz of the admin plane say why.';
    return warn(answers === undefined ? `${who}, but its admin plane does not answer from here` : `${who}: NOT ready`, fix);
  }
  const read = readConfig(config).config;
  const address = parseAddress(read.listen);
  return [...(await freeFinding('data plane', address)), ...(await freeFinding('admin plane', adminAddress(read, address.port)))];
}

async function freeFinding(what: string, { host, port }: Address): Promise<readonly Finding[]> {
  const at = showAddress({ host, port });
  const reason = await new Promise<string | undefined>((done) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => done(undefined)));
  });
  return reason === undefined
    ? ok(`${what} ${at} is free`)
    : fail(`${what} ${at} cannot be listened on (${reason})`, 'Stop what uses it, or choose another port.');
}
