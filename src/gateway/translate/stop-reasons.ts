// Why an answer ended, in the words of both sides.
const TO_CHAT: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

const TO_MESSAGES: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  function_call: 'tool_use',
  content_filter: 'refusal',
};

/** A word that nobody knows yet says no more than that the answer is over. */
export const toFinishReason = (stopReason: unknown): string =>
  typeof stopReason === 'string' && Object.hasOwn(TO_CHAT, stopReason) ? (TO_CHAT[stopReason] ?? 'stop') : 'stop';

export const toStopReason = (finishReason: unknown): string =>
  typeof finishReason === 'string' && Object.hasOwn(TO_MESSAGES, finishReason) ? (TO_MESSAGES[finishReason] ?? 'end_turn') : 'end_turn';

/** A named call ends with `stop` at OpenAI's; whoever speaks Anthropic's format carries calls out for one reason only. */
export const withCalls = (stopReason: string): string => (stopReason === 'end_turn' ? 'tool_use' : stopReason);
