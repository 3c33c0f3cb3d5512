// A caller without an SDK: sends JSON, reads bytes as they come, and says when.
import type { JsonObject } from '../../src/core/types.ts';

export interface Door {
  readonly url: string;
  readonly key: string;
}

export interface Ask {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export const post = (
  { url, key }: Door,
  body: unknown,
  { path = '/chat/completions', headers = {}, signal }: Ask = {},
): Promise<Response> =>
  fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

export const chat = (content: string, more: JsonObject = {}): JsonObject => ({
  model: 'm',
  messages: [{ role: 'user', content }],
  ...more,
});

export interface Read {
  readonly text: string;
  /** Steady milliseconds of the last byte or the end. */
  readonly endedAtMs: number;
  /** Whether the connection broke before the answer ended. */
  readonly isBroken: boolean;
}

/** Reads an answer to its end, however it ends. */
export async function readAll(response: Response, onText: (soFar: string) => void = () => {}): Promise<Read> {
  const decoder = new TextDecoder();
  let text = '';
  let isBroken = false;
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      onText(text);
    }
  } catch {
    // That it broke is what the caller asked to know.
    isBroken = true;
  }
  return { text, endedAtMs: performance.now(), isBroken };
}
