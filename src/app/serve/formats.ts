// The wire formats that the data plane speaks.
import { anthropicCountTokens, anthropicMessages } from '../../gateway/formats/anthropic-messages.ts';
import { openaiChat } from '../../gateway/formats/openai-chat.ts';
import { openaiCompletions } from '../../gateway/formats/openai-completions.ts';
import { openaiEmbeddings } from '../../gateway/formats/openai-embeddings.ts';
import { openaiResponses } from '../../gateway/formats/openai-responses.ts';
import type { WireFormat } from '../../gateway/wire/format.ts';

export const FORMATS: readonly WireFormat[] = [
  openaiChat,
  openaiResponses,
  openaiCompletions,
  openaiEmbeddings,
  anthropicMessages,
  anthropicCountTokens,
];
