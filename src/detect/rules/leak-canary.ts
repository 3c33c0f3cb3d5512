// The marker that the envelope plants in the prompt: if it comes back, the prompt does.
import type { SpanDetector } from '../detector.ts';
import { NONE } from '../span/answers.ts';
import { CanaryFollower, foldCanary } from '../span/leak/canary-follower.ts';

export default {
  kind: 'span',
  id: 'leak.canary',
  task: 'leak',
  class: 'leak',
  directions: ['output'],
  severity: 'critical',
  taxonomy: 'hidden-prompt-taken',
  about:
    'The marker planted in the prompt, in any case and with separators between its characters; its first four characters are not hidden.',
  hold: { max: 256 },
  anchors: [],
  look: () => NONE,
  follow({ canary }) {
    const units = canary === undefined ? undefined : foldCanary(canary);
    return units === undefined ? undefined : new CanaryFollower(units);
  },
} satisfies SpanDetector;
