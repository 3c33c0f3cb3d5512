// The operator's prompt in the model's answer, word for word: case, spaces and punctuation do not matter.
import type { SpanDetector } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { GRAM_WORDS, indexOf } from '../span/leak/prompt-index.ts';
import { PromptFollower } from '../span/leak/prompt-follower.ts';

export default {
  kind: 'span',
  id: 'leak.prompt',
  task: 'leak',
  class: 'leak',
  directions: ['output'],
  severity: 'high',
  taxonomy: 'hidden-prompt-taken',
  about: 'Eight words and 48 characters or more of the operator’s prompt in a row; the first four words of the run are not hidden.',
  hold: { max: 256 },
  anchors: [],
  look: () => NONE,
  follow({ systemPrompt }) {
    if (systemPrompt === undefined) return undefined;
    const index = indexOf(systemPrompt);
    return index.words.length > GRAM_WORDS ? new PromptFollower(index) : undefined;
  },
} satisfies SpanDetector;
