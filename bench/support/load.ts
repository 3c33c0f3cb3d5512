// A closed-loop load client on raw sockets: so many connections, one request in flight on each.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

export interface LoadOptions {
  readonly port: number;
  readonly key?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Ends after so many milliseconds or so many answers, whichever is given. */
  readonly ms?: number;
  readonly requests?: number;
  /** Process whose CPU time is charged. */
  readonly pid?: number;
}

export interface LoadResult {
  readonly answers: number;
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** To the first streamed text. */
  readonly firstP50Ms: number;
  readonly cpuUs: number;
}

const TICK_MS = 10;

/** User and system time of a process, in milliseconds. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export function residentMbOf(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

export const chatBody = (model: string, text: string, more: object = {}): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: text },
    ],
    ...more,
  });

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
};

export async function load(options: LoadOptions): Promise<LoadResult> {
  const more = Object.entries(options.headers ?? {})
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${options.port}\r\ncontent-type: application/json\r\n${options.key === undefined ? '' : `authorization: Bearer ${options.key}\r\n`}${more}content-length: ${Buffer.byteLength(options.body)}\r\n\r\n`;
  const request = Buffer.from(head + options.body);
  const state = { latencies: new Array<number>(), firsts: new Array<number>(), refused: 0, sent: 0, isOver: false };
  const startMs = performance.now();
  const cpuBefore = options.pid === undefined ? 0 : cpuMsOf(options.pid);
  if (options.ms !== undefined) setTimeout(() => (state.isOver = true), options.ms);
  const isOver = (): boolean => state.isOver || (options.requests !== undefined && state.sent >= options.requests);
  await Promise.all(Array.from({ length: options.connections }, () => one(options.port, request, state, isOver)));
  const seconds = (performance.now() - startMs) / 1000;
  const answers = state.latencies.length;
  const cpuUs = options.pid === undefined ? Number.NaN : ((cpuMsOf(options.pid) - cpuBefore) * 1000) / answers;
  return {
    answers,
    refused: state.refused,
    perSecond: answers / seconds,
    p50Ms: quantile(state.latencies, 0.5),
    p99Ms: quantile(state.latencies, 0.99),
    firstP50Ms: quantile(state.firsts, 0.5),
    cpuUs,
  };
}

interface Tally {
  readonly latencies: number[];
  readonly firsts: number[];
  refused: number;
  sent: number;
}

// oxlint-disable-next-line max-params -- a loop body that shares its counters
function one(port: number, request: Buffer, state: Tally, isOver: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    let startMs = 0;
    let hasFirst = false;
    const fire = (): void => {
      if (isOver()) {
        socket.end();
        resolve();
        return;
      }
      state.sent++;
      text = '';
      hasFirst = false;
      startMs = performance.now();
      socket.write(request);
    };
    socket.on('connect', fire);
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!hasFirst && /"content":"[^"]/.test(text)) {
        hasFirst = true;
        state.firsts.push(performance.now() - startMs);
      }
      if (!isComplete(text)) return;
      state.latencies.push(performance.now() - startMs);
      if (!text.startsWith('HTTP/1.1 200')) state.refused++;
      fire();
    });
  });
}

function isComplete(text: string): boolean {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, headEnd))?.[1];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= headEnd + 4 + Number(length);
}
