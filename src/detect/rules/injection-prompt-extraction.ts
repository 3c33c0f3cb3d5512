// Attempts to read the system prompt or the secrets that stand in it. OWASP LLM07:2025; MITRE ATLAS AML.T0056.
import { meaningRule, parseBook } from '../meaning/rule.ts';
import book from './injection-prompt-extraction.json' with { type: 'json' };

export default meaningRule({
  id: 'injection.prompt-extraction',
  task: 'injection',
  class: 'injection',
  directions: ['input'],
  severity: 'high',
  taxonomy: 'hidden-prompt-taken',
  about: 'Requests to repeat, translate or complete the hidden prompt, or to give away a secret in it.',
  book: parseBook(book),
});
