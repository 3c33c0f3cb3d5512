// A format over another: the caller speaks one, the upstream the other. The guards see the caller's format on the way in and the
// upstream's on the way out, as ever: what was judged is translated, and nothing that was translated goes unjudged.
import { anthropicMessages } from '../formats/anthropic-messages.ts';
import { AnthropicStream } from '../formats/anthropic-stream.ts';
import { openaiChat } from '../formats/openai-chat.ts';
import { openaiChatStream } from '../formats/openai-chat-stream.ts';
import type { FormatId, PrepareCaps, WireFormat } from '../wire/format.ts';
import { answerToChat } from './answer-to-chat.ts';
import { answerToMessages } from './answer-to-messages.ts';
import { become } from './carry.ts';
import { chatToMessages } from './chat-to-messages.ts';
import { messagesToChat } from './messages-to-chat.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { StreamToChat } from './stream-to-chat.ts';
import { StreamToMessages } from './stream-to-messages.ts';

/** What is asked, judged on the way in, refused and said of errors is the caller's; where it goes and what comes back is the upstream's. */
const over = (caller: WireFormat, upstream: WireFormat): WireFormat => ({
  ...caller,
  over: upstream.id,
  path: upstream.path,
  provider: upstream.provider,
  response: upstream.response,
  // Asked when the body is translated; usage is read when the answer is.
  demand: (body) => upstream.demand(body),
});

/** Members that the upstream takes beyond the caller's format. */
const extras = (caller: WireFormat, { passFields }: PrepareCaps) => ({
  isExtra: (name: string): boolean => passFields.has(name) && !caller.request.fields.has(name),
});

const chatOverMessages: WireFormat = {
  ...over(openaiChat, anthropicMessages),
  prepare: (body, caps) => become(body, chatToMessages(body, { ...caps, ...extras(openaiChat, caps) })),
  tidy: (answer, { atMs }) => become(answer, answerToChat(answer, atMs)),
  stream: (options) => new StreamToChat(new AnthropicStream({ ...options, wantsUsage: false }), options),
};

const messagesOverChat: WireFormat = {
  ...over(anthropicMessages, openaiChat),
  prepare(body, caps) {
    become(body, messagesToChat(body, { ...caps, ...extras(anthropicMessages, caps) }));
    openaiChat.prepare(body, caps);
  },
  tidy: (answer) => become(answer, answerToMessages(answer)),
  stream({ channels, atMs }) {
    const ordered = new OneAtATime(channels);
    return new StreamToMessages(openaiChatStream({ wantsUsage: false, channels: ordered, atMs }), ordered);
  },
};

const CROSSINGS: ReadonlyMap<FormatId, WireFormat> = new Map([
  ['openai-chat', chatOverMessages],
  ['anthropic-messages', messagesOverChat],
]);

/** The format in which an upstream is asked that does not speak the caller's own; undefined where there is none. */
export const crossingOf = (format: FormatId): WireFormat | undefined => CROSSINGS.get(format);
