// The operator's prompt in the model's answer, word for word: case, spaces and punctuation do not matter.
import type { SpanDetector } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { judgeLeak } from '../span/leak/judge-leak.ts';
import { GRAM_WORDS, indexOf } from '../span/leak/prompt-grams.ts';
import { PromptFollower } from '../span/leak/prompt-follower.ts';

const SUSPECT_SCORE = 0.4;
const SURE_SCORE = 0.6;

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
  whole(text, { systemPrompt }) {
    const judged = systemPrompt === undefined ? undefined : judgeLeak(text, systemPrompt);
    if (judged === undefined || judged.score < SUSPECT_SCORE) return undefined;
    const disguise = judged.disguise === '' ? 'much of the prompt' : `much of the prompt, disguised: ${judged.disguise}`;
    return {
      type: 'system_prompt',
      start: 0,
      end: text.length,
      severity: judged.score < SURE_SCORE ? 'medium' : 'high',
      score: judged.score,
      reason: disguise,
    };
  },
} satisfies SpanDetector;
