// A model server that costs next to nothing: chat completions on a raw socket, whole or streamed. The model name says how:
// `t64-i5` is 64 tokens, 5 ms apart; in `t64-i5-stamped` each token is the moment at which it was written, as a word.
import { createServer, type Socket } from 'node:net';
import { steadyUs, toStamp } from './stamp.ts';

const WORDS = 'the quick brown fox jumps over a lazy dog while seven wizards quietly brew green tea'.split(' ');
const port = Number(process.argv[2] ?? 9100);

interface Plan {
  readonly tokens: number;
  readonly gapMs: number;
  readonly isStamped: boolean;
}

const planOf = (model: string): Plan => ({
  tokens: Number(/t(\d+)/.exec(model)?.[1] ?? 32),
  gapMs: Number(/i(\d+)/.exec(model)?.[1] ?? 0),
  isStamped: model.endsWith('-stamped'),
});
const wordAt = (at: number): string => (at === 0 ? '' : ' ') + (WORDS[at % WORDS.length] ?? '');

function whole(plan: Plan): string {
  const content = Array.from({ length: plan.tokens }, (_, at) => wordAt(at)).join('');
  const usage = { prompt_tokens: 12, completion_tokens: plan.tokens, total_tokens: 12 + plan.tokens };
  const body = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const chunk = (delta: object, finish: string | null): string => {
  const text = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
};

function stream(socket: Socket, plan: Plan): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n');
  let at = 0;
  const end = (): void => {
    const done = 'data: [DONE]\n\n';
    socket.write(`${chunk({}, 'stop')}${done.length.toString(16)}\r\n${done}\r\n0\r\n\r\n`);
  };
  if (plan.gapMs === 0) {
    socket.cork();
    for (; at < plan.tokens; at++) socket.write(chunk({ content: wordAt(at) }, null));
    end();
    socket.uncork();
    return;
  }
  // Each token has its own moment: an interval would fall behind its pace a little more with each one.
  const startMs = performance.now();
  const write = (): void => {
    if (socket.destroyed) return;
    const due = Math.min(plan.tokens, Math.floor((performance.now() - startMs) / plan.gapMs));
    for (; at < due; at++)
      socket.write(chunk({ content: plan.isStamped ? `${at === 0 ? '' : ' '}${toStamp(steadyUs())}` : wordAt(at) }, null));
    if (at === plan.tokens) end();
    else setTimeout(write, startMs + (at + 1) * plan.gapMs - performance.now());
  };
  setTimeout(write, plan.gapMs);
}

const cache = new Map<string, string>();

createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    rest += data.toString('latin1');
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(rest.slice(0, headEnd))?.[1] ?? 0);
      if (rest.length < headEnd + 4 + length) return;
      const body = rest.slice(headEnd + 4, headEnd + 4 + length);
      rest = rest.slice(headEnd + 4 + length);
      const model = /"model":"([^"]+)"/.exec(body)?.[1] ?? '';
      if (body.includes('"stream":true')) stream(socket, planOf(model));
      else {
        const known = cache.get(model) ?? whole(planOf(model));
        cache.set(model, known);
        socket.write(known);
      }
    }
  });
}).listen(port, '127.0.0.1', 4096, () => console.log('ready'));
