// OpenTelemetry's words for calls of models: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/

/** By the names that the providers' own SDKs give to the calls. A call without a row keeps its name. */
export const GEN_AI_OPERATIONS: Readonly<Record<string, string>> = {
  'chat.completions.create': 'chat',
  'responses.create': 'chat',
  'messages.create': 'chat',
  'completions.create': 'text_completion',
  'embeddings.create': 'embeddings',
  'messages.count_tokens': 'count_tokens',
};
