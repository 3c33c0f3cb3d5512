// A second look by a model behind an API that speaks OpenAI's chat completions. The text is data between two marks that it cannot know, and
// an answer that does not carry the mark, or is no verdict, is a failure and never "clean" (OWASP LLM01).
import { z } from 'zod';
import type { Clock, RandomSource } from '../../core/ports.ts';
import type { FailureCode, Origin } from '../../core/types.ts';
import { createUpstreamClient, type UpstreamClient } from '../../io/http/upstream-client.ts';
import type { Opinion } from '../../lens/models/classifier.ts';
import type { JudgeSettings } from '../config/second-look.ts';
import { after } from './after.ts';
import prompt from './second-look-prompt.json' with { type: 'json' };
import { withDeadline } from './second-look.ts';
import type { Answer, Asker, Question } from './second-look-asker.ts';

/** Beside a deadline of its own each question has those of the connection. */
const TIMEOUTS = { connectMs: 5_000, firstByteMs: 30_000, idleMs: 30_000 } as const;
const CONNECTIONS_MAX = 32;
const ANSWER_BYTES_MAX = 65_536;
/** A verdict has some thirty tokens; a judge that reasons first needs more. */
const TOKENS_MAX = 300;
const MARK_BYTES = 12;

export interface JudgeTools {
  readonly clock: Clock;
  readonly random: RandomSource;
}

export function createJudgeAsker(settings: JudgeSettings, { clock, random }: JudgeTools): Asker {
  const { origin, pathname } = new URL(settings.url);
  const client = createUpstreamClient({ origin, timeouts: TIMEOUTS, connectionsMax: CONNECTIONS_MAX });
  const path = `${pathname.replace(/\/+$/, '')}/chat/completions`;
  let busy = 0;
  return {
    isExternal: settings.trust === 'external',
    settled: Promise.resolve(),
    status: { state: 'ready', detail: `the model ${settings.model} at ${origin}`, digests: {} },
    async ask(question) {
      if (busy >= CONNECTIONS_MAX) return failed('queue_full');
      busy += 1;
      try {
        const mark = Buffer.from(random.bytes(MARK_BYTES)).toString('hex');
        return await post(client, { path, settings, question, mark, ms: Math.max(0, question.untilMs - clock.nowMs()) });
      } finally {
        busy -= 1;
      }
    },
    close: () => client.close(),
  };
}

interface Posted {
  readonly path: string;
  readonly settings: JudgeSettings;
  readonly question: Question;
  readonly mark: string;
  readonly ms: number;
}

async function post(client: UpstreamClient, { path, settings, question, mark, ms }: Posted): Promise<Answer> {
  const { model, key } = settings;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    // An answer that is not compressed cannot be a bomb.
    'accept-encoding': 'identity',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const body = JSON.stringify({ model, messages: messagesOf(question, mark), temperature: 0, max_tokens: TOKENS_MAX, stream: false });
  let abort = (): void => {};
  const answer = new Promise<Answer>((resolve) => {
    let status = 0;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const call = client.call(
      { method: 'POST', path, headers, body },
      {
        onHead: (code) => (status = code),
        onData(chunk) {
          bytes += chunk.byteLength;
          if (bytes > ANSWER_BYTES_MAX) call.abort();
          else chunks.push(chunk);
        },
        onEnd: () =>
          resolve(status === 200 ? verdictOf(Buffer.concat(chunks).toString('utf8'), { mark, question }) : failed('worker_lost')),
        onFailure: (failure) =>
          resolve(failed(failure === 'timeout' ? 'out_of_budget' : bytes > ANSWER_BYTES_MAX ? 'detector_error' : 'worker_lost')),
      },
    );
    abort = () => call.abort();
  });
  const said = await withDeadline(answer, { ms, after });
  // An answer for which nobody waits must not hold a connection.
  abort();
  return said;
}

const SPEAKERS: Readonly<Record<Origin, string>> = prompt.speakers;

function messagesOf({ texts, origin }: Question, mark: string): readonly object[] {
  const fenced = texts.map((text) => `<<${mark}\n${text}\n${mark}>>`).join('\n');
  return [
    { role: 'system', content: prompt.system.join('\n').replaceAll('{mark}', mark) },
    { role: 'user', content: `${SPEAKERS[origin]}\n${fenced}\n${prompt.reminder}`.replaceAll('{mark}', mark) },
  ];
}

const completionSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

const verdictSchema = z.object({
  mark: z.string(),
  attack: z.boolean(),
  kind: z.enum(['injection', 'jailbreak', 'none']),
  sure: z.number().min(0).max(1),
});

/** Models like to wrap JSON into a fence of Markdown. */
const FENCE = /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/;

function verdictOf(answer: string, { mark, question }: { readonly mark: string; readonly question: Question }): Answer {
  const completion = completionSchema.safeParse(parseJson(answer));
  const said = completion.data?.choices[0]?.message.content ?? '';
  const verdict = verdictSchema.safeParse(parseJson(FENCE.exec(said)?.[1] ?? said));
  if (!verdict.success || verdict.data.mark !== mark) return failed('detector_error');
  const { attack, kind, sure } = verdict.data;
  const opinion: Opinion = { score: attack ? 0.5 + sure / 2 : 0.5 - sure / 2, kind: kind === 'jailbreak' ? 'jailbreak' : 'injection' };
  return { state: 'looked', opinions: question.texts.map(() => opinion) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const failed = (code: FailureCode): Answer => ({ state: 'failed', code });
