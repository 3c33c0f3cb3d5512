// Starts the processes of a bench, each pinned to a core where the machine can, and ends them again.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');
const started: ChildProcess[] = [];
const folders: string[] = [];
const hasTaskset = (() => {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

export interface Started {
  readonly pid: number;
  readonly port: number;
  readonly key: string;
  readonly dataFolder: string;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export async function startScript(name: string, core: number, args: readonly string[]): Promise<Started> {
  return await begin({ args: [join(import.meta.dirname, name), ...args], cores: String(core), port: Number(args[0]) });
}

export interface Program {
  /** The Node that runs it; that of the bench, if none is given. */
  readonly node?: string;
  readonly args: readonly string[];
  /** As taskset takes them. */
  readonly cores: string;
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Puts this very process, and what it starts from now on, on some cores. */
export function pinSelf(cores: string): void {
  if (hasTaskset) execFileSync('taskset', ['-a', '-cp', cores, String(process.pid)], { stdio: 'ignore' });
}

/** Whether the main thread now has a core of its own; the other threads of the process stay where they are. */
export function pinMainThread(pid: number, core: number): boolean {
  if (hasTaskset) execFileSync('taskset', ['-cp', String(core), String(pid)], { stdio: 'ignore' });
  return hasTaskset;
}

/** The built gateway, with its launcher, in front of the upstream on `upstreamPort`. */
export async function startGateway(
  port: number,
  upstreamPort: number,
  cores = '0',
  { environment = {}, more = '' }: { readonly environment?: Readonly<Record<string, string>>; readonly more?: string } = {},
): Promise<Started> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  folders.push(dataFolder);
  const config = join(dataFolder, 'sallyport.yaml');
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}\nupstreams:\n  main: { kind: openai-compatible, url: "http://127.0.0.1:${upstreamPort}/v1" }\nlimits: { perMinute: 100000000, concurrent: 4096, attack: { blockedShare: 2 } }\n${more}`,
  );
  const args = [join(ROOT, 'bin', 'sallyport.js'), 'up', '--config', config, '--data', join(dataFolder, 'data')];
  const gateway = await begin({ args, cores, port, environment });
  const keyFile = join(dataFolder, 'data', 'first.key');
  for (let tries = 0; !existsSync(keyFile) && tries < 100; tries++) await pause(50);
  return { ...gateway, key: readFileSync(keyFile, 'utf8').trim(), dataFolder: join(dataFolder, 'data') };
}

export async function begin({ node = process.execPath, args, cores, port, environment = {} }: Program): Promise<Started> {
  const command = hasTaskset ? ['taskset', '-c', cores, node, ...args] : [node, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: 'ignore',
    env: { ...process.env, SALLYPORT_LOG: 'error', ...environment },
  });
  started.push(child);
  await untilListening(port, child);
  return { pid: child.pid ?? 0, port, key: '', dataFolder: '', stop: (signal = 'SIGTERM') => stop(child, signal) };
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`a process of the bench ended with ${child.exitCode} before it listened on ${port}`);
    if (await canConnect(port)) return;
    await pause(50);
  }
  throw new Error(`nothing listens on ${port} after ten seconds`);
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once('exit', () => resolve());
      child.kill(signal);
    }
  });
}

export async function stopAll(): Promise<void> {
  await Promise.all(started.map((child) => stop(child, 'SIGKILL')));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
